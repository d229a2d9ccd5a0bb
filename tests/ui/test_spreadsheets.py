"""CSV that opens in a spreadsheet without running anything."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ui import spreadsheets

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "'=1",
    '"=1',
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_is_marked_as_text(text):
    assert spreadsheets.safe(text) == f"'{text}"


@pytest.mark.parametrize("number", ["-5", "+5", "-1.5", "-1,234.50", "+3e10", "-12%", -5, -0.5])
def test_numbers_stay_numbers(number):
    assert spreadsheets.safe(number) == str(number)


@pytest.mark.parametrize("text", ["orders", "a=b", "1-2", "urn:dcs:dbt:model:a:b", "", "100 %"])
def test_plain_text_stays_as_it_is(text):
    assert spreadsheets.safe(text) == text


def test_nothing_is_an_empty_cell():
    assert spreadsheets.safe(None) == ""


def test_a_file_begins_with_its_encoding_and_its_head():
    first, second = spreadsheets.lines(["name", "note"], [["orders", 'one, "two"\nthree']])

    assert first == "\ufeffname,note\r\n"
    assert second == 'orders,"one, ""two""\nthree"\r\n'


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=12))
def test_a_cell_comes_back_as_it_was_or_marked_as_text(cell):
    text = "".join(spreadsheets.lines(["x", "y"], [[cell, "end"]])).removeprefix("\ufeff")

    _head, (back, _end) = csv.reader(io.StringIO(text, newline=""))

    assert back in (cell, f"'{cell}")
    if back == cell and cell.strip()[:1] in ("=", "+", "-", "@"):
        assert spreadsheets.NUMBER.fullmatch(cell)
