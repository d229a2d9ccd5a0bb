"""Changes of columns: their coming and going, names, order, types, nulls and defaults. Rows 1 to 12, 21 and 22."""

from operator import lt

from . import types
from .change import B, N, Verdict
from .codes import found
from .normal import expression, key
from .notes import notes
from .quality import critical, rules

COLUMN_KEYS = ("name", "data_type", "is_nullable", "description", "constraints", "fields")
KEEPS_CASE = frozenset("clickhouse kafka mongodb files file s3 avro json parquet".split())


def columns(v):
    """The changes of all columns of two `Versions`, in new order, removed ones last."""
    defaults = v.before.defaults or v.after.defaults
    for pair in v.matching.pairs:
        if pair.old is not pair.new or defaults:
            yield from _pair(v, pair)
    for column in v.matching.added:
        required = column.required and column.path not in v.after.defaults
        code = "column_added_required" if required else "column_added"
        yield found(code, column.kind, column.path, column.pointer, None, column.spec)
    hung = hanging(v) if v.matching.removed else {}
    for column in v.matching.removed:
        impact = dict.fromkeys(words for path in _inside(v.before, column) for words in hung.get(path, ()))
        yield found(
            "column_removed", column.kind, column.path, column.pointer, column.spec, None, impact=impact
        )
    yield from _order(v)


def _pair(v, pair):
    old, new = pair.old, pair.new
    if pair.alike:
        yield from _bound(v, old, new)
        return
    if pair.how == "hint":
        producer = B if old.required or new.required else N
        yield found(
            "column_renamed", new.kind, new.path, f"{new.pointer}/name", old.path, new.path, producer=producer
        )
    elif pair.how == "case":
        kept = _keeps_case(v)
        yield found(
            "column_case",
            new.kind,
            new.path,
            f"{new.pointer}/name",
            old.path,
            new.path,
            consumer=B if kept else N,
        )
    if old.reading != new.reading:
        yield from _type(v, old, new)
    yield from _bound(v, old, new)
    yield from notes(
        old.spec, new.spec, COLUMN_KEYS, dimension="structural", kind=new.kind, name=new.path, at=new.pointer
    )


def _bound(v, old, new):
    """What the keys and checks beside a column may say of it too: whether it may be empty, and its default."""
    if old.required != new.required:
        code = "nullability_tightened" if new.required else "nullability_loosened"
        place = f"{new.pointer}/is_nullable"
        yield found(code, new.kind, new.path, place, not old.required, not new.required, action="change")
    yield from _default(v, old, new)


def _keeps_case(v):
    urn = str(v.new.get("urn") or "").split(":")
    words = {
        str(v.new.get("source_system") or "").lower(),
        urn[2] if len(urn) > 2 else "",
        v.new.get("format"),
    }
    return not KEEPS_CASE.isdisjoint(words)


def _type(v, old, new):
    place = new.pointer if new.pointer.endswith("/data_type") else f"{new.pointer}/data_type"
    stands = types.stand(old.bare, new.bare)
    code = {
        "widened": "type_widened",
        "narrowed": "type_narrowed",
        "changed": "type_changed",
        "undetermined": "type_undetermined",
        "forgotten": "type_undetermined",
        "declared": "type_declared",
    }.get(stands.outcome)
    if code is None:
        return
    consumer = Verdict[stands.consumer.upper()] if code == "type_widened" else None
    yield found(code, new.kind, new.path, place, old.text, new.text, consumer=consumer)
    if "enum" in (old.bare.family, new.bare.family) and stands.outcome != "declared":
        yield from _enum_types(v, old, new, place)


def _enum_types(v, old, new, place):
    """An enumeration's values are allowed values too (rows 28 to 30), unless the document lists those itself."""
    before, after = v.section("columns")
    if (before.get(old.path) or {}).get("allowed_values") or (after.get(new.path) or {}).get(
        "allowed_values"
    ):
        return
    had, has = old.bare.size, new.bare.size
    if new.bare.family != "enum":
        yield found("enum_dropped", new.kind, new.path, place, list(had), None)
    elif old.bare.family != "enum":
        yield found("enum_narrowed", new.kind, new.path, place, None, list(has))
    else:
        if more := sorted(set(has) - set(had)):
            yield found("enum_extended", new.kind, new.path, place, list(had), list(has), impact=more)
        if fewer := sorted(set(had) - set(has)):
            yield found("enum_narrowed", new.kind, new.path, place, list(had), list(has), impact=fewer)


def _default(v, old, new):
    before, after = v.before.defaults.get(old.path), v.after.defaults.get(new.path)
    if before is None and after is None:
        return
    was, now = (_default_value(each, v.dialect) for each in (before, after))
    if was == now:
        return
    at = (after or before).pointer
    shown = [each and each.spec.get("expression", each.spec.get("value")) for each in (before, after)]
    if before is None:
        yield found("default_added", new.kind, new.path, at, None, shown[1], action="create")
    elif after is None:
        producer = B if new.required else None
        yield found(
            "default_removed", new.kind, new.path, at, shown[0], None, producer=producer, action="retire"
        )
    else:
        yield found("default_changed", new.kind, new.path, at, *shown, action="change")


def _default_value(constraint, dialect):
    if constraint is None:
        return None
    if "expression" in constraint.spec:
        return "expression", expression(constraint.spec["expression"], dialect)
    return "value", key(constraint.spec.get("value"))


def _order(v):
    groups: dict[tuple[str, str], list] = {}
    for pair in v.matching.pairs:
        groups.setdefault((pair.old.parent, pair.new.parent), []).append(pair)
    for (_, parent), pairs in groups.items():
        places = [pair.old.position for pair in pairs]
        if all(map(lt, places, places[1:])):
            continue
        before = [pair.old.path for pair in sorted(pairs, key=lambda pair: pair.old.position)]
        at = pairs[0].new.pointer.rpartition("/")[0]
        yield found("column_reordered", "columns", parent, at, before, [pair.new.path for pair in pairs])


def hanging(v) -> dict[str, list[str]]:
    """What hangs on each column of the old version and leaves with it: keys, references, masking, rules."""
    found_: dict[str, list[str]] = {}

    def say(path, words):
        found_.setdefault(path, []).append(words)

    for constraint in v.before.constraints:
        if words := _key_words(constraint):
            for path in constraint.columns:
                say(path, words)
    for path, urns in v.facts.referenced_by.items():
        for urn in urns:
            say(path, f"referenced by {urn}")
    for path, policy in (v.old.get("column_policies") or {}).items():
        if policy.get("requires_masking") or policy.get("masking_rules"):
            say(path, f"masking of {path}")
    listed = critical(v.old)
    for rule in rules(v.old):
        for path in rule.subjects:
            say(path, f"{'critical ' if rule.name in listed else ''}rule {rule.name}")
    return found_


def _key_words(constraint):
    if constraint.type == "foreign_key":
        target = constraint.spec.get("references")
        return f"foreign key to {target if isinstance(target, str) else target.get('table')}"
    return {"primary_key": "primary key", "unique": "unique key"}.get(constraint.type)


def _inside(table, column):
    yield column.path
    for child in table.children.get(column.path, ()):
        yield from _inside(table, child)
