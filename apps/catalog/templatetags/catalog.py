"""Template filters of the catalog's pages."""

from django import template

register = template.Library()


@register.filter
def at(found, key):
    """{{ known|at:key.table_urn }}: what a dict holds under a key, or nothing."""
    return (found or {}).get(key)
