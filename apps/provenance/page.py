"""The lineage page put together: the graph, the two lists, the controls, one edge."""

from collections import Counter
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog.addresses import page_of
from apps.catalog.models import Capsule, Column

from . import edges, explorer, graph, hiding, impact, lines, marks, nodes, reach, then, walk
from .dimension import may_read_code
from .models import TransformationCode
from .picture import picture

STEPS = (0, 1, 2, 3, 10)
FOUND = 20
NO_EDGE = UUID(int=0)  # stands for an edge in an address
ROWS = 100  # of each list on one page
SINCE = {then.REMOVED: gettext_lazy("removed since"), then.ADDED: gettext_lazy("new since")}
COLUMNS_OFFERED = 1000
KEPT = ("as_of", "column", "compare", "down_after", "edge", "focus", "overlay", "up_after")


def context(capsule, asked, reader, *, whole=False):
    """Everything around a capsule, or around one of its columns if the address names one; `whole` lists, or a page of each."""
    column = _column(capsule, asked.column, reader) if asked.column else None
    if asked.at:
        return _as_it_was(capsule, column, asked, reader, whole)
    around, found = (
        _around_column(column, asked, reader) if column else _around_capsule(capsule, asked, reader)
    )
    capsules = [_capsule_of(one) for one in found.values()]
    said = marks.marks(capsules, asked.overlay, reader) if asked.overlay else {}
    files = {} if column else _files(around, reader)
    return _told(capsule, column, asked, reader, around, found, said, files, whole) | {
        "reach": _reach(capsule, reader) if column is None else "",
        "impact_url": _impact_url(capsule, column),
        "trace_url": page_of("policy:trace", capsule.urn, column.name) if column else "",
        "edge": edges.opened(asked.edge, reader) if asked.edge else None,
        "overlays": marks.overlays(),
        "overlay_title": marks.overlay_title(asked.overlay) if asked.overlay else "",
    }


def _as_it_was(capsule, column, asked, reader, whole):
    """The same page at an earlier moment; marks and code are those of today, so they are left out."""
    asked = replace(asked, overlay="", edge="", opened=())
    focus = column or capsule
    kind, load = (explorer.COLUMNS, explorer.columns) if column else (explorer.CAPSULES, explorer.named)
    around, cut = explorer.around_then(kind, focus.pk, asked, reader)
    found = load([focus.pk, *around.up.steps, *around.down.steps], reader)
    begins = then.known_from()
    changed = Counter(edge.since for edge in around.listed_edges)
    return _told(capsule, column, asked, reader, around, found, {}, {}, whole) | {
        "as_of": asked.at,
        "as_of_compare_url": "" if asked.compare else address(asked, compare="today"),
        "not_yet": "" if then.was_there(focus, asked.at) else focus.created_at,
        "begins": begins if begins and asked.at < begins else None,
        "cut": cut,
        "removed": changed[then.REMOVED],
        "added": changed[then.ADDED],
    }


def _told(capsule, column, asked, reader, around, found, said, files, whole):
    """What the page shows at any time: the drawing, the two lists, the controls."""
    return {
        "asked": asked,
        "capsule": capsule,
        "column": column,
        "picture": _picture(around, found, said, asked, column or capsule),
        "around": around,
        "found": found,
        "sides": [_list(side, around, found, said, asked, files, whole) for side in (around.up, around.down)],
        "summary": summary(around),
        "circle": _circle(around, found),
        "columns_offered": _columns_offered(capsule, reader),
        "types": _types(around, found, asked),
        "steps": {"up": _steps(asked.up), "down": _steps(asked.down)},
        "unknown_column": asked.column if asked.column and not column else "",
    }


def _types(around, found, asked):
    """The types that can be hidden, or shown again: none where there is one alone."""
    known = around.types or {key: _capsule_of(row).capsule_type for key, row in found.items()}
    offered = hiding.offered(known, around.start, asked.hide)
    return offered if len(offered) > 1 or asked.hide else []


def _column(capsule, name, reader):
    return (
        Column.objects.visible_to(reader).filter(capsule=capsule, name=name).select_related("capsule").first()
    )


def _around_capsule(capsule, asked, reader):
    opened = Capsule.objects.visible_to(reader).filter(urn__in=asked.opened).values_list("pk", flat=True)
    around = explorer.around(explorer.CAPSULES, capsule.pk, asked, reader, opened if asked.opened else ())
    # Marks ask the dimensions, which want capsules.
    load = explorer.capsules if asked.overlay else explorer.named
    return around, load([capsule.pk, *around.up.steps, *around.down.steps], reader)


def _around_column(column, asked, reader):
    opened = Column.objects.visible_to(reader).filter(urn__in=asked.opened).values_list("pk", flat=True)
    around = explorer.around(explorer.COLUMNS, column.pk, asked, reader, opened if asked.opened else ())
    return around, explorer.columns([column.pk, *around.up.steps, *around.down.steps], reader)


def _capsule_of(row):
    return row.capsule if isinstance(row, Column) else row


def _node(row, **more):
    if not isinstance(row, Column):
        return nodes.node(nodes.facts_of(row), **more)
    url = row.get_absolute_url()
    here = nodes.lineage(row.capsule.urn, column=row.name)
    found = {
        "name": row.urn,
        "title": row.name,
        "kind": row.capsule.name,
        "icon": "columns-3",
        "url": url,
        "focus_url": here,
    }
    return {**found, **more}


def _node_then(row, asked):
    """A node whose links stay in the moment that is shown."""
    if not asked.at:
        return _node(row)
    capsule = _capsule_of(row)
    column = row.name if isinstance(row, Column) else ""
    page = f"{capsule.get_absolute_url()}?as_of={quote(asked.as_of)}"
    here = address(asked, focus=capsule.urn, column=column)
    return _node(row, url=page, focus_url=here)


def _picture(around, found, said, asked, focus):
    """The drawing of what is nearest; nodes with neighbours that are not drawn offer them."""
    known = [key for key in around.drawn if key in found]
    drawn = []
    for key in known:
        row = found[key]
        mark = said.get(_capsule_of(row).pk) or {}
        more = {"focus": key == around.start, "flag": mark.get("hue", ""), "flag_word": mark.get("word", "")}
        node = {**_node_then(row, asked), **more}
        if mark:
            # A column still says whose it is; a capsule's kind gives way to the mark.
            node["kind"] = f"{node['kind']} · {mark['word']}" if isinstance(row, Column) else mark["word"]
        drawn.append(node)
    lines = [
        {
            "up": found[edge.source_id].urn,
            "down": found[edge.target_id].urn,
            **_changed(getattr(edge, "since", "")),
            **_led_through(edge),
        }
        for edge in around.edges
        if edge.source_id in found and edge.target_id in found
    ]
    return picture(drawn, lines, _more(around, found, asked))


def _changed(since):
    """How an edge of the past is drawn that is no longer as it was."""
    if not since:
        return {}
    return {"since": since, "title": SINCE[since]}


def _led_through(edge):
    """How an edge is drawn that stands for a way through hidden capsules."""
    return {"job": True, "title": edge.transformation} if isinstance(edge, hiding.Through) else {}


def _more(around, found, asked):
    """A link below each drawn node that has neighbours beyond the drawing."""
    links = _folds(found, asked)
    for (key, way), number in around.beyond.items():
        if key not in found or key in links:
            continue
        up = way == graph.UPSTREAM
        text = (
            ngettext("+%(n)s upstream", "+%(n)s upstream", number)
            if up
            else ngettext("+%(n)s downstream", "+%(n)s downstream", number)
        )
        urn = found[key].urn
        if key == around.start:
            name, steps = ("up", asked.up) if up else ("down", asked.down)
            url = (
                address(asked, **{name: steps + 1})
                if steps < explorer.DEEPEST
                else address(asked, view="list")
            )
        else:
            url = address(asked, opened=(*asked.opened, urn))
        links[key] = {"name": urn, "text": text % {"n": f"{number:,}"}, "url": url}
    return list(links.values())


def _folds(found, asked):
    """{key: a link below each opened node that takes back what it opened}."""
    return {
        key: {
            "name": row.urn,
            "text": _("− fold"),
            "url": address(asked, opened=tuple(urn for urn in asked.opened if urn != row.urn)),
        }
        for key, row in found.items()
        if row.urn in asked.opened
    }


def _files(around, reader):
    """{capsule id: name of the file that makes it}, for those who may read code."""
    if not may_read_code(reader):
        return {}
    code = TransformationCode.objects.visible_to(reader).exclude(file_path__isnull=True)
    keys = {around.start, *around.up.steps, *around.down.steps}
    made = code.filter(capsule__id__among=keys).order_by("file_path")
    return {key: path.rpartition("/")[2] for key, path in made.values_list("capsule", "file_path")}


def _list(side, around, found, said, asked, files, whole):
    """A page of the rows of one direction by distance, each with the way to the focus; all of them if they are wanted `whole`."""
    keys = [key for key in side.steps if key in found]
    keys.sort(key=lambda key: (side.steps[key], found[key].name, found[key].urn))
    start = 0 if whole else _start(side, keys, found, asked)
    shown = keys[start:] if whole else keys[start : start + ROWS]
    nearer = explorer.towards(side, around.start, around.listed_edges)
    between = explorer.paths(side, nearer)
    edge_url = _with_edge(asked)
    rows = [
        _row(
            key,
            side,
            found,
            said,
            asked,
            files,
            between[key],
            nearer[key][0][1] if nearer[key] else None,
            edge_url,
        )
        for key in shown
    ]
    return {
        "way": side.way,
        "rows": rows,
        "lines": partial(lines.lines, rows, asked),
        "more": side.more,
        "total": len(keys),
        "first": start + 1,
        "last": start + len(shown),
        "again": address(asked, **{_after(side): ""}) if start else "",
        "next": address(asked, **{_after(side): found[shown[-1]].urn})
        if start + len(shown) < len(keys)
        else "",
    }


def _after(side):
    return "up_after" if side.way == walk.UPSTREAM else "down_after"


def _start(side, keys, found, asked):
    """Where the page begins: behind the row that the address names, at the first if it names none of these."""
    after = getattr(asked, _after(side))
    return next((at for at, key in enumerate(keys, 1) if found[key].urn == after), 0) if after else 0


def _row(key, side, found, said, asked, files, between, edge, edge_url):
    row = found[key]
    return {
        "node": _node_then(row, asked),
        "row": row,
        "steps": side.steps[key],
        "via": [found[other].name for other in between if other in found],
        "edge_url": edge_url(edge.pk) if edge and edge.pk and not asked.at else "",
        "since": SINCE.get(getattr(edge, "since", ""), ""),
        "through": _through(edge, files) if edge else "",
        "mark": said.get(_capsule_of(row).pk),
    }


def _through(edge, files):
    """What an edge is called in a list: the file that does it, else how it is built, else that it is one."""
    if isinstance(edge, hiding.Through):
        return ngettext("%(n)s hidden", "%(n)s hidden", edge.hidden) % {"n": edge.hidden}
    if isinstance(edge, explorer.ColumnLine):
        return edge.transformation_type or _("edge")
    return files.get(edge.target_id) or edge.transformation or _("edge")


def _reach(capsule, reader):
    """How much lies in each direction, whatever part of it is shown."""
    down = impact.reaches(capsule, reader)
    if down is None:
        return _("How much lies within ten steps is being counted; look again in a moment.")
    up = sum(reach.counts(capsule.pk, reader, way=walk.UPSTREAM))
    said = ngettext(
        "Within ten steps %(up)s feeds it and %(down)s depends on it.",
        "Within ten steps %(up)s feed it and %(down)s depend on it.",
        max(up, down),
    )
    return said % {"up": f"{up:,}", "down": f"{down:,}"}


def _impact_url(capsule, column):
    if column is None:
        return reverse("provenance:impact", args=[capsule.urn])
    return reverse("provenance:column_impact", args=[capsule.urn, column.name])


def summary(around):
    """How much lies on each side: "8 up, 3 down"."""
    up, down = len(around.up.steps) + around.up.more, len(around.down.steps) + around.down.more
    return _("%(up)s up, %(down)s down") % {"up": f"{up:,}", "down": f"{down:,}"}


def _circle(around, found):
    """The names along the shortest way from the focus back to it, or nothing."""
    closing = [
        key
        for key, steps in around.up.steps.items()
        if steps == 1 and key in around.down.steps and key in found
    ]
    last = min(closing, key=lambda key: around.down.steps[key], default=None)
    if last is None:
        return []
    nearer = explorer.towards(around.down, around.start, around.listed_edges)
    between = explorer.paths(around.down, nearer)[last]
    return [found[key].name for key in (around.start, *reversed(between), last) if key in found]


def _steps(now):
    return sorted({*STEPS, now})


def address(asked, **changes):
    """The page in another state; what stands at its default is left out."""
    state = {**vars(asked), "edge": "", **changes}
    pairs = [(name, state[name]) for name in KEPT if state[name]]
    pairs += [(name, state[name]) for name in ("up", "down") if state[name] != 1]
    pairs += [("view", state["view"])] if state["view"] != "graph" else []
    pairs += [("open", urn) for urn in state["opened"]]
    pairs += [("hide", kind) for kind in state["hide"]]
    return f"{nodes.explorer_page()}?{urlencode(sorted(pairs), safe=':')}"


def _with_edge(asked):
    """The address with an edge opened, as a function: for hundreds of rows it is put together once."""
    before, after = address(asked, edge=str(NO_EDGE)).split(str(NO_EDGE))
    return lambda key: f"{before}{key}{after}"


def _columns_offered(capsule, reader):
    columns = Column.objects.visible_to(reader).filter(capsule=capsule, retired_at__isnull=True)
    return list(columns.order_by("ordinal_position", "name").values_list("name", flat=True)[:COLUMNS_OFFERED])


def candidates(text, reader):
    """Capsules whose name or URN holds `text`, for somebody who has not said exactly which one."""
    found = Capsule.objects.visible_to(reader).current()
    if text:
        found = found.filter(Q(name__icontains=text) | Q(urn__icontains=text))
    return found.order_by("name", "urn")[:FOUND]
