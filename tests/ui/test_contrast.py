import re
from pathlib import Path

import pytest

TOKENS = Path("static/css/tokens.css").read_text()
PAIRS = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, ?#\w+)\)", TOKENS))
THEMES = {"light": 0, "dark": 1}
GROUNDS = ["page", "panel", "sunk", "hover", "raised"]
HUES = ["good", "caution", "critical", "pending", "idle"]
TEXTS = ["ink", "ink-2", "ink-3", "accent", "accent-strong", *HUES]


def colour(token, theme):
    return PAIRS[token].replace(" ", "").split(",")[THEMES[theme]]


def luminance(colour):
    """Relative luminance of #rrggbb. WCAG 2.2, definition of relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_the_one_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_readable_on_every_ground(text, ground, theme):
    assert contrast(colour(text, theme), colour(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("hue", [*HUES, "accent"])
def test_every_hue_is_readable_on_its_own_tint(hue, theme):
    assert contrast(colour(hue, theme), colour(f"{hue}-tint", theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3"])
@pytest.mark.parametrize("tint", [*HUES, "accent"])
def test_ink_is_readable_on_every_tint(text, tint, theme):
    assert contrast(colour(text, theme), colour(f"{tint}-tint", theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["accent", "accent-strong", "critical"])
def test_a_filled_button_can_be_read(ground, theme):
    assert contrast(colour("on-accent", theme), colour(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_edge_of_a_control_can_be_seen(ground, theme):
    assert contrast(colour("edge", theme), colour(ground, theme)) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["added", "removed"])
def test_words_in_a_diff_can_be_read(ground, theme):
    assert contrast(colour("ink", theme), colour(ground, theme)) >= 4.5
