"""API and back office: the same steps and the same refusals as the page."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.people import tokens
from apps.workflow import notices, reviews
from apps.workflow.models import Notification, Review
from tests.factories import TermFactory, UserFactory

pytestmark = pytest.mark.django_db
BETTER = "Money received for goods delivered, net of returns and discounts."


@pytest.fixture
def review(agreed, author, ana, tom):
    return reviews.propose(agreed, {"definition": BETTER}, by=author, reason="Clearer.")


def call(person, path, body=None):
    client = Client()
    client.force_login(person)
    if body is None:
        return client.get(f"/api/v1{path}")
    return client.post(f"/api/v1{path}", body, content_type="application/json")


# ---------- API ----------


def test_a_proposal_is_read_with_its_difference(review, ana):
    shown = call(ana, f"/reviews/{review.pk}").json()

    assert (shown["number"], shown["state"], shown["submitted_by"]) == (
        review.number,
        "submitted",
        "chen.wei",
    )
    assert shown["content_hash"] == review.proposal_hash
    assert [each["field"] for each in shown["differences"]] == ["definition"]


def test_reviews_are_listed_by_box_and_filter(review, ana, author):
    assert call(ana, "/reviews?box=waiting").json()["count"] == 1
    assert call(author, "/reviews?box=waiting").json()["count"] == 0
    assert call(ana, "/reviews?state=applied").json()["results"][0]["state"] == "applied"
    assert call(ana, "/reviews?box=everything").status_code == 400
    assert call(ana, "/reviews?state=open").status_code == 400


def test_a_decision_names_the_hash_that_was_read(review, ana):
    without = call(ana, f"/reviews/{review.pk}/approve", {})
    other = call(ana, f"/reviews/{review.pk}/approve", {"content_hash": "0" * 64})
    right = call(
        ana, f"/reviews/{review.pk}/approve", {"content_hash": review.proposal_hash, "reason": "Agreed."}
    )

    assert (without.status_code, other.status_code, right.status_code) == (400, 409, 200)
    assert other.json()["code"] == "content_changed"
    assert right.json()["state"] == "applied"
    assert right.json()["decisions"][0]["person"] == "ana.ruiz"


def test_the_refusals_have_the_one_shape(review, author, ana):
    own = call(author, f"/reviews/{review.pk}/approve", {"content_hash": review.proposal_hash})
    silent = call(ana, f"/reviews/{review.pk}/reject", {"content_hash": review.proposal_hash})

    assert own.status_code == 403
    assert own.json()["code"] == "permission_denied"
    assert "You wrote this change" in own.json()["detail"]
    assert silent.status_code == 400
    assert "reason" in silent.json()["fields"]


def test_comment_send_back_and_withdraw_over_the_api(review, ana, author):
    assert call(ana, f"/reviews/{review.pk}/comment", {"reason": "Tips too?"}).status_code == 200
    back = call(
        ana, f"/reviews/{review.pk}/send_back", {"content_hash": review.proposal_hash, "reason": "Which?"}
    )
    again = call(
        ana, f"/reviews/{review.pk}/send_back", {"content_hash": review.proposal_hash, "reason": "Which?"}
    )
    gone = call(author, f"/reviews/{review.pk}/withdraw", {})

    assert (back.status_code, again.status_code, gone.status_code) == (200, 409, 200)
    assert gone.json()["state"] == "withdrawn"


def test_a_token_reads_and_takes_back_but_does_not_decide(review, author):
    _row, secret = tokens.issue(author, name="ci", scopes=["read", "write"], days=1)
    header = {"HTTP_AUTHORIZATION": f"Bearer {secret}", "content_type": "application/json"}

    comment = Client().post(f"/api/v1/reviews/{review.pk}/comment", {"reason": "Hm."}, **header)
    withdrawn = Client().post(f"/api/v1/reviews/{review.pk}/withdraw", {}, **header)

    assert (comment.status_code, withdrawn.status_code) == (403, 200)


# ---------- back office ----------


@pytest.fixture
def officer(ana):
    ana.is_staff = True
    ana.save()
    client = Client()
    client.force_login(ana)
    return client


def admin_page(term):
    return reverse("admin:glossary_term_change", args=[term.pk])


def step(client, term, name, **data):
    return client.post(reverse("admin:glossary_term_step", args=[term.pk, name]), data, follow=True)


def test_the_page_has_a_button_a_step_with_the_difference_above(officer, review, agreed):
    page = officer.get(admin_page(agreed)).content.decode()

    assert "net of returns<ins> and discounts</ins>." in page
    for name in ("approve", "send_back", "deprecate"):
        assert f'value="{name}"' in page
    assert page.index("<ins>") < page.index('value="approve"')
    assert "Only who wrote it can withdraw it: Chen Wei." in page


def test_a_step_in_the_back_office_is_the_same_step(officer, review, agreed, ana):
    step(officer, agreed, "approve", hash=review.proposal_hash, comment="Agreed with Finance.")

    agreed.refresh_from_db()
    review.refresh_from_db()
    assert (agreed.definition, review.state) == (BETTER, "applied")
    assert review.decisions.get().reason == "Agreed with Finance."
    assert agreed.steps_taken.first().reason == "Agreed with Finance."


def test_a_stale_page_of_the_back_office_records_nothing(officer, review, agreed):
    page = step(officer, agreed, "approve", hash="0" * 64)

    assert "This changed while you were reading" in page.content.decode()
    assert not review.decisions.exists()


def test_bulk_steps_show_first_and_give_a_result_a_row(officer, finance, author, ana):
    good = TermFactory(name="margin", domain=finance, author=author, under_review=True)
    own = TermFactory(name="churn", domain=finance, author=ana, under_review=True)
    url = reverse("admin:glossary_term_changelist")
    chosen = {"action": "step_approve", "_selected_action": [str(good.pk), str(own.pk)]}

    asked = officer.post(url, chosen)
    assert good.definition in asked.content.decode()
    hashes = {f"hash_{r.subject_id}": r.proposal_hash for r in Review.objects.submitted()}
    done = officer.post(url, {**chosen, **hashes, "confirmed": "yes"}, follow=True).content.decode()

    good.refresh_from_db()
    own.refresh_from_db()
    assert (good.status, own.status) == ("approved", "under_review")
    assert "Approve: margin" in done
    assert "Churn: You wrote this change" in done


def test_state_is_read_only_and_what_is_in_force_is_not_edited(officer, agreed):
    assert officer.post(admin_page(agreed), {"status": "draft"}).status_code == 403


# ---------- reminders and mails ----------


def test_reminders_come_once_a_stage_and_escalate(review, ana, tom):
    submitted = timezone.localdate(review.submitted_at)
    two, five = submitted + timedelta(days=4), submitted + timedelta(days=9)

    assert notices.remind(review, on=submitted) == 0
    assert notices.remind(review, on=two) > 0
    assert notices.remind(review, on=two) == 0
    assert notices.remind(review, on=five) > 0

    assert Notification.objects.filter(person=ana, event="reminder").count() == 1
    assert Notification.objects.filter(person=ana, event="escalated").count() == 1


def test_mails_come_together_once_a_day_or_at_once(review, ana, author):
    now = timezone.now()
    Notification.objects.exclude(person=ana).delete()
    reviews.propose(TermFactory(domain=review.subject.domain, author=author), {}, by=author)
    Notification.objects.exclude(person=ana).delete()

    assert notices.send(at=now) == 1
    reviews.comment(review, by=author, text="Please look.")
    reviews.watch(review, by=ana)
    reviews.comment(review, by=author, text="Please look again.")

    assert notices.send(at=now) == 0
    assert notices.send(at=now + timedelta(days=1)) == 1
    assert mail.outbox[0].subject == "2 review messages"
    assert "Why you: You can decide on it." in mail.outbox[0].body
    assert "Please look again." in mail.outbox[1].body


def test_who_wants_no_mails_gets_none(review, ana, client):
    client.force_login(ana)
    client.post(reverse("workflow:notifications"), {"mails": "never"})
    Notification.objects.exclude(person=ana).delete()

    assert notices.send(at=timezone.now()) == 0


def test_nobody_is_told_about_their_own_doing(review, ana):
    reviews.decide(review, "approve", shown=review.proposal_hash, by=ana)

    assert not Notification.objects.filter(person=ana, event="applied").exists()
    assert Notification.objects.filter(person__username="chen.wei", event="applied", why="author").exists()


def test_analysts_are_not_asked(review):
    analyst = UserFactory(role="analyst")

    assert not Notification.objects.filter(person=analyst).exists()
