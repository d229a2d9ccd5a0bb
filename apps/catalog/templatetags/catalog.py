"""Template filters of the pages of capsules and columns."""

from django import template
from django.utils.safestring import SafeString

from apps.catalog import spans
from apps.ui import prose as written

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
