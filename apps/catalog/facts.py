"""What the dimensions must know of capsules and columns, asked in one query whatever their number.

A dimension names expressions (`facts`, `column_facts`). A page asks for those of all dimensions together with
its rows (`annotated`, then `kept`); the dimension's own functions read them through `known`, which asks for its
own where nobody has.
"""

from . import dimensions

CAPSULE, COLUMN = "facts", "column_facts"
MARK = "known_"  # so that no expression has the name of a field


def annotated(rows, reader, *, kind=CAPSULE):
    """The queryset `rows` with the expressions of all dimensions; give what it finds to `kept`."""
    return rows.annotate(**_expressions(_named(dimensions.everything(), reader, kind)))


def kept(row, reader, *, kind=CAPSULE):
    """Remember what was asked together with `row`, and return it."""
    for slug, parts in _named(dimensions.everything(), reader, kind).items():
        _stored(row, reader)[slug] = {name: row.__dict__.pop(f"{MARK}{slug}_{name}") for name in parts}
    return row


def learn(rows, reader, *, kind=CAPSULE, slugs=None):
    """Ask for the facts of the dimensions `slugs` (all unless named) about `rows` that do not have them yet."""
    asked = [one for one in dimensions.everything() if slugs is None or one.slug in slugs]
    lacking = [row for row in rows if any(one.slug not in _stored(row, reader) for one in asked)]
    if not lacking:
        return
    named = _named(asked, reader, kind)
    expressions, found = _expressions(named), {}
    if expressions:
        asked_rows = type(lacking[0])._default_manager.filter(pk__in=[row.pk for row in lacking]).order_by()
        found = {row["pk"]: row for row in asked_rows.values("pk", **expressions)}
    for row in lacking:
        values = found.get(row.pk, {})
        for slug, parts in named.items():
            _stored(row, reader)[slug] = {name: values.get(f"{MARK}{slug}_{name}") for name in parts}


def known(slug, rows, reader, *, kind=CAPSULE):
    """(row, {name: value}) of every row, as far as dimension `slug` named it."""
    rows = list(rows)
    learn(rows, reader, kind=kind, slugs=(slug,))
    return [(row, _stored(row, reader)[slug]) for row in rows]


def _named(asked, reader, kind):
    return {one.slug: getattr(one, kind)(reader) for one in asked}


def _expressions(named):
    return {f"{MARK}{slug}_{name}": part for slug, parts in named.items() for name, part in parts.items()}


def _stored(row, reader):
    """What is remembered with the row: only for who asked, because another reader may see less."""
    return row.__dict__.setdefault("_facts", {}).setdefault((reader.name, reader.clearance), {})
