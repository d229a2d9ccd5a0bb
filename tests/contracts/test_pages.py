"""Pages of contracts: producer and consumer read the same and draw the same conclusion."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.contracts import monitor
from tests.factories import CapsuleFactory, ContractFactory, IncidentFactory, MeasurementFactory, UserFactory

pytestmark = pytest.mark.django_db
ROLES = ("analyst", "steward", "producer", "policy_admin", "contract_owner", "auditor", "administrator")
EVERYBODY = (200,) * 7
MATRIX = [
    ("contracts:contracts", "", "get", EVERYBODY),
    ("contracts:contract", "version", "get", EVERYBODY),
    ("contracts:contract_of", "urn", "get", (302,) * 7),
    ("contracts:measurements", "version", "get", EVERYBODY),
    ("contracts:evaluate", "version", "post", (403, 302, 302, 403, 302, 403, 403)),
]
CASES = [
    (name, named, method, role, code)
    for name, named, method, codes in MATRIX
    for role, code in zip(ROLES, codes, strict=True)
]


@pytest.fixture
def promised():
    orders = CapsuleFactory(name="orders", columns=["order_id"])
    return ContractFactory(
        capsule=orders, version="2.1.0", active=True, freshness_sla="PT6H", availability_sla=Decimal("99.9"),
        query_latency_p95=800, known_consumers=[{"team": "finance", "use_case": "month-end close"}],
    )  # fmt: skip


@pytest.fixture
def reading(client):
    client.force_login(UserFactory(role="analyst"))
    return client


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def measured(promised, metric, actual, *, aspect="", target, days=0, unit="percent", is_met=True, **meta):
    return MeasurementFactory(
        contract=promised, metric=metric, aspect=aspect, actual=Decimal(actual), target=Decimal(target), unit=unit,
        is_met=is_met, measured_at=timezone.now() - timedelta(days=days, seconds=1),
        meta={"source": "reported", **meta},
    )  # fmt: skip


@pytest.mark.parametrize(("name", "named", "method", "role", "code"), CASES)
def test_who_may_open_and_do_what(client, promised, name, named, method, role, code):
    parts = {"": [], "urn": [promised.capsule.urn], "version": [promised.capsule.urn, promised.version]}
    client.force_login(UserFactory(role=role))
    assert getattr(client, method)(reverse(name, args=parts[named])).status_code == code


def test_nobody_is_sent_to_sign_in(client, promised):
    assert client.get(promised.get_absolute_url()).status_code == 302


def test_a_secret_contract_is_on_no_page(reading, promised):
    promised.capsule.visibility_rank = 5
    promised.capsule.save(update_fields=["visibility_rank"])
    assert "orders" not in text(reading.get("/contracts/"))
    for url in (promised.get_absolute_url(), f"/contracts/{promised.capsule.urn}/"):
        assert reading.get(url).status_code == 404


def test_without_measurements_every_promise_is_unknown(reading, promised):
    page = text(reading.get(promised.get_absolute_url()))
    assert "within 6 hours" in page
    assert page.count("not measured") >= 3
    assert "Kept" not in page


def test_the_page_says_how_much_of_the_month_is_used(reading, promised):
    measured(promised, "availability", "99.97", target="99.9")
    page = text(reading.get(promised.get_absolute_url()))
    assert "99.97\u00a0%" in page
    assert "of 43\u00a0min" in page
    assert "finance" in page


def test_each_day_has_its_light(reading, promised):
    measured(promised, "latency", "100", aspect="p95", target="800", unit="ms", days=3)
    measured(promised, "latency", "801", aspect="p95", target="800", unit="ms", days=2, is_met=False)
    measured(promised, "latency", "200", aspect="p95", target="800", unit="ms", days=1)
    page = text(reading.get(promised.get_absolute_url()))
    assert "Latency, p95, 90 days: kept 2 of 3" in page
    assert 'class="b"' in page


def test_a_light_leads_to_the_numbers_behind_it(reading, promised):
    measured(promised, "latency", "801", aspect="p95", target="800", unit="ms", days=2, is_met=False)
    measured(promised, "availability", "99.97", target="99.9", days=2)
    url = f"{promised.get_absolute_url()}measurements/"
    day = (timezone.now() - timedelta(days=2)).date()
    page = text(reading.get(url, {"metric": "latency", "aspect": "p95", "from": day, "to": day}))
    assert "801\u00a0ms" in page
    assert "99.97" not in page
    assert "No measurement in this time" in text(reading.get(url, {"from": "2020-01-01", "to": "2020-01-07"}))
    assert 'role="alert"' in text(reading.get(url, {"from": "yesterday"}))


def test_the_list_narrows_by_state_and_health(reading, promised):
    ContractFactory(capsule=CapsuleFactory(name="payments"))
    monitor.evaluate_due()
    assert {"orders", "payments"} <= set(text(reading.get("/contracts/")).replace("<", ">").split(">"))
    drafts = text(reading.get("/contracts/?contract_status=draft"))
    assert "payments" in drafts
    assert "orders" not in drafts
    assert "orders" in text(reading.get("/contracts/?health=unknown"))
    assert "No contract fits" in text(reading.get("/contracts/?health=broken"))
    assert 'role="alert"' in text(reading.get("/contracts/?health=well"))


def test_an_empty_list_says_how_a_contract_begins(reading):
    assert "No contracts yet" in text(reading.get("/contracts/"))


def test_a_draft_is_shown_and_cannot_be_measured(client):
    draft = ContractFactory(version="0.1")
    client.force_login(UserFactory(role="contract_owner"))
    assert "Only a contract in force is measured" in text(client.get(draft.get_absolute_url()))
    url = reverse("contracts:evaluate", args=[draft.capsule.urn, draft.version])
    assert "Only a contract in force is measured" in text(client.post(url), 409)


def test_hostile_words_are_words(reading):
    odd = ContractFactory(
        capsule=CapsuleFactory(name="<script>alert(1)"), version="<b>1", active=True,
        maintenance_windows=[{"day": "<i>", "start": "02:00", "end": "04:00"}], known_consumers=[{"team": "<u>team"}],
    )  # fmt: skip
    page = text(reading.get(odd.get_absolute_url()))
    for hostile in ("<script>alert", "<b>1", "<u>team", "<i>"):
        assert hostile not in page


def test_the_page_of_a_contract_takes_the_same_queries_whatever_it_holds(reading, promised):
    def queries():
        with CaptureQueriesContext(connection) as found:
            text(reading.get(promised.get_absolute_url()))
        return len(found)

    queries()
    before = queries()
    for day in range(5):
        measured(promised, "availability", "99.97", target="99.9", days=day)
    for kind in ("freshness", "quality", "latency"):
        IncidentFactory(contract=promised, kind=kind)
    ContractFactory(capsule=promised.capsule, version="3.0.0")
    assert queries() <= before + 1


def test_the_list_takes_the_same_queries_for_any_number(reading, promised):
    def queries():
        with CaptureQueriesContext(connection) as found:
            text(reading.get("/contracts/"))
        return len(found)

    queries()
    before = queries()
    for _number in range(4):
        ContractFactory(active=True)
    assert queries() <= before
