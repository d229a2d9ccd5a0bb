"""The values of one facet as boxes to tick: a page of filters has hundreds, so each is made of ready pieces."""

from html import escape

from django.utils.safestring import SafeString

from . import formats, slots

MOST_COUNTED = 10_000
FIRST, CHOSEN, NOTHING = (
    SafeString(text) for text in (' data-key="f" aria-keyshortcuts="f"', " checked", " disabled")
)


def drawn(facet, first, badge):
    """All values of `facet` (a dict); of the `first` facet, the first box answers to a key.

    `badge(value)` draws a level of sensitivity.
    """
    rows = [
        {
            "name": facet["name"],
            "value": value["value"],
            "id": f"f-{facet['name']}-{value.get('id') or at + 1}",
            "state": state(value, first and not at),
            "label": badge(value["value"]) if facet.get("sensitivity") else label(value),
            "count": number(value.get("count")),
        }
        for at, value in enumerate(facet["values"])
    ]
    return slots.filled("components/_facet_value.html", rows)


def state(value, first):
    # What nothing has cannot be chosen, but what was chosen can be taken back.
    chosen = CHOSEN if value.get("chosen") else NOTHING if value.get("count") == 0 else SafeString()
    return FIRST + chosen if first else chosen


def label(value):
    return SafeString(f"<span>{escape(str(value.get('title') or value['value']))}</span>")


def number(count):
    if count is None:
        return SafeString()
    return SafeString(f'<span class="n">{formats.count(count, MOST_COUNTED)}</span>')
