"""A change that cannot wait goes past its contract: two people, a reason, once, within four hours, and for ever on record."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog.models import CapsuleVersion
from apps.contracts import writing
from apps.contracts.models import Contract, Override
from apps.dcs.refusals import Conflict
from apps.deploy import applying, overriding, plan
from apps.people.reader import reader_of, system
from apps.workflow.models import Notification
from tests.api.conftest import Caller
from tests.factories import UserFactory

from .test_announced_plans import (
    COLUMNS,
    author,  # noqa: F401 - fixtures
    columns_of,
    finance,  # noqa: F401
    names,
    narrowed,
    promised,
    signer,  # noqa: F401
    text,
)

REASON = "The regulator wants the column gone by tonight."
pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(author, signer, finance):  # noqa: F811
    """A blocked plan whose author has asked to go past the contract; and whoever signed that contract."""
    promised(author, signer)
    made = narrowed(author)
    overriding.ask(made, reason=REASON, by=author)
    return made


def test_two_people_let_a_change_through_and_everybody_can_read_it(client, author, signer, finance, asked):  # noqa: F811
    with pytest.raises(Conflict):
        applying.apply(asked, reader=author)
    assert Notification.objects.filter(person=signer.user, event="override_asked").count() == 1

    overriding.decide(asked, True, by=signer)
    again = plan.again(asked, author)
    applying.apply(again, reader=author)

    assert names() == {"order_id"}
    (told,) = Notification.objects.filter(person=finance.user, event="contract_overridden")
    assert REASON.rstrip(".") in told.text
    version = CapsuleVersion.objects.get(is_current=True)
    assert version.deployment_context["override"] == {
        "contract": "1.0.0",
        "reason": REASON,
        "asked_by": author.name,
        "granted_by": signer.name,
    }
    client.force_login(finance.user)
    url = Contract.objects.get().get_absolute_url()
    assert f"{again}: {REASON}" in client.get(url).content.decode()
    versions = reverse("catalog:versions", args=[version.capsule.urn])
    assert "past its contract" in client.get(versions).content.decode()


def test_a_grant_is_good_for_one_apply(author, signer, asked):  # noqa: F811
    overriding.decide(asked, True, by=signer)
    applying.apply(plan.again(asked, author), reader=author)
    applying.apply(plan.make(text(2), author), reader=author)

    with pytest.raises(Conflict):
        applying.apply(narrowed(author), reader=author)


def test_a_grant_lasts_four_hours(author, signer, asked):  # noqa: F811
    overriding.decide(asked, True, by=signer)
    given = Override.objects.get().decided_at
    with time_machine.travel(given + timedelta(hours=4), tick=False), pytest.raises(Conflict):
        applying.apply(plan.again(asked, author), reader=author)
    with time_machine.travel(given + timedelta(hours=3, minutes=59), tick=False):
        applying.apply(plan.again(asked, author), reader=author)
    assert names() == {"order_id"}


def test_a_grant_is_for_what_was_asked_and_no_other_change(author, signer, asked):  # noqa: F811
    overriding.decide(asked, True, by=signer)

    with pytest.raises(Conflict):
        applying.apply(plan.make(columns_of(COLUMNS[1:]), author), reader=author)


def test_a_new_version_of_the_contract_asks_anew(author, signer, asked):  # noqa: F811
    overriding.decide(asked, True, by=signer)
    begun = writing.begun(Contract.objects.get().capsule)
    following = {
        name: getattr(begun, name) for name in ("version", "schema_change_policy", "known_consumers")
    }
    made = writing.create(begun.capsule, following, by=author, propose=True)
    made.take("sign", by=signer, comment="Yes.")

    with pytest.raises(Conflict):
        applying.apply(plan.again(asked, author), reader=author)


def test_nobody_agrees_with_themselves_by_a_token_or_with_an_old_password(author, asked):  # noqa: F811
    owner = UserFactory(role="contract_owner")
    both = reader_of(UserFactory(username="both", role="producer"))
    for reader in (author, both, reader_of(owner, via="token")):
        with pytest.raises(PermissionDenied):
            overriding.decide(asked, True, by=reader)
    with pytest.raises(Conflict) as refused:
        overriding.decide(asked, True, by=replace(reader_of(owner), is_fresh=False))
    assert refused.value.code == "proof_needed"
    assert Override.objects.get().decision == ""


def test_a_contract_owner_who_asks_needs_another(author, signer, asked):  # noqa: F811
    row = Override.objects.get()
    own = reader_of(row.asked_by)
    own.user.groups.add(signer.user.groups.get())
    with pytest.raises(PermissionDenied, match="second person"):
        overriding.decide(asked, True, by=reader_of(own.user))


def test_a_refusal_says_why_and_ends_it(author, signer, asked):  # noqa: F811
    with pytest.raises(ValidationError, match="Say why not"):
        overriding.decide(asked, False, by=signer)
    overriding.decide(asked, False, by=signer, why="It can wait for the month's end.")
    with pytest.raises(Conflict):
        overriding.decide(asked, True, by=signer)
    with pytest.raises(Conflict):
        applying.apply(plan.again(asked, author), reader=author)
    overriding.ask(plan.again(asked, author), reason=REASON + " Truly.", by=author)
    assert Override.objects.count() == 2


@pytest.mark.parametrize("reason", ["", "Too short.", " " * 30])
def test_a_reason_has_twenty_characters(author, signer, reason):  # noqa: F811
    promised(author, signer)
    with pytest.raises(ValidationError) as invalid:
        overriding.ask(narrowed(author), reason=reason, by=author)
    assert "reason" in invalid.value.message_dict
    assert not Override.objects.exists()


def test_nothing_is_asked_twice_or_where_nothing_is_blocked(author, signer, asked):  # noqa: F811
    with pytest.raises(Conflict, match="asked for already"):
        overriding.ask(asked, reason=REASON, by=author)
    with pytest.raises(Conflict, match="No contract blocks"):
        overriding.ask(plan.make(text(2), author), reason=REASON, by=author)


def test_nobody_rewrites_what_was_asked_and_answered(author, signer, asked):  # noqa: F811
    early = timezone.now() - timedelta(days=3)
    rows = Override.objects.filter(plan_key=asked.pk)
    for change in ({"reason": REASON + "!"}, {"asked_at": early}, {"covers": []}, {"used_by": "PL-9"}):
        with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
            rows.update(**change)
    overriding.decide(asked, True, by=signer)
    for change in ({"why": "Otherwise."}, {"decision": "refused"}, {"decided_at": timezone.now()}):
        with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
            rows.update(**change)


def test_it_is_asked_and_granted_on_the_page_of_the_plan(client, author, signer):  # noqa: F811
    promised(author, signer)
    made = narrowed(author)
    client.force_login(author.user)
    assert "It cannot wait" in client.get(made.get_absolute_url()).content.decode()
    ask = reverse("deploy:override", args=[made.number])
    assert client.post(ask, {"reason": "Now!"}).status_code == 422
    assert client.post(ask, {"reason": REASON}).status_code == 302
    page = client.get(made.get_absolute_url()).content.decode()
    assert "You asked for this: a second person decides." in page

    client.force_login(signer.user)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Let it through" in page
    answer = reverse("deploy:answer_override", args=[made.number])
    assert client.post(answer, {"do": "refuse"}).status_code == 422
    assert client.post(answer, {"do": "grant"}).status_code == 302
    assert client.post(answer, {"do": "grant"}).status_code == 409
    client.force_login(author.user)
    assert "Plan again within four hours" in client.get(made.get_absolute_url()).content.decode()


def test_the_api_asks_and_a_person_answers(author, signer):  # noqa: F811
    promised(author, signer)
    made = narrowed(author)
    producer, owner = Caller(author.user), Caller(signer.user)
    assert producer.post(f"/plans/{made.pk}/overrides", {"reason": "Now!"}).status_code == 400
    answer = producer.post(f"/plans/{made.pk}/overrides", {"reason": REASON})
    assert (answer.status_code, answer.body[0]["decision"]) == (201, "")
    assert producer.post(f"/plans/{made.pk}/overrides", {"reason": REASON}).status_code == 409
    said = {"decision": "granted"}
    assert producer.post(f"/plans/{made.pk}/overrides/answer", said).status_code == 403
    assert owner.post(f"/plans/{made.pk}/overrides/answer", {"decision": "perhaps"}).status_code == 400
    assert owner.post(f"/plans/{made.pk}/overrides/answer", said).status_code == 200
    (row,) = owner.get(f"/plans/{made.pk}/overrides").body
    assert row["asked_by"] == author.name
