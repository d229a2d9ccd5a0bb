"""Inline SVG icons of the `lucide` package, drawn once and kept."""

import re
from functools import cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

STROKE = "1.75"


@cache
def paths(name):
    """The drawing inside the icon `name` on a 24 × 24 grid; `lucide.IconDoesNotExist` if there is none."""
    svg = lucide(name, size=None)
    return SafeString(re.sub(r">\s+<", "><", svg[svg.index(">") + 1 : svg.rindex("</svg>")].strip()))


@cache
def drawn(name, size=16, css="icon"):
    return format_html(
        '<svg class="{}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="{}" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css, size, size, STROKE, paths(name),
    )  # fmt: skip


def icon(name, size=16, label="", css="icon") -> SafeString:
    """One icon as inline SVG, `size` pixels square, hidden from screen readers unless it has a `label`."""
    svg = drawn(name, size, css)
    if not label:
        return svg
    named = format_html('role="img" aria-label="{}"><title>{}</title>', label, label)
    return SafeString(svg.replace('aria-hidden="true">', named, 1))
