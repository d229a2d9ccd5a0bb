"""Inputs that are drawn without a template: for tables of them, where ten thousand stand on a page.

They give the markup of Django's own in a fraction of the time.
"""

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join


class _Input:
    def render(self, name, value, attrs=None, renderer=None):
        said = self.build_attrs(self.attrs, attrs)
        value = self.format_value(value)
        if value is not None:
            said = {"value": value, **said}
        return format_html('<input type="{}" name="{}"{}>', self.input_type, name, flatatt(said))


class Text(_Input, forms.TextInput):
    """A line of text."""


class Hidden(_Input, forms.HiddenInput):
    """What the page sends back unseen."""


class Checkbox(forms.CheckboxInput):
    """A box to tick."""

    def render(self, name, value, attrs=None, renderer=None):
        said = {**self.build_attrs(self.attrs, attrs), "checked": self.check_test(value)}
        return format_html('<input type="checkbox" name="{}"{}>', name, flatatt(said))


class Area(forms.Textarea):
    """Text of several lines."""

    def render(self, name, value, attrs=None, renderer=None):
        said = self.build_attrs(self.attrs, attrs)
        text = self.format_value(value) or ""
        return format_html('<textarea name="{}"{}>\n{}</textarea>', name, flatatt(said), text)


class Choice(forms.Select):
    """One of a few words."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "", '<option value="{}"{}>{}</option>',
            ((key, flatatt({"selected": str(key) == chosen}), words) for key, words in self.choices),
        )  # fmt: skip
        said = self.build_attrs(self.attrs, attrs)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(said), options)
