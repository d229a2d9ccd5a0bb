"""Writing, signing and ending contracts in pages, back office and API."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.contracts.models import Contract
from apps.workflow.models import Review
from tests.factories import AnnouncementFactory, CapsuleFactory, ContractFactory, UserFactory
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
# The capsule belongs to nobody, the draft to a colleague; policy admins may edit neither.
WRITERS = (403, 200, 200, 403, 200, 403, 403)
MATRIX = [
    ("contracts:calendar", "", "get", (200,) * 7),
    ("contracts:new", "urn", "get", WRITERS),
    ("contracts:new", "urn", "post", tuple(422 if code == 200 else code for code in WRITERS)),
    ("contracts:edit", "draft", "get", WRITERS),
    ("contracts:edit", "draft", "post", tuple(422 if code == 200 else code for code in WRITERS)),
    ("contracts:end", "active", "get", WRITERS),
    ("contracts:end", "active", "post", tuple(422 if code == 200 else code for code in WRITERS)),
    ("contracts:take", "step", "post", tuple(302 if code == 200 else code for code in WRITERS)),
    ("contracts:announcement", "announcement", "get", (200,) * 7),
    ("contracts:answer", "told", "post", (422,) * 7),
    ("contracts:delete", "draft", "post", tuple(302 if code == 200 else code for code in WRITERS)),
]


@pytest.fixture
def orders():
    return CapsuleFactory(name="orders", owner=None, domain=None)


def client_of(role="contract_owner", user=None):
    client = Client()
    client.force_login(user or UserFactory(role=role))
    return client


def sent(client, url, **values):
    form = client.get(url).context["form"]
    said = {name: form[name].value() for name in form.fields}
    said = {name: "" if value is None else value for name, value in said.items() if value is not False}
    return client.post(url, {**said, **values})


def proposed(orders, **values):
    author = client_of()
    url = reverse("contracts:new", args=[orders.urn])
    assert sent(author, url, version="1.0.0", freshness_sla="6 hours", **values).status_code == 302
    contract = Contract.objects.get()
    author.post(reverse("contracts:take", args=[orders.urn, "1.0.0", "propose"]))
    return contract


@pytest.mark.parametrize(("name", "argument", "method", "answers"), MATRIX)
@pytest.mark.parametrize("number", range(len(ROLES)))
def test_every_address_answers_each_role_as_the_table_says(orders, name, argument, method, answers, number):
    draft = ContractFactory(capsule=orders)
    active = ContractFactory(capsule=orders, active=True)
    told = AnnouncementFactory(capsule=orders)
    arguments = {
        "": [],
        "urn": [orders.urn],
        "draft": [orders.urn, draft.version],
        "active": [orders.urn, active.version],
        "announcement": [told.number],
        "told": [told.number],
        "step": [orders.urn, draft.version, "propose"],
    }[argument]
    answer = getattr(client_of(ROLES[number]), method)(reverse(name, args=arguments))
    assert answer.status_code == answers[number]


def test_a_contract_is_written_and_signed_by_two_people(orders):
    signer = client_of()
    contract = proposed(
        orders, availability_sla="99.999", maintenance_windows="Sunday 02:00-04:00 Europe/Berlin"
    )
    contract.refresh_from_db()
    assert (contract.status, str(contract.availability_sla)) == ("proposed", "99.9990")
    assert contract.maintenance_windows == [
        {"day": "sunday", "start": "02:00", "end": "04:00", "timezone": "Europe/Berlin"}
    ]

    page = signer.get(contract.get_absolute_url())
    assert "waits for a decision" in page.content.decode()
    shown = page.context["review"].proposal_hash
    step = reverse("contracts:take", args=[orders.urn, "1.0.0", "approve"])
    assert signer.post(step, {"hash": "0" * 64}).status_code == 409
    assert signer.post(step, {"hash": shown}).status_code == 302

    contract.refresh_from_db()
    assert contract.status == "active"
    assert shown[:12] in signer.get(contract.get_absolute_url()).content.decode()


def test_after_five_minutes_the_password_is_asked_for(orders):
    signer = client_of()
    contract = proposed(orders)
    session = signer.session
    session["proved_at"] = time.time() - 301
    session.save()

    page = signer.get(contract.get_absolute_url())
    assert 'name="password"' in page.content.decode()
    step = reverse("contracts:take", args=[orders.urn, "1.0.0", "approve"])
    shown = page.context["review"].proposal_hash
    assert "Enter your password" in signer.post(step, {"hash": shown}).content.decode()
    wrong = signer.post(step, {"hash": shown, "password": "not this one"})
    assert wrong.status_code == 422
    contract.refresh_from_db()
    assert contract.status == "proposed"

    assert signer.post(step, {"hash": shown, "password": PASSWORD}).status_code == 302
    contract.refresh_from_db()
    assert contract.status == "active"


def test_the_desk_and_the_back_office_ask_for_it_too(orders):
    signer = client_of(user=UserFactory(role="contract_owner", is_staff=True))
    contract = proposed(orders)
    review = Review.objects.of(contract).get()
    session = signer.session
    session["proved_at"] = time.time() - 301
    session.save()
    desk = reverse("workflow:decide", args=[review.number])
    answer = signer.post(desk, {"decision": "approve", "hash": review.proposal_hash})
    assert answer.status_code == 409
    assert 'name="password"' in answer.content.decode()
    back_office = reverse("admin:contracts_contract_step", args=[contract.pk, "approve"])
    signer.post(back_office, {"hash": review.proposal_hash})
    contract.refresh_from_db()
    assert contract.status == "proposed"
    signer.post(back_office, {"hash": review.proposal_hash, "password": PASSWORD})
    contract.refresh_from_db()
    assert contract.status == "active"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("freshness_sla", "soon", "freshness_sla"),
        ("freshness_schedule", "now and then", "Not a schedule"),
        ("availability_sla", "100.5", "100.5"),
        ("maintenance_windows", "sunday night", "Line 1"),
        ("maintenance_windows", "funday 02:00-04:00", "Line 1"),
        ("max_downtime", "1 hour", "needs its period"),
        ("version", "1.0.0", "has a contract of version 1.0.0 already"),
    ],
)
def test_what_cannot_be_promised_is_named_and_nothing_is_lost(orders, field, value, said):
    ContractFactory(capsule=orders, version="1.0.0")
    client = client_of()
    url = reverse("contracts:new", args=[orders.urn])
    answer = sent(client, url, support_contact="data@jaffle.example", **{field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    text = answer.content.decode()
    assert said in text
    assert "data@jaffle.example" in text
    assert Contract.objects.count() == 1


def test_an_end_is_announced_with_its_day_and_what_follows(orders):
    contract = ContractFactory(capsule=orders, active=True)
    url = reverse("contracts:end", args=[orders.urn, contract.version])
    client = client_of()
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    wrong = client.post(url, {"day": day, "replacement": "urn:dcs:no:such", "comment": "Old."})
    assert wrong.context["form"].errors == {"replacement": ["There is no capsule with this URN."]}
    assert client.post(url, {"day": day, "comment": "Old."}).status_code == 302
    assert Review.objects.of(contract).get().proposal["deprecation_date"] == day


def test_two_who_edit_at_once_lose_nothing(orders):
    draft = ContractFactory(capsule=orders)
    url = reverse("contracts:edit", args=[orders.urn, draft.version])
    one, other = client_of(), client_of()
    form = other.get(url).context["form"]
    seen = form["seen"].value()
    assert sent(one, url, support_contact="a@jaffle.example").status_code == 302
    said = {"version": draft.version, "seen": seen, "support_contact": "b@jaffle.example"}
    assert other.post(url, said).status_code == 409
    draft.refresh_from_db()
    assert draft.support_contact == "a@jaffle.example"
