"""House rules of the style sheets and templates, which no linter knows."""

import re
from pathlib import Path

import pytest

SHEETS = sorted(Path("static/css").glob("*.css"))
OWN = [sheet for sheet in SHEETS if sheet.name != "admin.css"]
TEMPLATES = sorted(Path("templates").rglob("*.html"))
SCRIPT = Path("static/js/portal.js")


def without_comments(css):
    return re.sub(r"/\*.*?\*/", "", css, flags=re.S)


@pytest.mark.parametrize("sheet", OWN, ids=lambda sheet: sheet.name)
def test_no_rule_shouts_or_names_an_id(sheet):
    css = without_comments(sheet.read_text())

    assert "!important" not in css
    assert not re.search(r"(^|[\s,>+~(])#[a-zA-Z][\w-]*\s*[{,.:>]", re.sub(r"#[0-9a-f]{3,8}\b", "", css))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_brace_is_closed(sheet):
    css = without_comments(sheet.read_text())

    assert css.count("{") == css.count("}")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_come_from_the_tokens(sheet):
    css = without_comments(sheet.read_text())

    if sheet.name in ("components.css", "layout.css", "pages.css", "admin.css"):
        alone = re.sub(r"light-dark\([^()]*\)", "", css)
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", alone)


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_no_template_needs_a_looser_content_policy(template):
    html = template.read_text()

    assert not re.search(r"<[^>]*\sstyle=", html)
    assert not re.search(r"<[^>]*\son[a-z]+=", html)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|javascript:", html)


def test_the_script_stays_small_and_evaluates_nothing():
    script = SCRIPT.read_text()

    assert len(script.splitlines()) <= 400
    assert not re.search(r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML", script)


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_a_form_that_is_included_alone_is_given_its_token(template):
    for name, rest in re.findall(r'\{% include "([^"]+)"([^%]*\bonly) %\}', template.read_text()):
        if "csrf_token" in (Path("templates") / name).read_text():
            assert "csrf_token=csrf_token" in rest, name
