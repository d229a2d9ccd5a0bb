"""Compliance: what is exposed, unsettled, without policy or due, and a number for each that opens a list of that length."""

import datetime
import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Capsule
from apps.discovery.reports import REPORTS
from tests.factories import CapsuleFactory, ColumnFactory, DomainFactory, MaskingRuleFactory, PolicyFactory

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def rows(client, slug, query=""):
    """The rows of a report as its JSON has them."""
    answer = client.get(f"/reports/{slug}/?format=json{query and '&' + query}")
    return json.loads(b"".join(answer.streaming_content))["results"]


def older(capsule, **age):
    Capsule.objects.filter(pk=capsule.pk).update(created_at=timezone.now() - datetime.timedelta(**age))
    return capsule


def test_exposed_is_what_people_read_and_nobody_asked_to_mask(analyst):
    mart, raw = CapsuleFactory(layer="mart"), CapsuleFactory(layer="raw")
    ColumnFactory(capsule=mart, name="email", pii_type="email")
    ColumnFactory(capsule=raw, name="raw_email", pii_type="email")
    MaskingRuleFactory(column=ColumnFactory(capsule=mart, name="phone", pii_type="phone"))
    redacted = ColumnFactory(capsule=mart, name="ssn", pii_type="ssn")
    PolicyFactory(active=True, column=redacted, capsule=None, requires_masking=True, masking_method=None)
    ColumnFactory(capsule=mart, name="amount")

    assert [row["column"] for row in rows(analyst, "exposed")] == ["email"]


def test_masking_that_is_required_is_a_finding_until_a_method_or_a_rule_is_named(analyst):
    people = CapsuleFactory(name="people")
    PolicyFactory(active=True, capsule=people, requires_masking=True, masking_method=None)
    ColumnFactory(capsule=people, name="email")
    MaskingRuleFactory(column=ColumnFactory(capsule=people, name="by_rule"))
    settled = ColumnFactory(capsule=people, name="by_method")
    PolicyFactory(active=True, column=settled, capsule=None, requires_masking=True, masking_method="hashing")
    PolicyFactory(
        column=ColumnFactory(name="draft"), capsule=None, requires_masking=True, masking_method=None
    )

    (row,) = rows(analyst, "masking-unsettled")

    assert (row["column"], row["policy"]) == ("email", f"P-{people.policies.get().number}")


def test_capsules_without_a_policy_are_those_without_one_in_force_personal_data_first(analyst):
    today = timezone.localdate()
    PolicyFactory(active=True, capsule=CapsuleFactory(name="governed"))
    PolicyFactory(active=True, column=ColumnFactory(capsule=CapsuleFactory(name="by_column")), capsule=None)
    PolicyFactory(capsule=CapsuleFactory(name="draft"))
    PolicyFactory(
        active=True, capsule=CapsuleFactory(name="future"), effective_from=today + datetime.timedelta(2)
    )
    people = CapsuleFactory(name="people")
    ColumnFactory(capsule=people, pii_type="email")

    found = rows(analyst, "without-policy")

    assert [row["capsule"] for row in found] == ["people", "draft", "future"]
    assert [row["personal"] for row in found] == [1, 0, 0]


def test_data_that_has_to_go_is_due_unless_a_legal_hold_stands(analyst):
    deleting = {"retention_start": "ingestion", "deletion_action": "hard_delete"}
    late = older(CapsuleFactory(name="late"), days=40)
    PolicyFactory(active=True, capsule=late, retention_period="P30D", **deleting)
    soon = older(CapsuleFactory(name="soon"), days=20)
    PolicyFactory(active=True, capsule=soon, retention_period="P30D", **deleting)
    held = older(CapsuleFactory(name="held"), days=40)
    PolicyFactory(active=True, capsule=held, retention_period="P30D", legal_hold=True, **deleting)
    kept = older(CapsuleFactory(name="kept"), days=40)
    PolicyFactory(active=True, capsule=kept, retention_period="P30D", deletion_action="archive")
    gone = older(CapsuleFactory(name="gone", retired_at=timezone.now()), days=40)
    PolicyFactory(active=True, capsule=gone, retention_period="P30D", **deleting)

    assert [row["capsule"] for row in rows(analyst, "retention-due")] == ["late", "soon"]
    assert [row["capsule"] for row in rows(analyst, "retention-due", "days=0")] == ["late"]
    shown = text(page(analyst, "/reports/retention-due/"))
    assert "10 days late" in shown
    assert "then delete" in shown


def test_frameworks_say_how_far_their_data_is_looked_after_and_who_named_none(analyst):
    people = CapsuleFactory(name="people")
    PolicyFactory(
        active=True, capsule=people, compliance_frameworks=["GDPR", "HIPAA"], retention_period="P7Y",
        audit_log_required=True,
    )  # fmt: skip
    MaskingRuleFactory(column=ColumnFactory(capsule=people, pii_type="email"))
    ColumnFactory(capsule=people, pii_type="phone")
    stores = ColumnFactory(capsule=CapsuleFactory(name="stores"))
    PolicyFactory(
        active=True,
        column=stores,
        capsule=None,
        compliance_frameworks=["GDPR"],
        retention_period=None,
        sensitivity_level="internal",
    )
    ColumnFactory(capsule=CapsuleFactory(name="visits"), pii_type="ip_address")
    CapsuleFactory(name="weather")

    found = {row.pop("framework"): row for row in rows(analyst, "frameworks")}

    assert list(found) == ["GDPR", "HIPAA", None]
    assert found["GDPR"] == {
        "capsules": 2, "columns": 2, "unmasked": 1, "masked": 50.0, "retained": 1, "logged": 1,
    }  # fmt: skip
    assert (found[None]["capsules"], found[None]["columns"], found[None]["masked"]) == (1, 1, 0.0)
    assert [row["framework"] for row in rows(analyst, "frameworks", "framework=HIPAA")] == ["HIPAA"]


@pytest.fixture
def trouble():
    """Something of every finding, in a domain and in none."""
    yesterday = timezone.localdate() - datetime.timedelta(1)
    for domain in (DomainFactory(name="Sales"), None):
        bare = CapsuleFactory(domain=domain, layer="gold")
        ColumnFactory(capsule=bare, name="email", pii_type="email")
        old = older(CapsuleFactory(domain=domain), days=9)
        ColumnFactory(capsule=old, name="phone", pii_type="phone")
        PolicyFactory(
            active=True, capsule=old, requires_masking=True, masking_method=None, retention_period="P3D",
            retention_start="ingestion", deletion_action="anonymize", next_review_date=yesterday,
            compliance_frameworks=["GDPR"],
        )  # fmt: skip


LINK = re.compile(r'href="(/(?:reports|capsules)/[^"]*)">(\d+)</a>')


@pytest.mark.parametrize("slug", ["compliance", "frameworks"])
def test_every_number_opens_a_list_of_that_length(analyst, trouble, slug):
    hidden = DomainFactory(name="Mergers", visibility_rank=5)
    ColumnFactory(capsule=CapsuleFactory(domain=hidden, layer="mart"), pii_type="ssn")
    links = LINK.findall(page(analyst, f"/reports/{slug}/"))

    assert len(links) > 5
    for url, number in links:
        address = url.replace("&amp;", "&")
        found = analyst.get(address).context
        total = found["page"].total if "page" in found else found["list"].page.total
        assert total == int(number), address


def test_compliance_counts_each_finding_in_each_domain(analyst, trouble):
    of_domain = {row.pop("domain"): row for row in rows(analyst, "compliance")}

    one = {"inventory": 2, "exposed": 1, "unsettled": 1, "policy": 1, "retention": 1, "reviews": 1}
    assert of_domain == {"Sales": one, "": one}
    assert [row["domain"] for row in rows(analyst, "compliance", "domain=Sales")] == ["Sales"]
    assert names(page(analyst, "/reports/compliance/?domain=Sales")) == ["Sales"]


def test_compliance_is_found_from_the_policies(analyst):
    assert reverse("discovery:report", args=["compliance"]) in page(analyst, reverse("policy:policies"))
    answer = analyst.get("/policies/compliance/?domain=Sales")
    assert (answer.status_code, answer.url) == (302, "/reports/compliance/?domain=Sales")


def test_the_reports_ask_as_often_for_many_as_for_few(analyst, trouble, django_assert_max_num_queries):
    for slug in REPORTS:
        page(analyst, f"/reports/{slug}/")  # what is asked once a process
    for at in range(20):
        capsule = older(CapsuleFactory(domain=DomainFactory(), layer="gold"), days=9)
        ColumnFactory(capsule=capsule, pii_type="email", name=f"mail_{at}")
        PolicyFactory(
            active=True, capsule=capsule, retention_period="P3D", deletion_action="anonymize",
            compliance_frameworks=[f"LAW-{at}"],
        )  # fmt: skip

    for slug in (
        "compliance",
        "frameworks",
        "exposed",
        "masking-unsettled",
        "without-policy",
        "retention-due",
    ):
        with django_assert_max_num_queries(20):
            page(analyst, f"/reports/{slug}/")
