"""The page of one run of another tool: how it went, what it read and wrote, what else its events say."""

import json

from apps.provenance.dimension import may_read_code
from apps.provenance.models import RunCapsule

from .models import LineageRun
from .readers import openlineage, openlineage_union

LISTED = 100
CHILDREN = 20
LONGEST = 20_000  # characters of one facet
TOLD = {"parent", "errorMessage", "nominalTime", "processing_engine", "jobType", "documentation"}


def context(job, reader):
    """What the template of a run wants. Six queries."""
    touched = RunCapsule.objects.visible_to(reader).filter(run=job).select_related("capsule")
    sides = {role: list(_side(touched, role)) for role in RunCapsule.Role.values}
    return {
        "job": job,
        "title": job.source_name or job.config.get("run_id", ""),
        "inputs": sides["input"],
        "outputs": sides["output"],
        "parent": type(job).objects.visible_to(reader).filter(pk=job.parent_id).first(),
        "children": list(_children(job, reader)),
        "planned": _planned(job),
        "facets": _facets(job, reader),
        "listed": LISTED,
    }


def _planned(job):
    """When a schedule meant it to run, if its events say so in a way that is a time."""
    try:
        return openlineage.moment(openlineage.nanos_of((job.environment or {}).get("nominal_start")))
    except ValueError:
        return None


def _side(touched, role):
    return touched.filter(role=role).order_by("capsule__name", "pk")[:LISTED]


def _children(job, reader):
    return job.children.visible_to(reader).order_by("-started_at", "-number")[:CHILDREN]


def _facets(job, reader):
    """[(name, JSON)] of the facets of run and job that the page does not tell otherwise."""
    if not may_read_code(reader):
        return []
    state = LineageRun.objects.filter(pk=job.pk).values_list("state", flat=True).first() or {}
    found = openlineage_union.shown(state.get("run", {})) | openlineage_union.shown(state.get("job", {}))
    return [
        (name, json.dumps(facet, indent=2, ensure_ascii=False, sort_keys=True)[:LONGEST])
        for name, facet in sorted(found.items())
        if name not in TOLD
    ]
