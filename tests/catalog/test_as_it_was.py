"""The capsule page at an earlier moment says what was there, and nothing can be changed on it."""

import json
import random

import pytest
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog import comparison, documents, edits, retirement, snapshots
from apps.catalog.models import Capsule, CapsuleVersion
from apps.deploy import applying
from apps.deploy.plan import Options
from apps.people.reader import reader_of, system
from tests.deploy.test_ingestion import JAFFLE, ingest
from tests.discovery.pages import page, signed_in
from tests.discovery.pages import text as read_all
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnFactory,
    ConstraintFactory,
    TermFactory,
    TermLinkFactory,
)

pytestmark = pytest.mark.django_db


def text(html):
    return read_all(html.replace("<wbr>", ""))


@pytest.fixture
def orders():
    with acting(system("load")):
        return CapsuleFactory(
            name="orders", columns=["order_id", "amount"], description="As it was at first."
        )


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


@pytest.fixture
def later(orders):
    """A moment after which a column went and the words changed."""
    at = timezone.now()
    with acting(system("edit")):
        orders.description = "As it is now."
        orders.save(update_fields=["description"])
        orders.columns.get(name="amount").delete()
    return at


def at(moment):
    return moment.isoformat().replace("+", "%2B")


def test_the_page_shows_what_was_there(analyst, orders, later):
    then = text(page(analyst, f"{orders.get_absolute_url()}?as_of={at(later)}"))

    assert "As it was at first." in then
    assert "As it is now." not in then
    assert "amount" in text(page(analyst, f"{orders.get_absolute_url()}structure/?as_of={at(later)}"))


def test_the_moment_is_marked_and_leads_back_and_to_the_difference(analyst, orders, later):
    html = page(analyst, f"{orders.get_absolute_url()}?as_of={at(later)}")

    assert "Nothing can be changed here." in text(html)
    assert f'href="/capsules/{orders.urn}/diff/1..live/"' in html
    assert f'href="{orders.get_absolute_url()}"' in html


def test_nothing_can_be_written_there(client, orders, later):
    html = page(signed_in(client, "steward"), f"{orders.get_absolute_url()}?as_of={at(later)}")

    assert "/edit/" not in html
    assert 'method="post"' not in html.split("<main")[1].split("</main")[0]


def test_neighbours_that_something_saw_are_told_unless_they_are_secret(analyst, orders):
    with acting(system("load")):
        for name, rank in (("raw_orders", 2), ("board_salaries", 5)):
            CapsuleEdgeFactory(source=CapsuleFactory(name=name, visibility_rank=rank), target=orders)
        orders.description = "Fed by two."
        orders.save(update_fields=["description"])

    html = page(analyst, f"{orders.get_absolute_url()}provenance/?as_of=2999-01-01")

    assert "raw_orders" in text(html)
    assert "board_salaries" not in text(html)


def test_a_column_of_then_leads_to_the_structure_of_then(analyst, orders, later):
    html = page(analyst, f"{orders.get_absolute_url()}columns/amount/?as_of={at(later)}")

    assert "Version 1 was in force" in text(html)


def test_later_versions_are_not_listed(analyst, orders, later):
    assert "Version 2" not in text(page(analyst, f"{orders.get_absolute_url()}versions/?as_of={at(later)}"))


def test_links_keep_the_moment(analyst, orders, later):
    html = page(analyst, f"{orders.get_absolute_url()}?as_of=2999-01-01")

    assert f'href="{orders.get_absolute_url()}structure/?as_of=2999-01-01"' in html


def test_before_its_first_version_it_was_not_known(analyst, orders):
    assert "It was not known yet" in text(page(analyst, f"{orders.get_absolute_url()}?as_of=2001-01-01"))


@pytest.mark.parametrize("nonsense", ["", "yesterday", "2026-13-40"])
def test_what_is_no_moment_is_ignored(analyst, orders, nonsense):
    assert "Nothing can be changed here." not in text(
        page(analyst, f"{orders.get_absolute_url()}?as_of={nonsense}")
    )


@pytest.mark.parametrize(
    "tab", ["payload", "structure", "semantics", "quality", "policy", "provenance", "contract"]
)
def test_every_tab_has_its_past(analyst, orders, later, tab, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        html = page(analyst, f"{orders.get_absolute_url()}{tab}/?as_of={at(later)}")

    assert "Version 1 was in force" in text(html)


def test_after_two_hundred_edits_each_moment_has_its_state(client):
    """Through every way in: forms, the API, plans, dbt's artifacts, edits by hand, retirement, rows of dimensions."""
    chance = random.Random(7)
    producer = signed_in(client, "steward", "producer", "admin")
    user = producer.user
    with acting(system("load")):
        capsules = [CapsuleFactory(columns=["order_id", "amount", "status"]) for _ in range(4)]
        ingest()
        customers = Capsule.objects.get(name="customers")
        terms = [TermFactory() for _ in range(3)]
    history = []

    def patch(path, body):
        answer = producer.patch(f"/api/v1{path}", body, content_type="application/json")
        assert answer.status_code == 200, answer.content

    def describe(capsule, word):
        patch(f"/capsules/{capsule.urn}", {"description": f"Words {word}."})

    def by_hand(capsule, word):
        with acting(reader_of(user), reason="By hand."):
            edits.revise(capsule, by=user, description=f"By hand {word}.", tags=[f"tag-{word % 5}"])

    def form(capsule, word):
        told = {
            "description": f"From the form {word}.",
            "seen": capsule.updated_at.isoformat(),
            "reason": "Told.",
        }
        answer = producer.post(f"/capsules/{capsule.urn}/edit/", told)
        assert answer.status_code == 302, answer.content

    def document(capsule, word):
        state = snapshots.states([capsule.pk])[capsule.pk] | {"description": f"Document {word}."}
        plan = applying.apply_directly(
            documents.write(state), reader=reader_of(user), options=Options(overwrite=True)
        )
        assert plan.answer["result"] == "changes"

    def artifacts(_capsule, word):
        manifest["nodes"]["model.jaffle_shop.customers"]["description"] = f"From dbt {word}."
        assert ingest(manifest=manifest).status == "completed"

    def column(capsule, word):
        found = chance.choice(list(capsule.columns.filter(retired_at__isnull=True)))
        patch(f"/columns/{found.urn}", {"description": f"Column words {word}."})

    def add_column(capsule, word):
        with acting(reader_of(user)):
            ColumnFactory(capsule=capsule, name=f"extra_{word}")

    def constrain(capsule, word):
        with acting(reader_of(user)):
            ConstraintFactory(
                column=capsule.columns.first(),
                kind="check",
                name=f"check_{word}",
                check_expression=f"amount > {word}",
            )

    def link(capsule, word):
        with acting(reader_of(user)):
            capsule.term_links.all().delete()
            TermLinkFactory(capsule=capsule, term=chance.choice(terms))

    def undone(capsule, word):
        with pytest.raises(ZeroDivisionError), acting(reader_of(user)):
            undo(capsule)

    def undo(capsule):
        capsule.description = "Never."
        capsule.save(update_fields=["description"])
        raise ZeroDivisionError

    def retire(capsule, word):
        with acting(reader_of(user)):
            capsule.refresh_from_db()
            (retirement.restore if capsule.is_retired else retirement.retire)(capsule)

    manifest = json.loads((JAFFLE / "manifest.json").read_bytes())
    writes = [describe, by_hand, form, document, column, add_column, constrain, link, undone, retire]
    for word in range(200):
        capsule = chance.choice(capsules)
        capsule.refresh_from_db()
        write = chance.choice(writes)
        if capsule.is_retired and write is not undone:
            write = retire
        if word % 20 == 0:
            capsule, write = customers, artifacts
        write(capsule, word)
        history.append((timezone.now(), capsule, snapshots.states([capsule.pk])[capsule.pk]))

    seeing = system("test")
    for moment, capsule, state in history:
        assert comparison.in_force(capsule, moment, seeing).snapshot == state
    assert CapsuleVersion.objects.count() > 100
    for moment, capsule, state in chance.sample(history, 15):
        shown = text(page(producer, f"{capsule.get_absolute_url()}?as_of={at(moment)}"))
        assert state.get("description", "") in shown
        assert all(name["name"] in shown for name in state["schema"]["columns"])


def test_the_activity_ends_at_that_moment(analyst, orders):
    before = page(analyst, f"/capsules/{orders.urn}/activity/?as_of=2020-01-01")
    today = page(analyst, f"/capsules/{orders.urn}/activity/?as_of={timezone.now():%Y-%m-%d}")

    assert "added capsule orders" not in text(before)
    assert "added capsule orders" in text(today)
    assert f"/capsules/{orders.urn}/activity/?as_of=" in page(
        analyst, f"{orders.get_absolute_url()}?as_of={timezone.now():%Y-%m-%d}"
    )
