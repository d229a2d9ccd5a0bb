"""Inputs drawn by hand are those of Django, attribute for attribute."""

from html.parser import HTMLParser

import pytest
from django import forms

from apps.ui import widgets

HOSTILE = "\"><script>alert('x')</script>&amp;"
WORDS = [("", "Not said"), ("a", "A & B"), (HOSTILE, HOSTILE)]


class Parts(HTMLParser):
    """The tags with their attributes, and the texts, whatever blanks stand between them."""

    def __init__(self, html):
        super().__init__()
        self.parts = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.parts.append((tag, dict(attributes)))

    def handle_data(self, data):
        if data.strip():
            self.parts.append(data.strip())


@pytest.mark.parametrize("value", [None, "", "order_id", HOSTILE, " two\nlines ", True])
@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (widgets.Text, forms.TextInput),
        (widgets.Hidden, forms.HiddenInput),
        (widgets.Checkbox, forms.CheckboxInput),
        (widgets.Area, forms.Textarea),
        (widgets.Choice, forms.Select),
    ],
)
def test_an_input_drawn_by_hand_is_that_of_django(mine, theirs, value):
    about = {"aria-label": HOSTILE, "spellcheck": "false"}
    drawn = []
    for kind in (mine, theirs):
        widget = kind(attrs=about)
        if kind in (widgets.Choice, forms.Select):
            widget.choices = WORDS
        drawn.append(Parts(widget.render("name", value, {"id": "id_name", "required": True})).parts)

    # A box that is ticked has no value of its own but "on", which browsers send anyway.
    for tag, attributes in (part for parts in drawn for part in parts if isinstance(part, tuple)):
        if tag == "input" and attributes.get("type") == "checkbox":
            attributes.pop("value", None)
    assert drawn[0] == drawn[1]
