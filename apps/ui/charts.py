"""Numbers to SVG: the small, exact drawings of the portal.

Nothing here knows Django. Every word in a picture is handed in, every function answers a `Chart`: safe
markup, plus the rows it was drawn from, so that the table beside a picture cannot tell another story.
Colours come from classes and `data-hue`; lengths are attributes, because the content policy of the pages
forbids inline style. Sizes are CSS pixels.
"""

from dataclasses import dataclass, field
from html import escape
from itertools import groupby

STATES = ("kept", "at_risk", "broken", "unknown", "maintenance")
OUTCOMES = ("passed", "warning", "failed", "error", "skipped")


class Markup(str):
    """Text that is markup already, in the way every template engine understands."""

    __slots__ = ()

    def __html__(self):
        return self


@dataclass(frozen=True)
class Chart:
    """A drawing and the numbers behind it: `head` and `rows` are the table twin, as plain values."""

    svg: str
    title: str = ""
    head: tuple = ()
    rows: tuple = field(default=(), repr=False)

    def __str__(self):
        return Markup(self.svg)

    def __html__(self):
        return str(self)


def number(value):
    """A coordinate as short as it can be: one decimal, none if it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def attributes(**named):
    """`class_="data", data_hue=""` → ` class="data"`; empty ones are left out."""
    pairs = ((name.rstrip("_").replace("_", "-"), value) for name, value in named.items())
    return "".join(f' {name}="{escape(str(value))}"' for name, value in pairs if value not in ("", None))


def attributed(name, **named):
    """An empty element: `attributed("rect", x=1)` → `<rect x="1"/>`."""
    return f"<{name}{attributes(**named)}/>"


def svg(body, *, width, height, title="", css="", role="img"):
    """The element around a drawing: named if it has a title, invisible to screen readers if not."""
    box = attributes(class_=css, width=number(width), height=number(height))
    box += f' viewBox="0 0 {number(width)} {number(height)}"'
    if not title:
        return f'<svg{box} aria-hidden="true">{body}</svg>'
    named = f"<title>{escape(title)}</title>" if role == "img" else ""
    return f'<svg{box} role="{role}" aria-label="{escape(title)}">{named}{body}</svg>'


def runs(values):
    """The stretches of `values` without a gap, as lists of (index, value); None is a gap."""
    for known, stretch in groupby(enumerate(values), key=lambda pair: pair[1] is not None):
        if known:
            yield list(stretch)


def line(points):
    """The `d` of a polyline through (x, y) points."""
    return "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def sparkline(values, *, width=96, height=20, span=0, hue="", title="", head=()):
    """How a number moved: a line, a dot on the last value, gaps where nothing is known.

    `values` oldest first, None for a gap. `span` is the least height of the picture in units of the
    value, so that a wobble of a tenth does not look like a crash.
    """
    known = [value for value in values if value is not None]
    if not known:
        return Chart("", title)
    top, low = max(known), min(known)
    extent = max(top - low, span) or 1
    across = (width - 6) / max(len(values) - 1, 1)
    place = [
        [(2 + at * across, 2 + (top - value) / extent * (height - 4)) for at, value in stretch]
        for stretch in runs(values)
    ]
    paths = "".join(line(stretch) for stretch in place if len(stretch) > 1)
    alone = "".join(
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="1"/>'
        for stretch in place[:-1] if len(stretch) == 1 for x, y in stretch
    )  # fmt: skip
    x, y = place[-1][-1]
    body = f'<path class="data" d="{paths}"/>' if paths else ""
    body += alone + f'<circle{attributes(class_="dot", data_hue=hue)} cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
    box = svg(body, width=width, height=height, title=title)
    return Chart(box, title, head, tuple(enumerate(values, 1)))


def meter(value, *, target=None, width=80, hue="", title=""):
    """A share of 100 as a bar on a hairline, with a tick at the target. Percent, 0–100."""
    filled = max(0, min(value, 100)) / 100 * width
    body = f'<path class="axis" d="M0 9.5H{number(width)}"/>'
    body += attributed("rect", class_="bar-fill", data_hue=hue, x=0, y=3, width=number(filled), height=4)
    if target is not None:
        body += f'<path class="target" d="M{target / 100 * width:.1f} 0V10"/>'
    return Chart(svg(body, width=width, height=10, title=title), title, rows=((value, target),))


def bullet(value, *, allowed, target=None, width=200, title=""):
    """How much of an allowance is used; what goes over it is critical.

    The allowed band takes five sixths of the width, so that an overrun has room. `target` is the mark
    worth a tick, in the same unit as `value` and `allowed`.
    """
    room = width / 1.2
    scale = room / allowed if allowed else 0
    used = min(max(value, 0) * scale, room)
    over = min(max(value * scale - room, 0), width - room)
    if not allowed and value > 0:
        over = width - room
    body = f'<rect class="band" x=".5" y=".5" width="{room - 0.5:.1f}" height="15"/>'
    body += f'<rect class="bar-fill" x="0" y="5" width="{used:.1f}" height="6"/>'
    if over:
        red = {"class_": "bar-fill", "data_hue": "critical"}
        body += attributed("rect", **red, x=number(room), y=5, width=number(over), height=6)
    if target is not None:
        body += f'<path class="target" d="M{target * scale:.1f} 0V16"/>'
    return Chart(svg(body, width=width, height=16, title=title), title, rows=((value, allowed, target),))


def bars(level, of=5):
    """An order of `of` steps as bars, the first `level` of them filled."""
    body = "".join(
        f'<rect{attributes(class_="on" if at < level else "")} x="{at * 5}" y="0" width="3.5" height="10"/>'
        for at in range(of)
    )
    return Chart(svg(body, width=5 * of, height=10), rows=((level, of),))


def ticks(states, *, title=""):
    """One tick per part of a whole: `complete` filled, `partial` half filled, anything else hollow."""
    body = ""
    for at, state in enumerate(states):
        x = 6 * at
        if state == "complete":
            body += f'<rect class="on" x="{x}" y="0" width="4" height="11"/>'
            continue
        body += f'<rect x="{x + 0.5}" y=".5" width="3" height="10"/>'
        if state == "partial":
            body += f'<rect class="part" x="{x}" y="5" width="4" height="6"/>'
    width = max(6 * len(states) - 1, 1)
    box = svg(body, width=width, height=11, title=title, css="ticks")
    return Chart(box, title, rows=tuple(enumerate(states, 1)))


def outcomes(results, *, title=""):
    """The last results of a rule, oldest first: the taller, the worse."""
    shapes = {"passed": ("p", 0, 9, 3, 7), "warning": ("w", 0, 5, 3, 11), "failed": ("f", 0, 0, 3, 16),
              "error": ("e", 0.5, 5.5, 2, 10), "skipped": ("s", 0, 14, 3, 2)}  # fmt: skip
    body = ""
    for at, result in enumerate(results):
        css, inset, y, width, height = shapes.get(result, shapes["skipped"])
        x = number(4 * at + inset)
        body += attributed("rect", class_=css, x=x, y=number(y), width=width, height=height)
    width = max(4 * len(results) - 1, 1)
    box = svg(body, width=width, height=16, title=title, css="outcomes")
    return Chart(box, title, rows=tuple(enumerate(results, 1)))


def light(state, x):
    """One day: the height says how it went before the colour does."""
    match state:
        case "kept":
            return f'<rect class="k" x="{x}" y="16" width="4" height="8"/>'
        case "at_risk":
            return f'<path class="r" d="M{x} 24V10h1l1 2 1-2h1v14z"/>'
        case "broken":
            return f'<rect class="b" x="{x}" y="2" width="4" height="22"/>'
        case "maintenance":
            return f'<path class="m" d="M{x + 0.5} 16.5h3v7h-3zM{x + 0.5} 22l3-3"/>'
        case _:
            return f'<rect class="u" x="{x}" y="22" width="4" height="2"/>'


def lights(days, *, title, week=None, head=()):
    """Ninety days of a promise, newest at the right.

    `days` is a list of (date or label, state), oldest first; states are `STATES`, anything else counts as
    unknown. `week(days)` answers (url, label) for each seven of them, so that a week is one link; without
    it the picture is one image.
    """
    body = ""
    for start in range(0, len(days), 7):
        some = days[start : start + 7]
        drawn = "".join(light(state, 5 * (start + at)) for at, (_, state) in enumerate(some))
        if week:
            url, label = week(some)
            # A target as tall as the strip, so that a quiet week can be hit as well.
            ground = f'<rect class="hit-area" x="{5 * start}" y="0" width="{5 * len(some) - 1}" height="24"/>'
            drawn = f'<a href="{escape(url)}" aria-label="{escape(label)}">{ground}{drawn}</a>'
        body += drawn
    width = max(5 * len(days) - 1, 1)
    box = svg(body, width=width, height=24, title=title, css="lights", role="group" if week else "img")
    return Chart(box, title, head, tuple(days))


def histogram(
    bins,
    *,
    nulls=None,
    nulls_label="",
    nulls_share="",
    low="",
    middle="",
    high="",
    marks=(),
    title="",
    head=(),
):
    """How values spread: at most 30 bars, the empty ones apart and hatched.

    `bins` are (from, to, rows) in order; more than 30 are joined. `nulls` is the share of empty values in
    percent, 0–100, drawn to the height of its share. `low`, `middle`, `high` are the labels of the axis;
    `marks` are (position 0–1, label, strong) ticks, such as the median.
    """
    joined = join(list(bins), 30)
    most = max((rows for *_, rows in joined), default=0) or 1
    apart = max(
        44, 8 + 7 * max(len(nulls_label), len(nulls_share))
    )  # room for its words before the first label
    left, right, base, tall = (apart if nulls is not None else 0), 404, 100, 90
    step = (right - left) / max(len(joined), 1)
    body = ""
    if nulls is not None:
        height = max(nulls / 100 * tall, 1)
        lines = range(int(base - 2), int(base - height), -6)
        body += '<g class="hatch">' + "".join(
            f'<path d="M8 {y}l16 {-min(8, y - (base - height)):.1f}"/>' for y in lines
        ) + "</g>"  # fmt: skip
        body += f'<path class="axis" d="M8.5 {base - height - 0.5:.1f}h15v{height:.1f}h-15z"/>'
        body += label(0, 118, nulls_label, "soft") + label(0, 130, nulls_share)
    for at, (*_, rows) in enumerate(joined):
        height = rows / most * tall
        body += (f'<rect class="bar-fill" x="{left + at * step:.1f}" y="{base - height:.1f}" '
                 f'width="{max(step - 1, 0.5):.1f}" height="{height:.1f}"/>')  # fmt: skip
    body += f'<path class="axis" d="M0 {base + 0.5}H{right}"/>'
    for position, text, strong in marks:
        x = left + position * (right - left)
        body += f'<path class="{"target" if strong else "axis"}" d="M{x:.1f} {base}v6"/>'
        body += label(x, 118, text, "strong" if strong else "soft", "middle")
    body += label(left, 118, low, "soft") + label(right, 118, high, "soft", "end")
    body += label((left + right) / 2, 118, middle, "soft", "middle") if middle else ""
    box = svg(body, width=420, height=132, title=title)
    return Chart(box, title, head, tuple(bins))


def shape(counts, *, width=96, height=20, title=""):
    """How values spread, in the height of a line: a bar for each bin, and at least a hair where something lies."""
    most = max(counts, default=0) or 1
    step = width / max(len(counts), 1)
    body = ""
    for at, count in enumerate(counts):
        if count:
            tall = max(count / most * (height - 1), 1)
            body += (f'<rect class="bar-fill" x="{at * step:.1f}" y="{height - 1 - tall:.1f}" '
                     f'width="{max(step - 0.6, 0.5):.1f}" height="{tall:.1f}"/>')  # fmt: skip
    body += f'<path class="axis" d="M0 {height - 0.5}H{number(width)}"/>'
    return Chart(svg(body, width=width, height=height, title=title), title, rows=tuple(enumerate(counts, 1)))


def join(bins, most):
    """Neighbouring bins put together until at most `most` are left."""
    each = -(-len(bins) // most) or 1
    groups = [bins[at : at + each] for at in range(0, len(bins), each)]
    return [(some[0][0], some[-1][1], sum(rows for *_, rows in some)) for some in groups]


def label(x, y, text, css="", anchor=""):
    if text in ("", None):
        return ""
    place = attributes(class_=f"label {css}".strip(), x=number(x), y=number(y), text_anchor=anchor)
    return f"<text{place}>{escape(str(text))}</text>"


def trend(
    points,
    *,
    low,
    high,
    lines=(),
    threshold=None,
    notes=(),
    marks=(),
    width=920,
    height=170,
    title="",
    head=(),
):
    """A number over time on its axis, with the few points that matter named beside them.

    `points` are (label, value or None) oldest first; `low` and `high` bound the axis; `lines` are the
    values that get a hairline and a figure. `notes` are (index, text, hue): hue empty for a plain dot.
    `marks` are (index, text): something that happened just before that point, as an upright line.
    The first and the last label stand under the axis.
    """
    left, right, top, bottom = 34, width - 92, 10, height - 40
    extent = (high - low) or 1
    step = (right - left) / max(len(points) - 1, 1)

    def place(at, value):
        return left + at * step, top + (high - min(max(value, low), high)) / extent * (bottom - top)

    body = ""
    for value in lines:
        _, y = place(0, value)
        body += f'<path class="axis" d="M{left} {y:.1f}H{right}"/>'
        body += label(left - 8, y + 4, f"{value:g}", "soft", "end")
    if threshold is not None:
        body += f'<path class="threshold" d="M{left} {place(0, threshold)[1]:.1f}H{right}"/>'
    for at, text in marks:
        x = place(at - 0.5, low)[0]
        told = f"<title>{escape(text)}</title>"
        body += f'<path class="threshold" d="M{x:.1f} {top}V{bottom}">{told}</path>'
    stretches = [[place(at, value) for at, value in stretch] for stretch in runs([v for _, v in points])]
    paths = "".join(line(stretch) for stretch in stretches if len(stretch) > 1)
    body += f'<path class="data" d="{paths}"/>' if paths else ""
    for at, text, hue in notes:
        if points[at][1] is None:
            continue
        x, y = place(at, points[at][1])
        last = at == len(points) - 1
        size = 3 if last else 3.5
        body += attributed("circle", class_="dot", data_hue=hue, cx=number(x), cy=number(y), r=size)
        # A note in the last fifth would run out of the picture, so it stands on the other side of its dot.
        if not last and x > left + 0.8 * (right - left):
            body += label(x - 9, y + 4, text, anchor="end")
        else:
            body += label(x + 9, y + 4, text, "strong" if last else "")
    if points:
        body += label(left, height - 3, points[0][0], "soft")
        body += label(right, height - 3, points[-1][0], "soft", "end")
    return Chart(svg(body, width=width, height=height, title=title), title, head, tuple(points))
