"""One edge opened: what flows, how, by which code, noted by which run."""

from django.db.models import F, Q
from django.urls import reverse

from apps.catalog.access import may_edit

from . import graph
from .dimension import may_read_code, seen, shown
from .models import CapsuleEdge, ColumnEdge, TransformationCode

PAIRS = 100


def opened(key, reader):
    """What the panel of an edge between capsules or columns shows; None if the reader may not know of it."""
    edge = (
        CapsuleEdge.objects.visible_to(reader)
        .filter(pk=key)
        .select_related("source", "target__owner", "target__domain", "ingestion")
        .first()
    )
    if edge is None:
        return _of_columns(key, reader)
    pairs = graph.column_edges(reader).filter(source__capsule=edge.source, target__capsule=edge.target)
    pairs = pairs.select_related("source", "target").order_by(
        "target__ordinal_position", "source__ordinal_position"
    )
    return {
        "one": edge,
        "seen": seen(edge.meta.get("seen")),
        "up": edge.source,
        "down": edge.target,
        "pairs": list(pairs[:PAIRS]),
        "of_columns": False,
        **_code(Q(edge=edge), edge.target, reader, edge),
    }


def _of_columns(key, reader):
    edge = (
        ColumnEdge.objects.visible_to(reader)
        .filter(pk=key)
        .select_related("source__capsule", "target__capsule__owner", "target__capsule__domain", "ingestion")
        .first()
    )
    if edge is None:
        return None
    between = Q(edge__source=edge.source.capsule_id, edge__target=edge.target.capsule_id)
    code = _code(between, edge.target.capsule, reader)
    return {"one": edge, "up": edge.source, "down": edge.target, "pairs": [], "of_columns": True, **code}


def _code(own, capsule, reader, edge=None):
    """Code of the edge itself first, then of the capsule that it makes; where to add some, for those who may."""
    if not may_read_code(reader):
        return {"code": []}
    mine = TransformationCode.objects.visible_to(reader).filter(own | Q(capsule=capsule))
    mine = mine.select_related("edge__source", "edge__target")
    found = {"code": shown(mine.order_by(F("edge").asc(nulls_last=True), "language", "file_path"))}
    if not capsule.is_retired and may_edit(reader, capsule):
        found["code_urn"] = capsule.urn
        if edge is not None:
            found["add_url"] = f"{reverse('provenance:add_code', args=[capsule.urn])}?edge={edge.pk}"
    return found
