"""The audit log for programs."""

import pytest
from django.test import Client

from apps.audit.context import acting
from apps.audit.models import Change
from apps.catalog.models import Domain
from apps.people import tokens
from tests.factories.catalog import CapsuleFactory, DomainFactory, TagFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return UserFactory(username="uma", role="auditor")


def with_token(user, *scopes):
    _row, secret = tokens.issue(user, name="archive", scopes=scopes, days=1)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def renamed():
    domain = DomainFactory(name="sales")
    with acting(UserFactory(username="ana.ruiz"), reason="Agreed with Finance."):
        Domain.objects.filter(pk=domain.pk).update(name="selling")
    return Change.objects.of(domain).get(operation="UPDATE")


def test_an_entry_tells_who_what_when_and_why(auditor, renamed):
    entry = with_token(auditor, "read", "audit").get(f"/api/v1/audit/{renamed.pk}").json()

    assert entry["table_name"] == "domains"
    assert entry["operation"] == "UPDATE"
    assert entry["changed_by"] == "ana.ruiz"
    assert entry["change_reason"] == "Agreed with Finance."
    assert entry["changed_fields"] == ["name"]
    assert (entry["old_values"]["name"], entry["new_values"]["name"]) == ("sales", "selling")
    assert entry["name"] == "selling"
    assert entry["changed_at"].endswith("Z")


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        ("auditor", ("read", "audit"), 200),
        ("administrator", ("audit",), 200),
        ("auditor", ("read", "write"), 403),
    ],
)
def test_a_token_needs_the_scope(role, scopes, status):
    assert with_token(UserFactory(role=role), *scopes).get("/api/v1/audit").status_code == status


@pytest.mark.parametrize("role", ["analyst", "steward", "policy_admin", "contract_owner", "producer"])
def test_a_person_needs_the_role(role):
    answer = signed_in(UserFactory(role=role)).get("/api/v1/audit")

    assert answer.status_code == 403
    assert "Auditor" in answer.json()["detail"]


def test_nobody_reads_without_signing_in(renamed):
    assert Client().get("/api/v1/audit").status_code == 401
    assert Client().get(f"/api/v1/audit/{renamed.pk}").status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_log_cannot_be_written(auditor, renamed, method):
    caller = signed_in(auditor)

    answers = [getattr(caller, method)(url) for url in ("/api/v1/audit", f"/api/v1/audit/{renamed.pk}")]

    assert [answer.status_code for answer in answers] == [405, 405]


@pytest.mark.parametrize(
    "query",
    [
        "actor=ana.ruiz",
        "table=domains&operation=UPDATE",
        "table__in=tags,domains&operation=UPDATE",
        "row={row}&operation=UPDATE",
        "field=name&actor=ana.ruiz",
        "changed_at__gte=2020-01-01T00:00:00Z&actor=ana.ruiz",
    ],
)
def test_the_list_is_narrowed(auditor, renamed, query):
    TagFactory()

    answer = signed_in(auditor).get(f"/api/v1/audit?{query.format(row=renamed.record_id)}")

    assert [entry["id"] for entry in answer.json()["results"]] == [str(renamed.pk)]


@pytest.mark.parametrize(
    "query", ["operation=GUESS", "table=nonsense", "row=x", "changed_at__gte=soon", "who=ana"]
)
def test_a_filter_that_makes_no_sense_is_refused(auditor, renamed, query):
    answer = signed_in(auditor).get(f"/api/v1/audit?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [query.partition("=")[0]]


def test_a_cursor_walks_the_whole_log_while_it_grows(auditor):
    TagFactory.create_batch(25)
    caller = signed_in(auditor)
    every = list(
        Change.objects.filter(table_name="tags").order_by("-changed_at", "-seq").values_list("pk", flat=True)
    )

    seen, url = [], "/api/v1/audit?table=tags&limit=10&cursor="
    while url:
        body = caller.get(url).json()
        seen += [entry["id"] for entry in body["results"]]
        url = body["next"]
        TagFactory()

    assert seen == [str(key) for key in every]


def test_values_are_absent_for_those_who_see_only_that_something_changed(renamed):
    caller = signed_in(UserFactory(role="administrator"))

    entry = caller.get(f"/api/v1/audit/{renamed.pk}").json()

    assert "old_values" not in entry
    assert "new_values" not in entry
    assert entry["changed_fields"] == ["name"]


def test_changes_of_secret_things_are_not_there_for_those_below():
    CapsuleFactory(name="layoffs", visibility_rank=5)
    change = Change.objects.get(table_name="capsules")
    caller = signed_in(UserFactory(role="administrator"))

    assert "layoffs" not in caller.get("/api/v1/audit").text
    assert caller.get("/api/v1/audit?table=capsules").json()["count"] == 0
    assert caller.get(f"/api/v1/audit/{change.pk}").status_code == 404


def test_only_the_fields_that_are_asked_for_are_sent(auditor, renamed):
    entry = signed_in(auditor).get("/api/v1/audit?fields=name,changed_by&actor=ana.ruiz").json()["results"][0]

    assert entry == {"id": str(renamed.pk), "name": "selling", "changed_by": "ana.ruiz"}


def test_the_list_costs_the_same_for_many_entries(auditor, django_assert_max_num_queries):
    caller = signed_in(auditor)
    TagFactory.create_batch(60)
    caller.get("/api/v1/audit")
    with django_assert_max_num_queries(20) as few:
        caller.get("/api/v1/audit")

    CapsuleFactory.create_batch(20, complete=True)

    with django_assert_max_num_queries(len(few)):
        caller.get("/api/v1/audit")
