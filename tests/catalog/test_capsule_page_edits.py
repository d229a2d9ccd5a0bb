"""Editing a capsule and a column: who may, what stays, and what happens when two people edit at once."""

import pytest

from apps.audit.models import Change
from tests.discovery.pages import page, signed_in
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    DomainFactory,
    OwnerFactory,
    StewardshipFactory,
    TeamMembershipFactory,
)

from .test_capsule_page import text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward(client):
    return signed_in(client, "steward")


def said(record, form, **changes):
    """What the browser sends: the form as it came, with `changes`."""
    fields = {name: form[name].value() for name in form.revised}
    fields = {name: "" if value is None else value for name, value in fields.items()}
    if isinstance(fields.get("tags"), list):
        fields["tags"] = ", ".join(fields["tags"])
    return {**fields, **dict(form.bases()), "seen": record.updated_at.isoformat(), "reason": "", **changes}


def form_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.context["form"]


def test_an_analyst_sees_why_editing_is_locked(client):
    html = page(signed_in(client, "analyst"), url(CapsuleFactory()))

    assert 'aria-disabled="true"' in html
    assert 'id="edit-locked"' in html
    assert "Steward" in text(html)


def test_an_analyst_who_goes_there_anyway_is_refused_with_the_reason(client):
    answer = signed_in(client, "analyst").get(url(CapsuleFactory(), "edit"))

    assert answer.status_code == 403
    assert "Steward" in answer.content.decode()


def test_a_producer_of_another_team_may_not_edit(client):
    capsule = CapsuleFactory(owner=OwnerFactory(name="Orders team"))

    html = page(signed_in(client, "producer"), url(capsule))

    assert "Only members of Orders team may change this." in text(html)


def test_members_of_the_owning_team_may_edit(client):
    capsule = CapsuleFactory(owner=OwnerFactory())
    producer = signed_in(client, "producer")
    TeamMembershipFactory(user=producer.user, owner=capsule.owner)

    assert f'href="{url(capsule, "edit")}"' in page(producer, url(capsule))


def test_what_a_person_writes_is_stored_and_marked_as_theirs(steward):
    capsule, finance = CapsuleFactory(description="From dbt."), DomainFactory(name="Finance")
    StewardshipFactory(user=steward.user, domain=finance)
    form = form_of(steward, url(capsule, "edit"))

    sent = said(
        capsule, form, description="One row for each order.", domain=str(finance.pk), tags="daily, tier-1"
    )
    answer = steward.post(url(capsule, "edit"), sent | {"reason": "Agreed with Finance."})

    capsule.refresh_from_db()
    assert answer.status_code == 302
    assert (capsule.description, capsule.domain, capsule.tags) == (
        "One row for each order.",
        finance,
        ["daily", "tier-1"],
    )
    assert capsule.meta["provenance"]["description"]["by"] == steward.user.username
    assert Change.objects.of(capsule).first().change_reason == "Agreed with Finance."


def test_a_field_that_was_not_touched_stays_the_sources(steward):
    capsule = CapsuleFactory(description="From dbt.")

    steward.post(url(capsule, "edit"), said(capsule, form_of(steward, url(capsule, "edit")), layer="gold"))

    capsule.refresh_from_db()
    assert set(capsule.meta["provenance"]) == {"layer"}


def test_a_faulty_value_answers_422_and_keeps_what_was_written(steward):
    capsule = CapsuleFactory()
    sent = said(capsule, form_of(steward, url(capsule, "edit")), description="Kept text.", tags="x" * 101)

    answer = steward.post(url(capsule, "edit"), sent)

    assert answer.status_code == 422
    assert "1 field needs attention" in text(answer.content.decode())
    assert "Kept text." in answer.content.decode()


def test_the_second_of_two_edits_sees_both_and_what_was_there_before(steward):
    capsule = CapsuleFactory(description="From dbt.", layer="silver")
    sent = said(capsule, form_of(steward, url(capsule, "edit")), description="Mine.")
    type(capsule).objects.filter(pk=capsule.pk).update(description="Theirs.", layer="gold")

    answer = steward.post(url(capsule, "edit"), sent)

    read = text(answer.content.decode())
    capsule.refresh_from_db()
    assert answer.status_code == 409
    assert "Description Mine. Theirs. From dbt." in read
    assert "Layer Silver Gold Silver" in read
    assert capsule.description == "Theirs."


def test_the_choices_made_in_a_conflict_are_stored(steward):
    capsule = CapsuleFactory(description="From dbt.", layer="silver")
    sent = said(capsule, form_of(steward, url(capsule, "edit")), description="Mine.")
    type(capsule).objects.filter(pk=capsule.pk).update(description="Theirs.", layer="gold")
    seen = steward.post(url(capsule, "edit"), sent).context["seen"]

    answer = steward.post(
        url(capsule, "edit"), {**sent, "seen": seen, "keep_description": "yours", "keep_layer": "theirs"}
    )

    capsule.refresh_from_db()
    assert answer.status_code == 302
    assert (capsule.description, capsule.layer) == ("Mine.", "gold")


def test_a_column_gets_its_meaning_from_a_person(steward):
    column = ColumnFactory(name="total", description=None, pii_type=None)
    address = url(column.capsule, "columns/total/edit")

    answer = steward.post(
        address,
        said(
            column,
            form_of(steward, address),
            description="Net of returns.",
            pii_type="name",
            unit_of_measure="EUR",
        ),
    )

    column.refresh_from_db()
    assert answer["Location"] == column.get_absolute_url()
    assert (column.description, column.pii_type, column.unit_of_measure) == ("Net of returns.", "name", "EUR")
    assert column.pii_detected_by == "manual"


def test_taking_a_description_away_stores_none(steward):
    column = ColumnFactory(name="total", description="Net of returns.")
    address = url(column.capsule, "columns/total/edit")

    steward.post(address, said(column, form_of(steward, address), description=""))

    column.refresh_from_db()
    assert column.description is None
