"""A row of the lists beside the lineage graph as it is drawn: pieces for the slots of `provenance/_line.html`."""

from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apps.ui import formats
from apps.ui.templatetags import ui

LETTERS = 28  # of what an edge is called


def lines(rows, asked):
    """The pieces of `rows`, dicts as `page` makes them; texts are escaped where they are printed."""
    swap, by_way_of = ui.swap("explorer"), format_html('data-label="{}"', _("By way of"))
    focus, unchanged = _("Focus on %(name)s"), format_html('<span class="second">{}</span>', _("unchanged"))
    return [
        {
            "url": row["node"]["url"],
            "title": formats.wbr(row["node"]["title"]),
            "steps": str(row["steps"]),
            "kind": row["node"]["kind"],
            "via": " › ".join(row["via"]),
            "via_label": by_way_of if row["via"] else "",
            "through": _through(row, swap),
            "since": format_html("<b>{}</b>", row["since"]) if row["since"] else unchanged,
            "mark": _mark(row["mark"]) if asked.overlay else "",
            "focus_url": row["node"]["focus_url"],
            "focus": focus % {"name": row["node"]["title"]},
        }
        for row in rows
    ]


def _through(row, swap):
    text = str(row["through"])
    text = text if len(text) <= LETTERS else Truncator(text).chars(LETTERS)
    if row["edge_url"]:
        return format_html('<a class="edge-link" href="{}" {}>{}</a>', row["edge_url"], swap, text)
    return format_html('<span class="second">{}</span>', text) if text else ""


def _mark(found):
    found = found or {}
    if found.get("hue"):
        return ui.mark("circle", found["hue"], found["short"])
    return format_html('<span class="second">{}</span>', formats.none(found.get("short")))
