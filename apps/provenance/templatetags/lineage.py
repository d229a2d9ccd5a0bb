"""Template filters of the lineage page: its address in another state."""

from django import template

from apps.catalog.vocabularies import EDGE_TYPES
from apps.provenance import page

register = template.Library()


@register.filter(name="with")
def with_(asked, change):
    """{{ asked|with:"view=list" }}: the page with one word changed."""
    name, _sign, value = change.partition("=")
    return page.address(asked, **{name: value})


@register.filter
def up(asked, steps):
    """{{ asked|up:2 }}"""
    return page.address(asked, up=steps, up_after="")


@register.filter
def down(asked, steps):
    """{{ asked|down:2 }}"""
    return page.address(asked, down=steps, down_after="")


@register.filter
def overlay(asked, name):
    """{{ asked|overlay:"quality" }}"""
    return page.address(asked, overlay=name)


@register.filter
def toggled(asked, kind):
    """{{ asked|toggled:"seed" }}: the page without a type of capsule, or with it again."""
    return page.address(asked, hide=tuple(sorted({*asked.hide} ^ {kind})), up_after="", down_after="")


@register.filter
def focus(asked, urn):
    """{{ asked|focus:capsule.urn }}"""
    return page.address(asked, focus=urn, column="", opened=(), up_after="", down_after="")


@register.filter
def edge_word(word):
    """{{ edge.edge_type|edge_word }}: "flows to" for a stored word."""
    known = EDGE_TYPES.get(word)
    return known.title if known else word


@register.filter
def of_kind(sentences, kind):
    """{{ none|of_kind:part.kind }}"""
    return sentences.get(kind, "")


@register.filter
def less(total, rows):
    """{{ part.total|less:rows }}: how many more there are than these."""
    return total - len(rows)
