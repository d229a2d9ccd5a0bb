"""What a contract blocks is announced, answered, and applied on its day: the gate, policy by policy."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog import documents
from apps.catalog.models import Capsule, Column
from apps.contracts import announcing, writing
from apps.contracts.models import Announcement, Contract
from apps.dcs.refusals import Conflict
from apps.deploy import announcing as of_plans
from apps.deploy import applying, due, plan
from apps.people.reader import reader_of, system
from apps.workflow.models import Notification
from tests.api.conftest import Caller
from tests.factories import OwnerFactory, TeamMembershipFactory, UserFactory

URN = "urn:dcs:dbt:model:shop:orders"
COLUMNS = [{"name": "order_id", "data_type": "INT"}, {"name": "amount", "data_type": "INT"}]
FINANCE = [{"team": "finance", "use_case": "month-end close"}]
pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return reader_of(UserFactory(role="producer"))


@pytest.fixture
def signer():
    return reader_of(UserFactory(role="contract_owner"))


@pytest.fixture
def finance():
    team = OwnerFactory(name="finance")
    return reader_of(TeamMembershipFactory(owner=team, user=UserFactory(role="analyst")).user)


def text(columns):
    return columns_of(COLUMNS[:columns])


def columns_of(columns, urn=URN):
    schema = {"urn": urn, "name": urn.rpartition(":")[2], "schema": {"columns": columns}}
    return documents.write(documents.canonical(schema))


def promised(author, signer, policy="backwards_compatible", consumers=FINANCE, days=30, urn=URN):
    applying.apply(plan.make(columns_of(COLUMNS, urn), author), reader=author)
    capsule = Capsule.objects.get(urn=urn)
    made = writing.create(
        capsule,
        {
            "version": "1.0.0",
            "schema_change_policy": policy,
            "breaking_change_notice_days": days,
            "known_consumers": consumers,
        },
        by=author,
        propose=True,
    )
    return made.take("sign", by=signer, comment="Agreed.")


def narrowed(author):
    """A plan that drops a column."""
    return plan.make(text(1), author)


def names():
    return set(Column._base_manager.filter(capsule__urn=URN, retired_at=None).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        ("strict", "blocked"),
        ("backwards_compatible", "blocked"),
        ("flexible", "allow_with_notice"),
        ("unrestricted", "allow"),
    ],
)
def test_each_policy_decides_on_a_column_that_goes(author, signer, policy, decision):
    promised(author, signer, policy)
    made = narrowed(author)
    assert made.result["capsules"][0]["verdict"]["decision"] == decision
    if decision == "blocked":
        with pytest.raises(Conflict):
            applying.apply(made, reader=author)
        assert names() == {"order_id", "amount"}
    else:
        applying.apply(made, reader=author)
        assert names() == {"order_id"}


def test_what_was_announced_is_applied_on_the_day_and_not_before(author, signer, finance):
    promised(author, signer)
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes; use net.", by=author)
    free = timezone.now().date() + timedelta(days=30)
    assert (made.earliest, told.effective_on) == (free, free)
    assert Notification.objects.get(person=finance.user).url == told.get_absolute_url()

    at = datetime.combine(free, time(6), UTC)
    with pytest.raises(Conflict):
        applying.schedule(made, at - timedelta(days=1), reader=author)
    applying.schedule(made, at, reader=author)
    with time_machine.travel(at - timedelta(hours=7), tick=False):
        assert due.apply_due() == 0
        with pytest.raises(Conflict):
            applying.apply(made, reader=author)
    assert names() == {"order_id", "amount"}
    with time_machine.travel(at + timedelta(seconds=20), tick=False):
        assert due.apply_due() == 1
    assert names() == {"order_id"}


def test_everybody_s_acknowledgement_lifts_the_block_at_once(author, signer, finance):
    promised(author, signer)
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    applying.apply(plan.again(made, author), reader=author)
    assert names() == {"order_id"}


def test_an_objection_keeps_the_block_until_it_is_taken_back(author, signer, finance):
    promised(author, signer)
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    with pytest.raises(ValidationError, match="Say why"):
        announcing.answer(told, "finance", "objected", by=finance)
    announcing.answer(told, "finance", "objected", by=finance, reason="We close on the 30th.")
    with pytest.raises(Conflict):
        applying.apply(made, reader=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    with pytest.raises(Conflict, match="said so already"):
        announcing.answer(told, "finance", "acknowledged", by=finance)
    applying.apply(plan.again(made, author), reader=author)


def test_another_change_than_the_announced_one_stays_blocked(author, signer, finance):
    promised(author, signer)
    _made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    other = documents.write(
        documents.canonical({"urn": URN, "name": "orders", "schema": {"columns": COLUMNS[1:]}})
    )
    with pytest.raises(Conflict):
        applying.apply(plan.make(other, author), reader=author)


def test_a_notice_follows_its_column_when_others_come_before_it(author, signer, finance):
    promised(author, signer)
    _made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    columns = [{"name": "tenant", "data_type": "INT"}, *COLUMNS]
    applying.apply(plan.make(columns_of(columns), author), reader=author)

    with pytest.raises(Conflict):
        applying.apply(plan.make(columns_of([columns[0], columns[2]]), author), reader=author)
    applying.apply(plan.make(columns_of(columns[:2]), author), reader=author)
    assert names() == {"tenant", "order_id"}


def test_one_notice_is_good_for_one_change(author, signer, finance):
    promised(author, signer)
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    done = applying.apply(plan.again(made, author), reader=author)
    told.refresh_from_db()
    assert list(told.carried_out.values()) == [str(done)]

    applying.apply(plan.make(text(2), author), reader=author)
    again = narrowed(author)
    assert again.result["capsules"][0]["verdict"]["decision"] == "blocked"
    _made, (anew,) = of_plans.announce(again, text="It goes once more.", by=author)
    assert anew.number != told.number


def test_a_type_that_was_announced_allows_no_other(author, signer, finance):
    def as_type(name):
        return plan.make(columns_of([COLUMNS[0], {"name": "amount", "data_type": name}]), author)

    promised(author, signer)
    _made, (told,) = of_plans.announce(as_type("VARCHAR(20)"), text="The amount becomes text.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    with pytest.raises(Conflict):
        applying.apply(as_type("DATE"), reader=author)
    applying.apply(as_type("VARCHAR(20)"), reader=author)
    assert Column.objects.get(name="amount").data_type == "VARCHAR(20)"


def test_a_shorter_notice_takes_nothing_back_from_those_who_were_told_a_day(author, signer, finance):
    contract = promised(author, signer)
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    begun = writing.begun(contract.capsule)
    shorter = {name: getattr(begun, name) for name in ("version", "schema_change_policy", "known_consumers")}
    shorter["breaking_change_notice_days"] = 2
    writing.create(contract.capsule, shorter, by=author, propose=True).take("sign", by=signer, comment="Yes.")
    assert plan.again(made, author).earliest == told.effective_on


def test_what_is_announced_already_holds_up_no_other_capsule(author, signer, finance):
    other = URN.replace("orders", "returns")
    promised(author, signer)
    promised(author, signer, urn=other)
    _made, (first,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    both = "---\n".join(columns_of(COLUMNS[:1], urn) for urn in (URN, other))
    made, (second,) = of_plans.announce(plan.make(both, author), text="Here too.", by=author)
    assert second.capsule.urn == other
    assert made.earliest == max(first.effective_on, second.effective_on)


def test_a_strict_contract_needs_a_new_version_besides(author, signer, finance):
    contract = promised(author, signer, "strict")
    made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    announcing.answer(told, "finance", "acknowledged", by=finance)
    with pytest.raises(Conflict):
        applying.apply(plan.again(made, author), reader=author)
    begun = writing.begun(contract.capsule)
    following = {
        name: getattr(begun, name) for name in ("version", "schema_change_policy", "known_consumers")
    }
    following["breaking_change_notice_days"] = 30
    writing.create(contract.capsule, following, by=author, propose=True).take(
        "sign", by=signer, comment="Yes."
    )
    applying.apply(plan.again(made, author), reader=author)
    assert names() == {"order_id"}


def test_only_consumers_answer_or_a_steward_in_their_place(author, signer, finance):
    promised(author, signer)
    _made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    for reader in (reader_of(UserFactory(role="analyst")), author):
        with pytest.raises(PermissionDenied):
            announcing.answer(told, "finance", "acknowledged", by=reader, reason="For them.")
    with pytest.raises(PermissionDenied, match="token"):
        announcing.answer(told, "finance", "acknowledged", by=reader_of(finance.user, via="token"))
    with pytest.raises(Conflict, match="not told"):
        announcing.answer(told, "sales", "acknowledged", by=finance)
    steward = reader_of(UserFactory(role="steward"))
    with pytest.raises(ValidationError, match="Say why"):
        announcing.answer(told, "finance", "acknowledged", by=steward)
    announcing.answer(told, "finance", "acknowledged", by=steward, reason="Said so on the phone.")


def test_nothing_is_announced_twice_or_without_words(author, signer):
    promised(author, signer)
    made, _told = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    with pytest.raises(Conflict, match="has announced this"):
        of_plans.announce(made, text="Again.", by=author)
    with pytest.raises(ValidationError):
        announcing.announce(
            Capsule.objects.get(urn=URN),
            [{"code": "x", "pointer": "/", "fingerprint": "0"}],
            text=" ",
            by=author,
        )
    with pytest.raises(Conflict):
        of_plans.announce(plan.make(text(2), author), text="Nothing.", by=author)
    assert Announcement.objects.count() == 1


def test_nobody_backdates_or_rewrites_an_announcement(author, signer):
    promised(author, signer)
    _made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    early = timezone.now() - timedelta(days=40)
    with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
        Announcement.objects.filter(pk=told.pk).update(announced_at=early)
    with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
        Announcement.objects.filter(pk=told.pk).update(covers=[])
    with acting(system("test")):
        Announcement.objects.filter(pk=told.pk).update(carried_out={"a": "PL-1"})
    with transaction.atomic(), pytest.raises(DatabaseError), acting(system("test")):
        Announcement.objects.filter(pk=told.pk).update(carried_out={})
    with acting(system("test")):
        other = Announcement(
            capsule=told.capsule,
            text="x",
            effective_on=early.date(),
            announced_at=early,
            contract_version="1",
        )
        other.save(force_insert=True)
    other.refresh_from_db()
    assert other.announced_at > early + timedelta(days=39)


def test_a_consumer_reads_the_announcement_and_answers_on_its_page(client, author, signer, finance):
    promised(author, signer)
    client.force_login(author.user)
    made = narrowed(author)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Announce" in page
    answer = client.post(reverse("deploy:announce", args=[made.number]), {"text": "The amount goes."})
    assert answer.status_code == 302
    told = Announcement.objects.get()
    assert str(told) in client.get(Contract.objects.get().get_absolute_url()).content.decode()

    client.force_login(finance.user)
    page = client.get(told.get_absolute_url()).content.decode()
    assert "0 of 1 have acknowledged" in page
    url = reverse("contracts:answer", args=[told.number])
    assert client.post(url, {"consumer": "finance", "says": "perhaps"}).status_code == 422
    assert client.post(url, {"consumer": "finance", "says": "objected"}).status_code == 422
    assert client.post(url, {"consumer": "sales", "says": "acknowledged"}).status_code == 409
    assert client.post(url, {"consumer": "finance", "says": "acknowledged"}).status_code == 302
    assert "1 of 1 have acknowledged" in client.get(told.get_absolute_url()).content.decode()


def test_a_secret_announcement_is_on_no_page(client, author, signer, finance):
    promised(author, signer)
    _made, (told,) = of_plans.announce(narrowed(author), text="The amount goes.", by=author)
    Capsule.objects.filter(urn=URN).update(visibility_rank=5)
    client.force_login(finance.user)
    assert client.get(told.get_absolute_url()).status_code == 404
    url = reverse("contracts:answer", args=[told.number])
    assert client.post(url, {"consumer": "finance", "says": "acknowledged"}).status_code == 404
    assert Caller(finance.user).get("/announcements").body["results"] == []


def test_the_api_announces_lists_and_takes_answers(author, signer, finance):
    promised(author, signer)
    producer, consumer = Caller(author.user), Caller(finance.user)
    made = narrowed(author)
    answer = producer.post(f"/plans/{made.pk}/announce", {"text": "The amount goes."})
    assert answer.status_code == 201, answer.body
    assert answer.body["capsules"][0]["verdict"]["unblocks_at"]
    (row,) = consumer.get(f"/capsules/{URN}/announcements").body["results"]
    assert (row["told"], row["answers"]) == (["finance"], [])
    said = {"consumer": "finance", "says": "acknowledged"}
    assert consumer.post(f"/announcements/{row['id']}/answers", said).status_code == 201
    assert consumer.get(f"/announcements/{row['id']}").body["answers"] == [said]
    assert (
        consumer.post(f"/announcements/{row['id']}/answers", {"consumer": "x", "says": "no"}).status_code
        == 400
    )
    assert producer.post(f"/plans/{made.pk}/announce", {"text": "Again."}).status_code == 409
