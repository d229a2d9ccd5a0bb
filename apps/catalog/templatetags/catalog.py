"""Template filters of the pages of capsules and columns."""

from django import template
from django.utils.safestring import SafeString

from apps.catalog import spans
from apps.catalog import spoken as said
from apps.ui import prose as written
from apps.ui import words

register = template.Library()


@register.filter
def at(found, key):
    """{{ known|at:key.table_urn }}: what a dict holds under a key, or nothing."""
    return (found or {}).get(key)


@register.filter
def prose(text):
    """{{ capsule.description|prose }}: a Markdown description as safe markup."""
    return SafeString(written.html(text)) if text else ""


@register.filter
def plain(text):
    """{{ column.description|plain }}: its first paragraph as plain words."""
    return written.plain(text) if text else ""


@register.filter
def span(period):
    """{{ policy.retention_period|span }}: a length of time in words."""
    return spans.in_words(period) if period else ""


@register.filter
def spoken(key):
    """{{ field.field|spoken }}: a key of a document as people read it."""
    return said.key(key)


@register.filter
def class_icon(name):
    """{% icon each.class|class_icon 14 %}: the shape of a class of change."""
    return words.word("change_class", name).icon


@register.filter
def class_hue(name):
    """data-hue="{{ each.class|class_hue }}": the hue of a class of change."""
    return words.word("change_class", name).hue


@register.filter
def change_icon(dimension):
    """{% icon slug|change_icon 14 %}: the mark of a dimension of changes."""
    return said.ICONS.get(dimension, "circle-dashed")
