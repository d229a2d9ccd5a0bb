"""Changes of where the data comes from and how it is made. Rows 49 and 50."""

from .change import N, pointer
from .codes import found
from .facts import rank
from .normal import lines, same, same_set
from .notes import notes

CODE = (
    "language", "file", "code", "function", "line_start", "line_end",
    "git_commit", "git_repository", "git_branch", "git_tag",
)  # fmt: skip


def provenance(v):
    """The changes of lineage, transformation and history."""
    old, new = v.section("lineage")
    if not same(old, new) or v.renames:
        yield from _edges(v, old, new)
        yield from _columns(v, old, new)
        yield from _code(old.get("transformation") or {}, new.get("transformation") or {})
        named = ("upstream", "downstream", "columns", "transformation")
        yield from notes(old, new, named, dimension="provenance", kind="lineage", name="", at="/lineage")
    yield from _history(v)


def _edges(v, old, new):
    level = max(
        rank((each.get("policies") or {}).get("sensitivity_level") or "internal") for each in (v.old, v.new)
    )
    for side in ("upstream", "downstream"):
        before, after = old.get(side) or [], new.get(side) or []
        for place, urn in enumerate(after):
            if urn not in before:
                higher = side == "upstream" and rank(v.facts.sensitivities.get(urn)) > level
                at = f"/lineage/{side}/{place}"
                yield found("lineage_changed", side, urn, at, None, urn, consumer=N if higher else None)
        for place, urn in enumerate(before):
            if urn not in after:
                yield found("lineage_changed", side, urn, f"/lineage/{side}/{place}", urn, None)


def _columns(v, old, new):
    before, after = old.get("columns") or {}, new.get("columns") or {}
    was = {v.matching.now(name): urns for name, urns in before.items() if not v.matching.gone(name)}
    for name in v.order(was, after):
        if not same_set(was.get(name), after.get(name)):
            at = "/lineage" + pointer("columns", name)
            yield found(
                "lineage_changed", "column_lineage", name, at, was.get(name) or None, after.get(name) or None
            )


def _code(old, new):
    for key in CODE:
        was, now = lines(old.get(key)), lines(new.get(key))
        if was != now:
            yield found("code_changed", "transformation", key, f"/lineage/transformation/{key}", was, now)
    yield from notes(
        old, new, CODE, dimension="provenance", kind="transformation", name="", at="/lineage/transformation"
    )


def _history(v):
    """History only ever adds: an entry that is not repeated is no change (capsule-document.md section 2)."""
    before = {entry["version"]: entry for entry in v.old.get("version_history") or ()}
    for place, entry in enumerate(v.new.get("version_history") or ()):
        was = before.get(entry["version"])
        if not same(was, entry):
            at = f"/version_history/{place}"
            yield found("other_metadata", "history", entry["version"], at, was, entry, dimension="provenance")
