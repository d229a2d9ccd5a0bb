"""Rows that are filled into one rendered template look like rows that are rendered one by one."""

import pytest
from django.template import engines
from django.template.loader import get_template
from django.utils.safestring import SafeString

from apps.ui import slots

ROW = '<tr><td title="{{ row.name }}">{{ row.name }}</td><td>{{ row.mark }}</td><td>{{ row.count }}</td><td>{{ unit }}</td></tr>'


@pytest.fixture
def template(tmp_path, settings):
    (tmp_path / "row.html").write_text(ROW)
    engine = engines["django"].engine
    before = engine.dirs
    engine.dirs = [*before, tmp_path]
    engine.__dict__.pop("template_loaders", None)
    yield "row.html"
    engine.dirs = before
    engine.__dict__.pop("template_loaders", None)


def test_filled_rows_are_the_rows_that_the_template_would_print(template):
    rows = [
        {"name": "orders", "mark": SafeString("<b>new</b>"), "count": 12},
        {"name": '<script>alert("1")</script>', "mark": "<i>", "count": 0},
        {"name": "a\x00name\x00b & {{ row.count }} %s", "mark": "", "count": None},
    ]

    found = slots.filled(template, rows, {"unit": "days & nights"})

    whole = get_template(template)
    assert found == "".join(whole.render({"row": row, "unit": "days & nights"}) for row in rows)


def test_no_rows_are_no_markup(template):
    assert slots.filled(template, []) == ""
