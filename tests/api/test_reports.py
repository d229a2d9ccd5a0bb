"""Reports and completeness over HTTP."""

import csv
from io import StringIO

import pytest

from apps.discovery.reports import REPORTS
from tests.factories import CapsuleFactory, ColumnFactory, DomainFactory

SECRET = 5


def test_the_reports_are_listed_with_their_question_and_columns(analyst):
    found = {report["name"]: report for report in analyst.get("/reports").body}

    assert list(found) == list(REPORTS)
    assert found["debt"]["question"].endswith("?")
    assert {"key": "points", "title": "Points"} in found["debt"]["columns"]


def test_a_report_is_json_or_a_sheet_as_the_caller_asks(analyst):
    CapsuleFactory(name="orders", owner=None, domain=DomainFactory(name="Sales"))
    CapsuleFactory(name="mergers", owner=None, visibility_rank=SECRET)

    answer = analyst.get("/reports/without-owner?domain=Sales")
    found = answer.body
    sheet = analyst.get("/reports/without-owner", Accept="text/csv")
    lines = list(csv.DictReader(StringIO(sheet.raw.decode("utf-8-sig"))))

    assert found["filters"] == {"domain": ["Sales"]}
    assert [row["capsule"] for row in found["results"]] == ["orders"]
    assert [row["capsule"] for row in lines] == ["orders"]


def test_a_filter_or_choice_that_is_not_known_is_named(analyst):
    assert "“banana” is not known here" in analyst.get("/reports/sensitive?sensitivity=banana").raw.decode()
    assert analyst.get("/reports/debt?by=planet").status_code == 400
    assert analyst.get("/reports/profits").status_code == 404
    assert analyst.get("/reports/debt", Accept="image/png").status_code == 406


def test_a_stranger_reads_no_report(anonymous):
    assert anonymous.get("/reports").status_code == 401
    assert anonymous.get("/reports/debt").status_code == 401


@pytest.mark.parametrize("described", ["The key.", None])
def test_completeness_names_what_is_there_and_what_is_missing(analyst, described):
    capsule = CapsuleFactory(
        name="orders", owner=None, description="Each order.", storage_location="s3://lake/orders"
    )
    ColumnFactory(capsule=capsule, description=described)

    found = analyst.get(f"/capsules/{capsule.urn}/completeness").body

    parts = {part["name"]: part for part in found["parts"]}
    assert (found["columns"], found["described_columns"]) == (1, int(bool(described)))
    assert parts["structure"]["present"]
    assert parts["description"]["present"]
    assert not parts["owner"]["present"]
    assert not parts["contract"]["present"]
    assert parts["contract"]["gaps"]
    assert found["score"] == 10 * sum(part["present"] for part in found["parts"])
    assert (
        analyst.get(f"/capsules/{CapsuleFactory(visibility_rank=SECRET).urn}/completeness").status_code == 404
    )
