"""Markdown descriptions: what becomes of them, and what is left out."""

import pytest

from apps.ui import prose


def test_a_table_stays_a_table():
    assert "<td>placed</td>" in prose.html("| status |\n|---|\n| placed |")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<a href="x" onclick="y">z</a>',
    ],
)
def test_nothing_that_runs_or_loads_comes_through(text):
    made = prose.html(text)

    assert "<script" not in made
    assert "<img" not in made
    assert "<a " not in made


def test_a_picture_is_not_loaded():
    assert "<img" not in prose.html("![x](https://example.org/x.png)")


def test_a_heading_does_not_break_the_outline_of_the_page():
    assert "<h1" not in prose.html("# Orders")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One row for **each** `order`.\n\nMore.", "One row for each order."),
        ("First line\nsecond line", "First line second line"),
        ("Statuses:\n\n| a |\n|---|\n| b |", "Statuses:"),
        ("  ", ""),
    ],
)
def test_a_row_shows_the_first_paragraph_without_marks(text, expected):
    assert prose.plain(text) == expected
