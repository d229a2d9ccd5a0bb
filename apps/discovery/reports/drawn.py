"""Cells of reports as pages draw them, each from a row."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from apps.catalog.vocabularies import LAYERS
from apps.discovery.filters import WORDS
from apps.ui import formats, icons
from apps.ui.templatetags import ui


def address(name, *words):
    return reverse(name, args=words)


def capsule(row):
    """The capsule's name, as the way to it."""
    url = address("catalog:capsule", row["urn"])
    return format_html('<a href="{}">{}</a>', url, formats.wbr(row["capsule"]))


def tab(slug):
    """The capsule's name, as the way to one of its tabs."""

    def draw(row):
        url = address("catalog:dimension", row["urn"], slug)
        return format_html('<a href="{}">{}</a>', url, formats.wbr(row["capsule"]))

    return draw


def column(row):
    """The column's name, as the way to it."""
    if row["column"] is None:
        return formats.none(None)
    url = address("catalog:column", row["urn"], row["column"])
    return format_html('<a class="colname" href="{}">{}</a>', url, formats.wbr(row["column"]))


def domain(row):
    return _named("discovery:domain", row["domain"])


def owner(row):
    return _named("discovery:team", row["owner"])


def _named(page, name):
    if name is None:
        return formats.none(None)
    return format_html('<a href="{}">{}</a>', address(page, name), formats.wbr(name))


def layer(row):
    known = LAYERS.get((row["layer"] or "").lower())
    return formats.none(known.title if known else row["layer"])


def sensitivity(row):
    return ui.sens(row["sensitivity"]) if row["sensitivity"] else formats.none(None)


def lacks(row):
    """What is missing, in words."""
    return ", ".join(
        capfirst(str(WORDS[slug])) if not at else str(WORDS[slug]) for at, slug in enumerate(row["lacks"])
    )


def day(key):
    """A day, told as how far away it is."""
    return lambda row: formats.when(row[key]) if row[key] else formats.none(None)


def number(key):
    """A number, grouped."""
    return lambda row: formats.none(None) if row[key] is None else formats.grouped(row[key])


def percent(key):
    """A share as a number and a bar."""
    return lambda row: ui.score(row[key], meter=True, width=64)


def listed(key, **query):
    """A number that opens the capsules it counts: those of the row's `within`, under further filters."""
    return _opening(key, lambda: reverse("discovery:catalog"), query)


def reported(key, slug, **query):
    """A number that opens another report under the row's filters."""
    return _opening(key, lambda: reverse("discovery:report", args=[slug]), query)


def _opening(key, page, query):
    def draw(row):
        number = row[key]
        if not number:
            return SafeString("0")
        url = f"{page()}?{urlencode([*row['within'], *query.items()])}"
        return format_html('<a href="{}">{}</a>', url, formats.grouped(number))

    return draw


def points(key):
    """A percentage as a number."""
    return lambda row: formats.none(None) if row[key] is None else f"{formats.points(row[key])} %"


def way(url, words, label):
    """A link whose words are short, with a label that says which row it belongs to."""
    return format_html('<a class="nowrap" href="{}" aria-label="{}">{}</a>', url, label, words)


def mark(icon, hue, words):
    """A badge."""
    return ui.mark(icon, hue, words)


def pii(words):
    """A kind of personal data, as the structure of a capsule marks it."""
    return format_html('<span class="pii">{}{}</span>', icons.icon("fingerprint-pattern", 14), words)


def badge(vocabulary, word):
    """A word of one of the portal's lists, with its icon and hue."""
    return ui.badge(vocabulary, word)


def deadline(key):
    """A day by which something has to be done, and how far away it is."""
    return lambda row: formats.deadline(row[key])
