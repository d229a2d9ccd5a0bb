import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.glossary import plans, sheets

REVENUE = {
    "name": "Revenue",
    "display_name": "Revenue",
    "definition": "The sum of paid order amounts,\nbefore returns.",
    "abbreviation": "REV",
    "synonyms": ["turnover", "sales; gross"],
    "domain": "Finance",
    "category": "financial",
    "owner": "Finance data",
    "steward_email": "ana@example.org",
    "status": "approved",
    "tags": ["daily"],
    "examples": ["An order of 48 € adds 48 €."],
}


def written(*terms):
    return "".join(sheets.write(terms)).encode()


def stored(term, key="1"):
    return {**term, "id": key}


def test_a_sheet_comes_back_as_it_was_written():
    entries = sheets.read(written(REVENUE))

    assert entries[0].values == {key: value for key, value in REVENUE.items() if key != "status"}


def test_an_export_that_is_imported_changes_nothing():
    entries = sheets.read(written(REVENUE))

    rows = plans.plan(entries, [stored(REVENUE)], {"domain": ["finance"], "owner": ["Finance data"]})

    assert [row.action for row in rows] == ["same"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "'=1", "＝1+1"])
def test_no_cell_that_looks_like_a_formula_leaves_as_one(text):
    sheet = written({**REVENUE, "display_name": text, "synonyms": [text]}).decode("utf-8-sig")

    cells = [cell for row in csv.reader(StringIO(sheet, newline="")) for cell in row]

    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "＝")]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_what_was_escaped_is_read_as_it_was(text):
    assert sheets.unescaped(sheets.spreadsheets.safe(text)) == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_both_separators_and_a_byte_order_mark_are_read(mark, separator):
    sheet = f'Term Name{separator}definition\nRevenue{separator}"Money received,\r\nnet; of returns."\n'

    (entry,) = sheets.read(mark + sheet.encode())

    assert entry.values == {"name": "Revenue", "definition": "Money received,\nnet; of returns."}


def test_a_row_is_named_by_the_line_it_begins_on():
    sheet = 'term_name,definition\nA,"two\nlines of text"\n\nB,short\n'

    rows = plans.plan(sheets.read(sheet.encode()), [])

    assert [(row.place, row.action) for row in rows] == [("row 2", "create"), ("row 5", "error")]
    assert rows[1].problems == ["The definition has 5 characters; write at least 10."]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"name,meaning\nA,b\n", "missing: term_name, definition"),
        (b"term_name,definition,colour\nA,b,c\n", "colour"),
        (b"term_name,definition\n\xff\xfe,b\n", "Line 2 is not UTF-8"),
        (b'term_name,definition\nA,"open\n', "Row 2 cannot be read"),
        (b"term_name,definition,definition\nA,b,c\n", "twice"),
    ],
)
def test_a_file_that_is_no_sheet_says_why(data, said):
    with pytest.raises(sheets.Unreadable, match=said):
        sheets.read(data)


def test_a_second_row_of_the_same_name_in_any_case_is_an_error():
    sheet = "term_name,definition\nRevenue,Money that was received.\nREVENUE,Money that was received.\n"

    rows = plans.plan(sheets.read(sheet.encode()), [])

    assert [row.action for row in rows] == ["create", "error"]
    assert rows[1].problems == ["Repeats row 2: “REVENUE” stands there already."]


def test_a_term_is_found_in_another_case_and_keeps_its_spelling():
    sheet = "term_name,definition\nREVENUE,Money that was received and kept.\n"

    (row,) = plans.plan(sheets.read(sheet.encode()), [stored(REVENUE)])

    assert row.action == "change"
    assert list(row.changes) == ["definition"]


def test_a_column_that_is_absent_says_nothing():
    sheet = "term_name,definition,synonyms\nRevenue,{},\n".format('"' + REVENUE["definition"] + '"')

    (row,) = plans.plan(sheets.read(sheet.encode()), [stored(REVENUE)])

    assert row.changes == {"synonyms": [REVENUE["synonyms"], []]}


def test_an_unknown_domain_or_state_is_an_error_of_its_row():
    sheet = "term_name,definition,domain,approval_status\nA,Long enough to be one.,Mars,golden\n"

    (row,) = plans.plan(sheets.read(sheet.encode()), [], {"domain": ["Finance"]})

    assert row.problems == ["“golden” is no state of a term.", "There is no domain “Mars”."]
