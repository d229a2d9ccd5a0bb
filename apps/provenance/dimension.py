"""Provenance, the sixth dimension: where the data comes from, where it goes, and the code between."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Func, JSONField, OuterRef, Q, Subquery, Value
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import facts
from apps.catalog.access import may_edit
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.catalog.models import IngestionJob
from apps.people.roles import INTERNAL
from apps.ui import paging

from . import codes, document, nodes, then, walk
from .models import CapsuleEdge, ColumnEdge, RunCapsule, TransformationCode
from .picture import picture

SLUG = "provenance"
NEAREST = 5
LISTED = 100  # neighbours on each side that the tab lists
DRAWN = 8  # neighbours on each side of the small graph
COLUMN_EDGES = 200
RUNS = 10
CODE_RANK = INTERNAL  # reading code needs this clearance (errata row E6)
ORIGINS = (
    "source",
    "seed",
    "external_table",
    "file",
    "topic",
    "dataset",
    "table",
)  # what may begin a lineage


def may_read_code(reader):
    return reader.clearance >= CODE_RANK


def edges(reader):
    """Edges that the reader may know of, between capsules that are still there."""
    found = CapsuleEdge.objects.visible_to(reader)
    return found.filter(source__retired_at__isnull=True, target__retired_at__isnull=True).order_by()


def told(found, other):
    """Neighbours as JSON: the capsules at the `other` end of `found` edges, by name."""
    said = JSONObject(
        **{name: f"{other}__{path}" for name, path in nodes.PATHS.items()},
        domain=f"{other}__domain__name",
        owner=f"{other}__owner__name",
        built_as="transformation",
        seen="meta__seen",
    )
    return ArraySubquery(found.order_by(f"{other}__name", "pk").values(json=said)[:LISTED])


def counted(found, end):
    return Subquery(found.values(end).annotate(found=Count("pk")).values("found"))


def asked(reader):
    """Direct neighbours on both sides, their numbers, and which code makes the capsule."""
    up, down = edges(reader).filter(target=OuterRef("pk")), edges(reader).filter(source=OuterRef("pk"))
    code = (
        TransformationCode.objects.visible_to(reader)
        .filter(capsule=OuterRef("pk"))
        .order_by("language", "file_path")
    )
    said = JSONObject(path="file_path", commit="git_commit_sha", hash="code_hash", language="language")
    found = {
        "up": told(up, "source"),
        "up_count": counted(up, "target"),
        "down": told(down, "target"),
        "down_count": counted(down, "source"),
    }
    return found | ({"code": ArraySubquery(code.values(json=said))} if may_read_code(reader) else {})


def column_edges(reader):
    """Column edges that the reader may know of, between columns that are still there."""
    there = {
        f"{end}__{path}retired_at__isnull": True for end in ("source", "target") for path in ("", "capsule__")
    }
    return ColumnEdge.objects.visible_to(reader).filter(**there).order_by()


def asked_of_column(reader):
    return {"up_count": counted(column_edges(reader).filter(target=OuterRef("pk")), "target")}


def of(capsules, reader):
    """(capsule, {up, up_count, down, down_count, code}) without gaps."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        numbers = {name: found[name] or 0 for name in ("up_count", "down_count")}
        yield (
            capsule,
            {
                **found,
                **numbers,
                "up": found["up"] or [],
                "down": found["down"] or [],
                "code": found.get("code") or [],
            },
        )


def count(capsules, reader):
    return {capsule.pk: known["up_count"] + known["down_count"] for capsule, known in of(capsules, reader)}


def state(capsules, reader):
    lacking = gaps(capsules, reader)
    found = {}
    for capsule, known in of(capsules, reader):
        joined = known["up_count"] or known["down_count"]
        mark = "complete" if not lacking[capsule.pk] else "partial" if joined or known["code"] else "missing"
        found[capsule.pk] = State(mark, _sentence(known))
    return found


def _sentence(known):
    if not (known["up_count"] or known["down_count"]):
        said = [_("Nothing is known to flow in or out")]
    else:
        said = [
            ngettext("%(n)s upstream", "%(n)s upstream", known["up_count"]) % {"n": f"{known['up_count']:,}"},
            ngettext("%(n)s downstream", "%(n)s downstream", known["down_count"])
            % {"n": f"{known['down_count']:,}"},
        ]
    if paths := [code["path"] for code in known["code"] if code["path"]]:
        said.append(_("code in %(path)s") % {"path": paths[0]})
    elif known["code"]:
        said.append(_("code known"))
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, known in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        begins = capsule.capsule_type in ORIGINS
        if not begins and not known["up_count"]:
            mine.append(
                Gap(SLUG, _("Nobody knows where its data comes from."), _("See how lineage comes in"), url)
            )
        if not begins and not known["code"] and may_read_code(reader):
            mine.append(Gap(SLUG, _("The code that makes it is not known."), _("See how code comes in"), url))
    return found


def cells(columns, reader):
    """How many columns a column comes from, as a link to its lineage."""
    found = {}
    for column, known in facts.known(SLUG, columns, reader, kind=facts.COLUMN):
        if number := known["up_count"]:
            url = f"{reverse('catalog:column', args=[column.capsule.urn, column.name])}#c-lineage"
            said = ngettext("%(n)s column", "%(n)s columns", number) % {"n": number}
            found[column.pk] = format_html('<a href="{}">{}</a>', url, said)
    return found


def overview(request, capsule):
    """The nearest neighbours on both sides."""
    _capsule, known = next(iter(of([capsule], request.reader)))
    if not (known["up_count"] or known["down_count"]):
        return {}
    return {
        "up": [nodes.node(one) for one in known["up"][:NEAREST]],
        "down": [nodes.node(one) for one in known["down"][:NEAREST]],
        "up_more": max(known["up_count"] - NEAREST, 0),
        "down_more": max(known["down_count"] - NEAREST, 0),
        "up_count": known["up_count"],
        "down_count": known["down_count"],
        "url": nodes.lineage(capsule.urn),
    }


def panel(request, capsule):
    """The provenance tab: neighbours as a small graph and as lists, columns, code, runs."""
    reader = request.reader
    _capsule, known = next(iter(of([capsule], reader)))
    return {
        "known": known,
        "picture": _small(capsule, known) if known["up_count"] or known["down_count"] else None,
        "up": [{**one, "node": nodes.node(one), "seen": seen(one["seen"])} for one in known["up"]],
        "down": [{**one, "node": nodes.node(one), "seen": seen(one["seen"])} for one in known["down"]],
        "lineage_url": nodes.lineage(capsule.urn),
        "impact_url": reverse("provenance:impact", args=[capsule.urn]),
        "columns": paging.page(
            column_edges(reader).filter(target__capsule=capsule).select_related("source__capsule", "target"),
            request,
            order=("target__ordinal_position", "target__name", "source_urn"),
            size=COLUMN_EDGES,
        ),
        "may_read_code": may_read_code(reader),
        "code": _code(capsule, reader),
        "code_urn": capsule.urn if may_read_code(reader) and may_edit(reader, capsule) else "",
        "runs": _runs(capsule, reader),
        "written_by": _written_by(capsule, reader),
    }


def past(capsule, reader, at):
    """The direct neighbours at an earlier moment, whoever told of them."""
    found = then.neighbours(then.CAPSULES, capsule.pk, reader, at)
    up, down = found[walk.UPSTREAM], found[walk.DOWNSTREAM]
    sides = {
        "upstream": sorted({edge.source_urn for edge in up}),
        "downstream": sorted({edge.target_urn for edge in down}),
    }
    return {"lineage": {name: urns for name, urns in sides.items() if urns}}


def seen(told):
    """In how many runs an edge was seen, and when last; None if it is only declared."""
    return {"runs": told["runs"], "last": datetime.fromisoformat(told["last"])} if told else None


def _small(capsule, known):
    """The capsule between its nearest neighbours; the rest is a link to the explorer."""
    focus = nodes.node(nodes.facts_of(capsule), focus=True)
    up = [nodes.node(one) for one in known["up"][:DRAWN]]
    down = [nodes.node(one) for one in known["down"][:DRAWN]]
    both = {one["name"]: one for one in [*up, *down] if one["name"] != focus["name"]}
    drawn = [{"up": one["name"], "down": focus["name"]} for one in up]
    drawn += [{"up": focus["name"], "down": one["name"]} for one in down]
    more = []
    for side, some in (("up", up), ("down", down)):
        left = known[f"{side}_count"] - len(some)
        if left > 0 and some:
            more.append(
                {
                    "name": some[-1]["name"],
                    "text": _("and %(n)s more") % {"n": f"{left:,}"},
                    "url": nodes.lineage(capsule.urn),
                }
            )
    return picture([focus, *both.values()], drawn, more)


def code_of(capsule, reader):
    """The code that makes the capsule: its own, and that of the edges that end in it."""
    found = TransformationCode.objects.visible_to(reader).filter(Q(capsule=capsule) | Q(edge__target=capsule))
    return found.select_related("edge__source", "edge__target", "capsule")


def shown(found):
    """Code with its address in the repository."""
    rows = list(found)
    for row in rows:
        row.address = codes.web_address(row)
    return rows


def _code(capsule, reader):
    if not may_read_code(reader):
        return []
    return shown(code_of(capsule, reader).order_by(F("edge").desc(nulls_first=True), "language", "file_path"))


def _runs(capsule, reader):
    """What is known of the runs that made the capsule: its own entry of each, newest first."""
    entry = Func(
        F("stats"),
        Value("$.nodes[*] ? (@.urn == $urn)"),
        Value({"urn": capsule.urn}, output_field=JSONField()),
        function="jsonb_path_query_first",
        output_field=JSONField(),
    )
    jobs = IngestionJob.objects.visible_to(reader).filter(stats__has_key="nodes")
    if capsule.source_system_id:
        jobs = jobs.filter(Q(source_name=capsule.source_system.name) | Q(source_name__isnull=True))
    jobs = jobs.annotate(entry=entry).filter(entry__isnull=False).defer("stats")
    found = list(jobs.order_by("-started_at")[:RUNS])
    for job in found:
        job.seconds = None if job.entry.get("duration_ms") is None else job.entry["duration_ms"] / 1000
    return found


def _written_by(capsule, reader):
    """The latest runs of pipelines that wrote the capsule, as their events say."""
    found = RunCapsule.objects.visible_to(reader).filter(capsule=capsule, role=RunCapsule.Role.OUTPUT)
    return list(found.select_related("run").order_by("-run__started_at", "-run__number")[:RUNS])


def column_panel(request, column):
    """Where the values of a column come from and where they go, one step each way."""
    found = column_edges(request.reader)
    return {
        "up": list(
            found.filter(target=column).select_related("source__capsule").order_by("source_urn")[:LISTED]
        ),
        "down": list(
            found.filter(source=column).select_related("target__capsule").order_by("target_urn")[:LISTED]
        ),
        "url": nodes.lineage(column.capsule.urn, column=column.name),
        "impact_url": reverse("provenance:column_impact", args=[column.capsule.urn, column.name]),
    }


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Provenance"),
        order=6,
        icon="waypoints",
        template="provenance/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("lineage",),
        panel=panel,
        past=past,
        facts=asked,
        count=count,
        state=state,
        gaps=gaps,
        overview=overview,
        overview_template="provenance/overview.html",
        cells=cells,
        cell_title=gettext_lazy("Comes from"),
        column_facts=asked_of_column,
        column_template="provenance/column.html",
        column_panel=column_panel,
    )
)
