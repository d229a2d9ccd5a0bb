"""Long plans become a review by a worker; their page reads what it shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.dcs.models import JobProgress
from apps.glossary import proposing
from apps.glossary.models import Term, TermImport
from apps.glossary.tasks import propose
from apps.workflow.models import Review
from tests.discovery.pages import page, signed_in, text
from tests.factories import DomainFactory, TermFactory
from tests.glossary.test_imports import sheet, upload

pytestmark = pytest.mark.django_db


def long_sheet(number=proposing.AT_ONCE + 1):
    return sheet(*(f"Revenue {at},Money received in the month {at}.," for at in range(number)))


@pytest.fixture
def waiting(client):
    """The address of a long import whose review a worker is to make."""
    signed_in(client, "producer")
    address = upload(client, long_sheet())["Location"]
    client.post(address, {"answer": "apply", "reason": "Asked for by Finance."})
    return address


def work():
    propose(job_id=str(JobProgress.objects.get(kind="glossary.propose").pk))


def test_a_long_plan_is_proposed_by_a_worker(client, waiting):
    job = JobProgress.objects.get(kind="glossary.propose")
    before, none_yet = page(client, waiting), Review.objects.count()

    work()

    review, after = Review.objects.get(), page(client, waiting)
    assert none_yet == 0
    assert ProcrastinateJob.objects.filter(
        task_name="glossary.propose", args={"job_id": str(job.pk)}
    ).exists()
    assert "Waits for a worker." in text(before)
    assert 'hx-trigger="every 2s"' in before
    assert "Ask for review" not in text(before)
    assert (review.state, review.reason, review.created_by) == (
        "submitted",
        "Asked for by Finance.",
        client.user,
    )
    assert review.members.count() == proposing.AT_ONCE + 1
    assert f"Review {review.label} In review" in text(after)
    assert "every 2s" not in after


def test_the_part_that_asks_how_far_it_is_lets_the_page_load_anew_at_the_end(client, waiting):
    asking = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "progress"}
    during = client.get(waiting, **asking)

    work()

    assert "HX-Refresh" not in during
    assert client.get(waiting, **asking)["HX-Refresh"] == "true"


@pytest.mark.parametrize("answer", ["apply", "again", "drop"])
def test_nobody_touches_a_plan_while_its_review_is_made(client, waiting, answer):
    refused = client.post(waiting, {"answer": answer})

    assert refused.status_code == 409
    assert "The review of this import is being made." in text(refused.content.decode())
    assert TermImport.objects.get().state == "planned"


def test_why_a_worker_could_not_propose_stands_on_the_page(client, waiting):
    TermFactory(name="Revenue 7", definition="Something else by now.")

    work()

    shown = text(page(client, waiting))
    assert "The review was not made." in shown
    assert "Since the plan was made something has changed: Revenue 7." in shown
    assert "Plan again" in shown
    assert not Review.objects.exists()


def test_a_right_that_was_taken_away_meanwhile_counts(client, waiting):
    client.user.memberships.all().delete()

    work()

    assert JobProgress.objects.get().state == "failed"
    assert not Review.objects.exists()


def test_a_worker_that_died_at_the_end_leaves_one_review(client, waiting):
    work()
    JobProgress.objects.update(state="running")

    work()
    work()

    assert JobProgress.objects.get().state == "completed"
    assert Review.objects.count() == 1


def test_a_short_plan_is_proposed_at_once(client):
    signed_in(client, "producer")
    address = upload(client, sheet("Revenue,Money that was received,"))["Location"]

    client.post(address, {"answer": "apply"})

    assert Review.objects.count() == 1
    assert not JobProgress.objects.exists()


def test_the_api_tells_how_far_a_long_review_is(client, waiting):
    address = waiting.replace("/glossary/import/", "/api/v1/import/glossary/").rstrip("/")
    before = client.get(address).json()["job"]

    work()

    after = client.get(address).json()
    assert before["state"] == "pending"
    assert after["job"]["state"] == "completed"
    assert after["review"]["state"] == "submitted"


def test_the_page_of_an_import_reads_the_rows_that_it_shows(client):
    signed_in(client, "producer")
    TermFactory(name="Revenue 3", definition="Something else until now.")
    DomainFactory(name="Finance")
    rows = [f"Revenue {at},Money received in the month {at}.,Finance" for at in range(130)]
    address = upload(client, sheet(*rows, "X,short,"))["Location"]

    with CaptureQueriesContext(connection) as asked:
        first = client.get(address).context
    second = client.get(first["page"].next).context
    back = client.get(second["page"].previous).context
    changed = client.get(address, {"action": "change"}).context

    assert not any('"term_imports"."rows"' in query["sql"] for query in asked)
    assert first["counts"] == {"create": 129, "change": 1, "same": 0, "error": 1}
    assert first["domains"] == ["Finance"]
    assert [row["name"] for row in first["page"]] == [f"Revenue {at}" for at in range(100)]
    assert [row["name"] for row in second["page"]] == [*(f"Revenue {at}" for at in range(100, 130)), "X"]
    assert [row["name"] for row in back["page"]] == [row["name"] for row in first["page"]]
    assert ([row["name"] for row in changed["page"]], changed["page"].total) == (["Revenue 3"], 1)
    assert Term.objects.count() == 1
