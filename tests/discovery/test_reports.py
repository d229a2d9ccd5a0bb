"""Reports: each answers its question, counts what its definition says, and shows every row behind its figures."""

import csv
import datetime
import itertools
import json
import re
from io import StringIO

import pytest
from django.utils import timezone

from apps.catalog.vocabularies import SENSITIVITY
from apps.discovery.reports import REPORTS
from apps.people.reader import reader_of
from apps.policy import exposure
from tests.factories import (
    CapsuleFactory,
    ColumnFactory,
    ContractFactory,
    DomainFactory,
    IncidentFactory,
    MaskingRuleFactory,
    OwnerFactory,
    PolicyFactory,
    QualityRuleFactory,
    StewardshipFactory,
    TermLinkFactory,
    UserFactory,
)

from .pages import names, page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def sheet(client, address):
    """The rows of a report as its CSV has them."""
    answer = client.get(address + ("&" if "?" in address else "?") + "format=csv")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(body)))


def test_every_report_has_a_question_a_page_a_sheet_and_json_even_when_nothing_is_there(analyst):
    html = page(analyst, "/reports/")

    for report in REPORTS.values():
        assert f'href="/reports/{report.slug}/"' in html
        assert str(report.question) in text(html)
        shown = page(analyst, f"/reports/{report.slug}/")
        assert str(report.nothing) in text(shown)
        assert str(report.definition) in text(shown)
        assert sheet(analyst, f"/reports/{report.slug}/") == []
        found = json.loads(b"".join(analyst.get(f"/reports/{report.slug}/?format=json").streaming_content))
        assert (found["name"], found["results"]) == (report.slug, [])


def test_a_report_that_does_not_exist_is_not_found(analyst):
    assert analyst.get("/reports/profits/").status_code == 404


def test_completeness_tells_what_each_capsule_lacks_and_what_to_do_first(analyst):
    orders = CapsuleFactory(
        name="orders", owner=None, domain=DomainFactory(name="Sales"), description="Each order."
    )
    ColumnFactory(capsule=orders, name="id", description="The key.")
    ColumnFactory(capsule=orders, name="amount", description=" ")

    (row,) = sheet(analyst, "/reports/incomplete/")

    assert row["capsule"] == "orders"
    assert row["lacks"].split("; ")[0] == "owner"
    assert "structure" not in row["lacks"]
    assert row["described"] == "50.0"
    assert row["step"] == "Name an owner"
    assert 'aria-label="Name an owner: orders"' in page(analyst, "/reports/incomplete/")


def test_the_sensitivity_inventory_says_what_masks_each_column(analyst):
    people = CapsuleFactory(name="people", layer="gold")
    email = ColumnFactory(capsule=people, name="email", pii_type="email")
    phone = ColumnFactory(capsule=people, name="phone", pii_type="phone")
    ColumnFactory(capsule=people, name="city", pii_type="address")
    ColumnFactory(capsule=people, name="id")
    salary = ColumnFactory(capsule=people, name="salary")
    MaskingRuleFactory(column=email)
    PolicyFactory(
        active=True,
        column=phone,
        capsule=None,
        sensitivity_level="restricted",
        requires_masking=True,
        masking_method="hashing",
    )
    PolicyFactory(
        active=True,
        column=salary,
        capsule=None,
        sensitivity_level="restricted",
        requires_masking=True,
        masking_method=None,
    )

    masked = {row["column"]: row["masked"] for row in sheet(analyst, "/reports/sensitive/")}
    bare = [row["column"] for row in sheet(analyst, "/reports/unmasked/")]

    assert masked == {"email": "rule", "phone": "policy", "salary": "unsettled", "city": "none"}
    assert bare == ["city", "salary"]


def test_the_inventory_and_the_trace_of_values_say_the_same_of_every_column(analyst):
    layers = itertools.cycle(("gold", "raw"))
    masks = itertools.product((False, True), ("capsule", "column"), (None, "hashing"), (False, True))
    for at, (rule, subject, method, required) in enumerate(masks):
        column = ColumnFactory(
            capsule=CapsuleFactory(layer=next(layers)), name=f"email_{at}", pii_type="email"
        )
        about = {"capsule": column.capsule} if subject == "capsule" else {"column": column, "capsule": None}
        PolicyFactory(
            active=True,
            requires_masking=required,
            masking_method=method,
            sensitivity_level="restricted",
            **about,
        )
        if rule:
            MaskingRuleFactory(column=column)

    told = {
        row["column"]: (row["masked"], row["sensitivity"]) for row in sheet(analyst, "/reports/sensitive/")
    }

    traced = exposure.personal(reader_of(analyst.user))
    assert len(told) == 16
    assert told == {
        column.name: (exposure.protection_of(column), SENSITIVITY[column.level - 1]) for column in traced
    }


def test_what_a_reader_may_not_see_is_in_no_report(analyst, client):
    hidden = CapsuleFactory(name="mergers", visibility_rank=5, owner=None)
    ColumnFactory(capsule=hidden, name="target", pii_type="name")
    people = CapsuleFactory(name="people", owner=None)
    ColumnFactory(capsule=people, name="ssn", pii_type="ssn", visibility_rank=5)
    contract = ContractFactory(active=True, capsule=hidden, deprecation_date=timezone.localdate())
    IncidentFactory(contract=contract)
    PolicyFactory(active=True, capsule=hidden, next_review_date=timezone.localdate())

    for slug in REPORTS:
        body = b"".join(analyst.get(f"/reports/{slug}/?format=json").streaming_content).decode()
        shown = page(analyst, f"/reports/{slug}/")
        for secret in ("mergers", "ssn", "target"):
            assert f'"{secret}"' not in body
            assert secret not in names(shown)


def test_reviews_that_are_due_are_told_the_longest_overdue_first(analyst):
    today = timezone.localdate()
    for name, days in (("late", -40), ("today", 0), ("later", 60)):
        PolicyFactory(
            active=True,
            capsule=CapsuleFactory(name=name),
            next_review_date=today + datetime.timedelta(days),
        )

    assert [row["capsule"] for row in sheet(analyst, "/reports/reviews-due/")] == ["late", "today"]
    assert [row["capsule"] for row in sheet(analyst, "/reports/reviews-due/?days=90")] == [
        "late",
        "today",
        "later",
    ]
    assert "40 days late" in text(page(analyst, "/reports/reviews-due/"))


def test_contracts_and_policies_that_end_are_in_one_list(analyst):
    soon = timezone.localdate() + datetime.timedelta(10)
    ContractFactory(active=True, capsule=CapsuleFactory(name="orders"), deprecation_date=soon)
    PolicyFactory(
        active=True, capsule=CapsuleFactory(name="people"), effective_to=soon + datetime.timedelta(1)
    )
    PolicyFactory(
        active=True, capsule=CapsuleFactory(name="visits"), effective_to=soon + datetime.timedelta(100)
    )

    rows = sheet(analyst, "/reports/expiring/")

    assert [(row["kind"], row["capsule"]) for row in rows] == [("contract", "orders"), ("policy", "people")]


def test_open_incidents_come_worst_first_and_those_that_are_over_not_at_all(analyst):
    for severity, status in (("low", "open"), ("critical", "investigating"), ("high", "resolved")):
        contract = ContractFactory(active=True, capsule=CapsuleFactory(name=severity))
        IncidentFactory(contract=contract, severity=severity, status=status)

    assert [row["capsule"] for row in sheet(analyst, "/reports/incidents/")] == ["critical", "low"]


def test_governance_debt_is_the_sum_that_its_definition_says(analyst):
    sales = DomainFactory(name="Sales")
    StewardshipFactory(domain=sales, user=UserFactory(first_name="Ana", last_name="Ruiz"))
    orders = CapsuleFactory(name="orders", domain=sales, owner=None, description="")
    ColumnFactory(capsule=orders, pii_type="email")
    well = CapsuleFactory(
        name="stores", domain=sales, owner=OwnerFactory(name="Retail"), description="Each store."
    )
    TermLinkFactory(capsule=well, column=None)
    QualityRuleFactory(capsule=well)
    PolicyFactory(active=True, capsule=well, next_review_date=timezone.localdate() - datetime.timedelta(1))
    contract = ContractFactory(active=True, capsule=well)
    IncidentFactory(contract=contract)

    (row,) = sheet(analyst, "/reports/debt/")

    # orders: personal data 5, owner 3, rule 2, policy, contract, term, description 1 each; stores: review 3, incident 5
    assert row["points"] == str(5 + 3 + 2 + 4 + 3 + 5)
    assert (row["capsules"], row["personal"], row["owner"], row["reviews"], row["incidents"]) == (
        "2",
        "1",
        "1",
        "1",
        "1",
    )
    (steward,) = sheet(analyst, "/reports/debt/?by=steward")
    assert (steward["group"], steward["points"]) == ("Ana Ruiz", row["points"])


def test_each_number_of_the_debt_opens_a_list_of_exactly_that_many(analyst):
    for number, name in enumerate(("Sales", "Finance")):
        domain = DomainFactory(name=name)
        for _ in range(number + 2):
            ColumnFactory(capsule=CapsuleFactory(domain=domain, owner=None, description=""), pii_type="email")
    CapsuleFactory(domain=None)

    html = page(analyst, "/reports/debt/")
    links = re.findall(r'<td class="num"[^>]*><a href="([^"]+)">([\d,]+)<', html)

    assert len(links) > 15
    for address, number in links:
        shown = text(page(analyst, address.replace("&amp;", "&")))
        assert re.search(rf"\b{number} capsules?\b", shown), address


def test_the_catalogue_in_numbers_adds_up_to_the_catalogue(analyst):
    CapsuleFactory.create_batch(3, layer="gold")
    CapsuleFactory.create_batch(2, layer=None)

    found = {row["value"]: row["capsules"] for row in sheet(analyst, "/reports/summary/")}

    assert found == {"gold": "3", "": "2"}
    assert "5 capsules" in text(page(analyst, "/capsules/"))


def test_the_filters_of_the_catalogue_narrow_a_report_and_stay_in_its_address(analyst):
    CapsuleFactory(name="orders", domain=DomainFactory(name="Sales"), owner=None)
    CapsuleFactory(name="visits", domain=DomainFactory(name="Web"), owner=None)

    html = page(analyst, "/reports/without-owner/?domain=Sales")

    assert names(html) == ["orders"]
    assert "/reports/without-owner/?domain=Sales" in html
    assert [row["capsule"] for row in sheet(analyst, "/reports/without-owner/?domain=Sales")] == ["orders"]


def test_a_choice_that_is_not_known_is_named_and_the_report_still_shown(analyst):
    html = page(analyst, "/reports/debt/?by=planet")

    assert "“planet” is not known here. Choose one of: domain, steward, owner." in text(html)


def test_a_long_report_is_paged_forth_and_back_without_losing_a_row(analyst):
    for number in range(203):
        CapsuleFactory(name=f"orders_{number:03}", owner=None)

    address, seen = "/reports/without-owner/", []
    while address:
        html = page(analyst, address)
        seen += names(html)
        found = re.search(r'id="next-page"[^>]*href="([^"]+)"', html)
        address = found.group(1).replace("&amp;", "&") if found else ""
    back = re.search(r'id="previous-page"[^>]*href="([^"]+)"', html).group(1).replace("&amp;", "&")

    assert seen == [f"orders_{number:03}" for number in range(203)]
    assert names(page(analyst, back)) == seen[100:200]


def test_a_report_costs_the_same_number_of_queries_whatever_its_length(
    analyst, django_assert_max_num_queries
):
    for number in range(40):
        capsule = CapsuleFactory(owner=None, domain=DomainFactory())
        ColumnFactory(capsule=capsule, pii_type="email", name=f"mail_{number}")

    page(analyst, "/reports/debt/")  # what is asked once a process
    for slug in REPORTS:
        with django_assert_max_num_queries(18):  # the catalogue's own page has 16
            page(analyst, f"/reports/{slug}/")
