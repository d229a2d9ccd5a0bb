"""Template tags and filters of the whole portal; each docstring begins with how it is written."""

import datetime
from urllib.parse import urlencode

from django import template
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.ui import charts, formats, icons, keys, querystring, slots, words
from apps.ui import facet_values as facet_boxes

register = template.Library()


# ---------- icons and words ----------


@register.simple_tag
def icon(name, size=16, label="", css="icon"):
    """{% icon "search" size=14 label="Search" %}: hidden from screen readers unless it has a label."""
    return icons.icon(name, int(size), str(label), css)


@register.simple_tag
def icon_paths(name):
    """<g>{% icon_paths "database" %}</g>: the drawing of an icon on its 24 × 24 grid, inside another SVG."""
    return icons.paths(name)


@register.simple_tag
def badge(vocabulary, value, css="", label=""):
    """{% badge "contract" contract.status %}: shape, colour and word of a stored value.

    `label` replaces the word, `css` adds classes: `bare` has no ground, `keep` keeps it in a table row.
    Nothing is drawn for an empty value; write {{ value|none }} where a dash is wanted.
    """
    if value in (None, ""):
        return ""
    word = words.word(vocabulary, value)
    classes = " ".join(filter(None, ["badge", css, "reversed" if word.reversed else ""]))
    return marked(word.icon, word.hue, label or word.text, classes)


@register.simple_tag
def mark(name, hue, text, css=""):
    """{% mark "hourglass" "pending" "asked 20 Nov" %}: a badge with words of its own."""
    return marked(name, hue, text, f"badge {css}".strip())


def marked(name, hue, text, classes):
    return format_html(
        '<span class="{}" data-hue="{}">{}{}</span>', classes, hue, icons.icon(name, 14), text
    )  # fmt: skip


@register.filter
def word(value, vocabulary):
    """{{ contract.status|word:"contract" }}: the word alone, without its badge."""
    return "" if value in (None, "") else words.word(vocabulary, value).text


@register.filter
def dimension_icon(slug):
    """{% icon dimension.slug|dimension_icon %}: the mark of one of the seven dimensions."""
    return words.DIMENSION_ICONS.get(slug, "circle-dashed")


@register.simple_tag
def sens(level):
    """{% sens capsule.sensitivity %}: five bars and the word; empty for an unclassified thing."""
    if level in (None, ""):
        return ""
    raw = str(getattr(level, "value", level))
    rank, text = words.SENSITIVITY.get(raw.lower(), (0, raw))
    lock = icons.icon("lock", 12) if rank >= 4 else ""
    css = "sens secret" if rank == 5 else "sens"
    return format_html('<span class="{}">{}{}{}</span>', css, charts.bars(rank), text, lock)


@register.simple_tag
def sens_bars(level):
    """{% sens_bars "restricted" %}: the five bars alone, for a cell that has no room for the word."""
    rank, text = words.SENSITIVITY.get(str(level).lower(), (0, level))
    css = "sens secret" if rank == 5 else "sens"
    return format_html(
        '<span class="{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        css, text, charts.bars(rank), text,
    )  # fmt: skip


ACCESS_SHAPES = {
    "clear": '<circle cx="6" cy="6" r="5.25" fill="currentColor" stroke="currentColor"/>',
    "masked": '<circle cx="6" cy="6" r="5.25" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<path d="M6 .75a5.25 5.25 0 0 0 0 10.5z" fill="currentColor"/>',
    "conditional": '<circle cx="6" cy="6" r="5.25" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<path d="M6 .75a5.25 5.25 0 0 1 0 10.5z" fill="currentColor"/>',
    "denied": '<circle cx="6" cy="6" r="5.25" fill="none" stroke="currentColor" stroke-width="1.5"/>',
}


@register.simple_tag
def access(value, text=""):
    """{% access "masked" "hash" %}: ● ◐ ◑ ○ with its letter, and what is done to the value."""
    if value in (None, ""):
        return ""
    known = words.word("access", value)
    raw = str(getattr(value, "value", value)).lower()
    shape = charts.svg(ACCESS_SHAPES.get(raw, ACCESS_SHAPES["denied"]), width=12, height=12)
    shape = SafeString(shape.replace("<svg", f'<svg data-hue="{known.hue}"', 1))
    letter = words.ACCESS_LETTERS.get(raw, "?")
    return format_html(
        '<span class="access">{}<span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span>{}{}</span>',
        shape, letter, known.text, " " if text else "", text,
    )  # fmt: skip


# ---------- numbers, sizes, times, names ----------

for written in (
    formats.none,
    formats.exact,
    formats.count,
    formats.share,
    formats.points,
    formats.size,
    formats.duration,
    formats.when,
    formats.moment_of,
    formats.deadline,
    formats.wbr,
    formats.initials,
    formats.person,
):
    register.filter(written.__name__, written)


# ---------- links that keep the state of the page ----------


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """{% query sort="-name" after=None %}: this page's URL with some keys changed.

    Keys are sorted and empty ones dropped. Any change goes back to the first page, unless `after` or
    `before` is among the changes.
    """
    request = context.get("request")
    path, current = (request.path, request.GET) if request else ("", {})
    return querystring.url(path, current, **changes)


@register.simple_tag(takes_context=True)
def rest_of_query(context, *without):
    """{% rest_of_query "q" as rest %}: the other (name, value) pairs, `hidden=rest` of a form component."""
    request = context.get("request")
    return querystring.pairs(request.GET, **dict.fromkeys(without)) if request else []


@register.simple_tag(takes_context=True)
def hidden_state(context, *without):
    """{% hidden_state "q" %}: the rest of the query as hidden inputs, for a GET form that sets `q`."""
    pairs = rest_of_query(context, *without)
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.simple_tag
def swap(target):
    """<a href="{{ url }}" {% swap "results" %}>: let htmx replace #results and push the URL.

    Put it on a link or a GET form inside or beside that region; without script it is a plain link.
    """
    if not target:
        return ""
    return format_html(
        'hx-boost="true" hx-target="#{}" hx-swap="outerHTML show:none" hx-push-url="true"', target
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def sort_head(context, sort, name, title, num=False, first="", target="", css=""):
    """{% sort_head sort "updated" "Updated" num=True first="desc" target="results" %}: a sortable `<th>`.

    `sort` comes from `apps.ui.sorting.sort`; `first` is the direction of the first press.
    """
    here = sort.name == name
    down = here and sort.descending
    next_down = (not down) if here else first == "desc"
    url = query(context, sort=f"-{name}" if next_down else name)
    arrow = icons.icon("arrow-down" if down else "arrow-up", 12) if here else ""
    state = SafeString(' aria-sort="descending"' if down else ' aria-sort="ascending"') if here else ""
    classes = " ".join(filter(None, ["num" if num else "", css]))
    # By its id, htmx gives the focus back to the head that was pressed.
    named = format_html('id="{}-by-{}" ', target, name) if target else ""
    return format_html(
        '<th scope="col"{}{}><a href="{}" {}{}>{}{}</a></th>',
        format_html(' class="{}"', classes) if classes else "", state, url, named, swap(target), title, arrow,
    )  # fmt: skip


# ---------- drawings ----------


@register.simple_tag
def sparkline(values, width=72, height=18, span=0, hue="", title=""):
    """{% sparkline history span=5 %}: the last values of a number, oldest first, None for a gap."""
    return charts.sparkline(list(values or []), width=width, height=height, span=span, hue=hue, title=title)


def score_hue(value, target, low):
    if value is None or value >= target:
        return ""
    return "caution" if value >= low else "critical"


@register.simple_tag
def score(value, history=None, target=95, low=90, width=72, url="", meter=False):
    """{% score 96.4 history=scores %}: the figure and its line; below `target` caution, below `low` critical.

    {% score 93.2 meter=True width=80 %} draws a bar with a tick at the target instead of a line.
    """
    if value is None:
        return formats.none(None)
    value = float(value)
    hue = score_hue(value, target, low)
    if meter:
        drawing = charts.meter(value, target=target, width=width, hue=hue)
    else:
        drawing = charts.sparkline(list(history or []), width=width, height=18, span=5, hue=hue)
    figure = formats.points(value)
    if url:
        figure = format_html('<a href="{}">{}</a>', url, figure)
    return format_html(
        '<span class="score"{}><b>{}</b>{}</span>',
        format_html(' data-hue="{}"', hue) if hue else "", figure, drawing,
    )  # fmt: skip


@register.simple_tag
def bullet(value, allowed, target=None, width=120, title=""):
    """{% bullet used allowed target=mark title="12 of 43 min" %}: an allowance and what is used of it."""
    if value is None or allowed is None:
        return ""
    mark_ = None if target in (None, "") else float(target)
    return charts.bullet(float(value), allowed=float(allowed), target=mark_, width=width, title=title)


@register.simple_tag
def ticks(dimensions):
    """{% ticks capsule.dimensions %}: seven ticks. Items have `title` and `state`, or are such pairs."""
    pairs = [part(item) for item in dimensions or []]
    lacking = [str(title) for title, state in pairs if state != "complete"]
    done = {"done": len(pairs) - len(lacking), "all": len(pairs)}
    if lacking:
        done["lacking"] = ", ".join(lacking)
        title = _("%(done)s of %(all)s dimensions; incomplete: %(lacking)s") % done
    else:
        title = _("%(done)s of %(all)s dimensions") % done
    return charts.ticks([state for _title, state in pairs], title=title)


def part(item):
    if isinstance(item, dict):
        return item["title"], item["state"]
    if isinstance(item, tuple | list):
        return item
    return item.title, item.state


@register.simple_tag
def outcomes(results):
    """{% outcomes rule.last_results %}: ticks of the last runs, oldest first, as stored words."""
    results = [str(getattr(result, "value", result)) for result in results or []]
    if not results:
        return formats.none(None)
    title = _("%(passed)s passed, %(warned)s warned, %(failed)s failed of %(all)s") % {
        "passed": results.count("passed"),
        "warned": results.count("warning"),
        "failed": results.count("failed"),
        "all": len(results),
    }
    return charts.outcomes(results, title=title)


@register.simple_tag
def lights(days, title="", url=""):
    """{% lights promise.days title="Freshness" url=measurements_url %}: ninety days of one promise.

    `days` are (date, state) pairs, oldest first; each week links to `url?from=…&to=…`.
    """
    days = [tuple(day) for day in days or []]
    if not days:
        return formats.none(None, _("not measured"))
    facts = {"title": title, "days": len(days), "kept": kept(days)}
    named = _("%(title)s, %(days)s days: %(kept)s") % facts

    def week(some):
        first, last = some[0][0], some[-1][0]
        span = urlencode({"from": first.isoformat(), "to": last.isoformat()})
        facts = {"first": formats.day_of(first), "last": formats.day_of(last), "kept": kept(some)}
        label = _("%(first)s to %(last)s: %(kept)s") % facts
        return f"{url}{'&' if '?' in url else '?'}{span}", label

    return charts.lights(days, title=named if title else kept(days), week=week if url else None)


@register.filter
def kept(days):
    """{{ promise.days|kept }}: "kept 87 of 90"; a day at risk was kept; unmeasured ones and maintenance do not count."""
    states = [state for _day, state in days]
    measured = [state for state in states if state in ("kept", "at_risk", "broken")]
    return _("kept %(kept)s of %(all)s") % {
        "kept": len(measured) - measured.count("broken"),
        "all": len(measured),
    }


@register.simple_tag
def state_icon(state):
    """{% state_icon "partial" %}: complete, partial, missing, alert or withheld, as a shape."""
    if not state:
        return SafeString("<span></span>")
    known = words.word("completeness", state)
    drawn = icons.icon(known.icon, 14, str(known.text))
    return format_html('<span class="state" data-hue="{}">{}</span>', known.hue, drawn)


@register.filter
def notice_icon(hue):
    return words.NOTICE_ICONS.get(hue, "info")


@register.filter
def message_hue(level):
    """The hue of one of Django's messages."""
    return {"success": "good", "warning": "caution", "error": "critical"}.get(level, "idle")


@register.filter(name="is")
def is_(value, other):
    """{{ theme|is:"dark" }}: "true" or "false", for ARIA attributes."""
    return "true" if str(value) == other else "false"


@register.filter
def error_count(form):
    return sum(len(errors) for errors in form.errors.values())


@register.simple_tag
def filled(template, rows, **more):
    """{% filled "discovery/_capsule.html" rows domain=domain %}: the rows of a long list; see `apps.ui.slots`."""
    return slots.filled(template, rows, more)


@register.simple_tag
def facet_values(facet, first=False):
    """{% facet_values facet first %}: the boxes of one facet; see `apps.ui.facet_values`."""
    return facet_boxes.drawn(facet, first, sens)


@register.filter
def px(value):
    """{{ node.x|px }}: a coordinate, in the one spelling SVG reads in every language."""
    return charts.number(value)


@register.filter
def go_key(url):
    """The second key of the `g` prefix that opens `url`, empty if there is none."""
    return keys.GO_TO.get(url, "")


@register.simple_tag
def key_map():
    """{% key_map as scopes %}: every scope with its keys and what they do, for the help page."""
    return keys.SCOPES


@register.filter
def cell(value):
    """{{ value|cell }}: a value of a table twin as people read it."""
    if value is None:
        return formats.none(None)
    if isinstance(value, datetime.date):
        return formats.day_of(value)
    return localize(value)
