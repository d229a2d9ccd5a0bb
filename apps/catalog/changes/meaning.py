"""Changes of meaning: units, allowed values, ranges, patterns, definitions, and what is only written about them.

Rows 27 to 35 of breaking-changes.md.
"""

from .change import B, C, M, N, pointer
from .codes import found
from .normal import key, lines, number, same, same_set
from .notes import notes
from .patterns import failing

TEXTS = ("description", "business_name")
DEFINITIONS = ("business_definition", "semantic_type")
NAMED = (
    *TEXTS,
    *DEFINITIONS,
    "business_terms",
    "unit_of_measure",
    "value_domain",
    "range",
    "allowed_values",
    "format_pattern",
    "example_values",
    "tags",
)


def meaning(v):
    """The changes of what the capsule and its columns mean."""
    yield from _capsule(v)
    for was, name, old, new in v.by_column("columns"):
        if old is new or (old == new and same(old, new)):
            continue
        yield from _column(v, was, name, old, new)
    yield from _schema_descriptions(v)


def _capsule(v):
    for part in ("display_name", "description"):
        was, now = lines(v.old.get(part) or None), lines(v.new.get(part) or None)
        if was != now:
            yield found("docs_changed", "capsule", part, f"/{part}", was, now)
    for part in ("tags", "business_terms"):
        yield from _words(part, part, v.old, v.new, f"/{part}", part)


def _words(kind, name, old, new, at, part):
    """Tags, terms and examples are sets: their order says nothing."""
    before, after = old.get(part) or [], new.get(part) or []
    alike = _terms(before) == _terms(after) if part == "business_terms" else same_set(before, after)
    if not alike:
        yield found("docs_changed", kind, name, at, before or None, after or None)


def _terms(terms):
    return {
        key({"relationship": "implements", **(each if isinstance(each, dict) else {"term": each})})
        for each in terms
    }


def _schema_descriptions(v):
    """Descriptions in `schema`, where the section `columns` has none: that one wins."""
    before, after = v.section("columns")
    for pair in v.matching.pairs:
        if pair.alike:
            continue
        was, now = (lines(each.spec.get("description") or None) for each in (pair.old, pair.new))
        if was == now:
            continue
        said, says = (
            lines((section.get(path) or {}).get("description") or None)
            for section, path in ((before, pair.old.path), (after, pair.new.path))
        )
        # A text that moved between the two places is no change; one change there tells of both.
        if (said or was) != (says or now) and said == says:
            at = f"{pair.new.pointer}/description"
            yield found("docs_changed", "column", pair.new.path, at, was, now)


def _column(v, was, name, old, new):
    at = pointer("columns", name)
    yield from _texts(v, was, name, old, new, at)
    yield from _unit(name, old, new, at)
    yield from _domain(v, name, old, new, at)
    yield from _values(v, name, old, new, at)
    yield from _range(v, was, name, old, new, at)
    yield from _pattern(name, old, new, at)
    yield from notes(old, new, NAMED, dimension="semantic", kind="column", name=name, at=at)


def _texts(v, was, name, old, new, at):
    for part in TEXTS:
        before, after = lines(old.get(part) or None), lines(new.get(part) or None)
        if part == "description" and before != after:
            before, after = before or _structural(v.before, was), after or _structural(v.after, name)
        if before != after:
            yield found("docs_changed", "column", name, f"{at}/{part}", before, after)
    for part in DEFINITIONS:
        before, after = lines(old.get(part) or None), lines(new.get(part) or None)
        if before != after:
            # A first definition explains; only another one changes what people rely on.
            consumer = N if before else M
            yield found("meaning_changed", "column", name, f"{at}/{part}", before, after, consumer=consumer)
    for part in ("tags", "example_values", "business_terms"):
        yield from _words("column", name, old, new, f"{at}/{part}", part)


def _structural(table, path):
    column = table.columns.get(path)
    return lines(column.spec.get("description") or None) if column else None


def _unit(name, old, new, at):
    before, after = old.get("unit_of_measure") or None, new.get("unit_of_measure") or None
    if before != after:
        code = "unit_changed" if before else "unit_added"
        yield found(code, "column", name, f"{at}/unit_of_measure", before, after)


def _values(v, name, old, new, at):
    before, after = old.get("allowed_values"), new.get("allowed_values")
    at = f"{at}/allowed_values"
    domain = v.facts.domains.get(old.get("value_domain") or "")
    told = N if domain and domain.extensible else B
    if not before and not after:
        return
    if not after:
        yield found("enum_dropped", "column", name, at, before, None, consumer=told)
    elif not before:
        yield found("enum_narrowed", "column", name, at, None, after)
    else:
        more, fewer = _beyond(after, before), _beyond(before, after)
        if more:
            yield found("enum_extended", "column", name, at, before, after, consumer=told, impact=more)
        if fewer:
            yield found("enum_narrowed", "column", name, at, before, after, impact=fewer)


def _beyond(values, others):
    known = {key(each) for each in others}
    return [str(each) for each in values if key(each) not in known]


def _domain(v, name, old, new, at):
    """Row 31: two registered domains are judged by their values, any other swap is a notice."""
    before, after = old.get("value_domain") or None, new.get("value_domain") or None
    if before == after:
        return
    was, now = (v.facts.domains.get(each or "") for each in (before, after))
    had = was.values if was else None
    has = now.values if now else None
    verdicts = {}
    if had is not None and has is not None:
        more, fewer = _beyond(has, had), _beyond(had, has)
        told = (N if was and was.extensible else B) if more else C
        verdicts = {"consumer": told, "producer": B if fewer else C}
    yield found("value_domain_changed", "column", name, f"{at}/value_domain", before, after, **verdicts)


def _range(v, was, name, old, new, at):
    before, after = old.get("range") or {}, new.get("range") or {}
    for part, sign in (("min", -1), ("max", 1)):
        low, high = number(before.get(part)), number(after.get(part))
        if low == high:
            continue
        wider = high is None or (low is not None and (high - low) * sign > 0)
        code = "range_loosened" if wider else "range_tightened"
        yield found(
            code, "column", name, f"{at}/range/{part}", before.get(part), after.get(part),
            consumer=B if wider and was in v.guarded else None,
        )  # fmt: skip
    yield from notes(
        before, after, ("min", "max"), dimension="semantic", kind="column", name=name, at=f"{at}/range"
    )


def _pattern(name, old, new, at):
    before, after = old.get("format_pattern") or None, new.get("format_pattern") or None
    if before == after:
        return
    at = f"{at}/format_pattern"
    if before is None:
        yield found("pattern_added", "column", name, at, None, after)
        return
    lost = failing(old.get("example_values") or (), before, after) if after else []
    if lost:
        yield found(
            "pattern_changed", "column", name, at, before, after, consumer=B, undetermined=False, impact=lost
        )
    else:
        yield found("pattern_changed", "column", name, at, before, after)
