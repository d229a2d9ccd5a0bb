import re
from pathlib import Path

import pytest
from django.template import Context, Template

from apps.ui import icons, words
from apps.ui.templatetags import ui

ICON = re.compile(r"""\{%\s*icon\s+["']([\w-]+)["']""")
NAMED = [
    (str(template), name)
    for template in sorted(Path("templates").rglob("*.html"))
    for name in ICON.findall(template.read_text())
]
KNOWN = [
    *(
        (vocabulary, word.icon)
        for vocabulary, values in words.VOCABULARIES.items()
        for word in values.values()
    ),
    *(("notices", name) for name in words.NOTICE_ICONS.values()),
    *(("dimensions", name) for name in words.DIMENSION_ICONS.values()),
]


def rendered(source, **context):
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(("place", "name"), sorted({*NAMED, *KNOWN}))
def test_every_icon_exists(place, name):
    assert icons.paths(name).startswith("<")


@pytest.mark.parametrize("vocabulary", words.VOCABULARIES)
def test_every_word_has_a_hue_the_style_sheet_knows(vocabulary):
    for word in words.VOCABULARIES[vocabulary].values():
        assert word.hue in words.HUES
        assert str(word.text)


@pytest.mark.parametrize(
    ("vocabulary", "stored"),
    [
        ("approval", {"draft", "under_review", "approved", "deprecated"}),
        ("policy", {"draft", "under_review", "active", "suspended", "deprecated"}),
        ("contract", {"draft", "proposed", "active", "deprecated", "breached", "superseded"}),
        ("severity", {"info", "warning", "error", "critical"}),
        ("check", {"passed", "failed", "warning", "error", "skipped"}),
        ("incident_severity", {"low", "medium", "high", "critical"}),
        ("incident", {"open", "investigating", "mitigated", "resolved", "closed", "false_positive"}),
        ("violation", {"open", "acknowledged", "resolved", "false_positive"}),
        ("run", {"queued", "running", "finished", "partly", "failed", "cancelled"}),
        ("job", {"pending", "running", "completed", "failed", "cancelled"}),
        ("change", {"created", "schema_change", "metadata_change", "deleted"}),
    ],
)
def test_every_stored_value_has_a_word(vocabulary, stored):
    assert stored <= words.VOCABULARIES[vocabulary].keys()


def test_a_badge_shows_shape_hue_and_word():
    html = rendered('{% badge "contract" "active" %}')

    assert 'data-hue="good"' in html
    assert "<svg" in html
    assert html.endswith("Active</span>")


def test_an_unknown_value_is_shown_as_it_is_and_breaks_nothing():
    html = rendered('{% badge "policy" value %}', value="<frozen>")

    assert 'data-hue="idle"' in html
    assert "&lt;frozen&gt;" in html


def test_an_unknown_vocabulary_is_a_mistake_in_the_template():
    with pytest.raises(KeyError):
        ui.badge("mood", "fine")


def test_nothing_is_drawn_for_no_value():
    assert rendered('{% badge "policy" None %}{% sens "" %}{% access None %}') == ""


def test_sensitivity_is_five_bars_and_a_word():
    html = rendered('{% sens "confidential" %}')

    assert html.count("<rect") == 5
    assert html.count('class="on"') == 3
    assert "Confidential" in html


def test_access_can_be_told_without_its_colour():
    html = rendered('{% access "masked" "hash" %}')

    assert ">M<" in html
    assert "Masked" in html
    assert html.endswith("hash</span>")


def test_an_icon_is_silent_unless_it_is_named():
    assert 'aria-hidden="true"' in icons.icon("search")
    assert 'role="img" aria-label="Search &amp; find"' in icons.icon("search", label="Search & find")
