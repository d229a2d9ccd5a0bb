"""Detected personal data on pages, by command and after an ingestion."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.people.reader import reader_of, system
from apps.policy import detecting, inbox, suggesting
from apps.policy.detection import Detection
from apps.policy.models import PIISuggestion
from tests.discovery.pages import page, signed_in, text
from tests.factories import CapsuleFactory, ColumnFactory, DomainFactory, StewardshipFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/personal-data/"


@pytest.fixture
def steward(client):
    return signed_in(client, "steward")


def waiting(name="refund_iban", capsule=None, **about):
    column = ColumnFactory(name=name, **({"capsule": capsule} if capsule else {}), **about)
    seen = Detection("bank_account", 0.95, "both", 412 / 420, 420, "iban", "iban", {"iban": 412})
    (row,) = suggesting.keep([column], {name: seen})
    return row


def test_the_list_says_why_in_counts_and_words(steward):
    row = waiting()

    said = text(page(steward, LIST))

    assert f"{row.column.capsule.name}.refund_iban" in said.replace(" ", "")
    assert "412 of 420 values pass the check digit; the name contains “iban”." in said
    assert "Its level has risen until somebody answers." in said


def test_an_answer_without_a_script_comes_back_to_the_page(steward):
    row = waiting()

    answered = steward.post(f"{LIST}{row.pk}/", {"answer": "take", "back": LIST})

    assert (answered.status_code, answered["Location"]) == (302, LIST)
    row.column.refresh_from_db()
    assert row.column.pii_type == "bank_account"
    assert "Nothing waits" in page(steward, LIST)


def test_a_refusal_stands_below_with_its_reason(steward):
    row = waiting()

    steward.post(
        f"{LIST}{row.pk}/",
        {"answer": "refuse", "reason": "Accounts of firms."},
        headers={"HX-Request": "true"},
    )

    said = text(page(steward, LIST))
    assert "Accounts of firms." in said
    assert steward.user.username in said


def test_the_second_answer_is_told_and_changes_nothing(steward):
    row = waiting()
    steward.post(f"{LIST}{row.pk}/", {"answer": "refuse"})

    late = steward.post(f"{LIST}{row.pk}/", {"answer": "take"}, headers={"HX-Request": "true"})

    assert late.status_code == 409
    row.column.refresh_from_db()
    assert row.column.pii_type is None


def test_an_analyst_reads_and_may_not_answer(client):
    row = waiting()
    analyst = signed_in(client, "analyst")

    assert "refund_iban" in page(analyst, LIST)
    assert "Refuse" not in page(analyst, LIST).replace("refuse is not asked", "")
    assert analyst.post(f"{LIST}{row.pk}/", {"answer": "take"}).status_code == 403
    look = reverse("policy:look_for_personal_data", args=[row.column.capsule.urn])
    assert analyst.post(look).status_code == 403
    assert analyst.get(look).status_code == 405


def test_what_one_may_not_know_of_is_not_there(client):
    row = waiting(visibility_rank=5)
    analyst = signed_in(client, "analyst")

    assert "refund_iban" not in page(analyst, LIST)
    assert analyst.post(f"{LIST}{row.pk}/", {"answer": "take"}).status_code == 404


def test_the_column_and_the_policy_tab_lead_to_it(steward):
    row = waiting()

    assert "Yes, Bank account" in page(steward, row.column.get_absolute_url())
    tab = reverse("catalog:dimension", args=[row.column.capsule.urn, "policy"])
    assert "1 column may hold personal data" in text(page(steward, tab))


def test_looking_is_a_job_that_the_page_follows(steward):
    row = waiting()
    url = reverse("policy:look_for_personal_data", args=[row.column.capsule.urn])

    asked = steward.post(url)

    assert "Waits for a worker" in page(steward, asked["Location"])


def test_the_list_costs_the_same_however_long_it_is(steward):
    capsule = CapsuleFactory()
    waiting("a_iban", capsule)
    page(steward, LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(steward, LIST)
    for name in ("b_iban", "c_iban", "d_iban"):
        waiting(name, capsule)

    with CaptureQueriesContext(connection) as many:
        page(steward, LIST)

    assert len(many) == len(few)


def test_a_steward_is_asked_about_their_domain_and_what_lies_in_it_alone():
    finance = DomainFactory()
    payroll, sales = DomainFactory(parent=finance), DomainFactory()
    user = UserFactory(role="steward")
    StewardshipFactory(user=user, domain=finance)
    mine = waiting("a_iban", CapsuleFactory(domain=payroll))
    waiting("b_iban", CapsuleFactory(domain=sales))

    found = inbox.items(reader_of(user), 10)

    assert [item.title for item in found] == [f"{mine.column.capsule.name}.a_iban: Bank account"]
    assert inbox.waiting(reader_of(UserFactory(role="analyst"))).count() == 0


def test_the_command_prints_types_and_counts():
    capsule = CapsuleFactory(name="people", columns=[])
    ColumnFactory(capsule=capsule, name="customer_email", data_type="text")
    out = StringIO()

    call_command("detect_personal_data", "people", "--names", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert told["waiting"] == [
        {
            "column": "customer_email",
            "pii_type": "email",
            "confidence": 0.8,
            "evidence": "The name contains “email”; no value was looked at.",
        }
    ]


@pytest.mark.parametrize("arguments", [[], ["nothing_is_called_so"], ["people", "--all"]])
def test_the_command_refuses_what_it_cannot_do(arguments):
    with pytest.raises(CommandError):
        call_command("detect_personal_data", *arguments)


def test_what_an_ingestion_added_is_looked_at_and_the_rest_is_not():
    old = ColumnFactory(name="old_email")
    since = timezone.now()
    new = ColumnFactory(name="new_email", updated_at=since)

    detecting.look_at_new(since)

    assert [row.column for row in PIISuggestion.objects.all()] == [new]
    assert old.capsule != new.capsule
    assert system("detect_personal_data").is_system
