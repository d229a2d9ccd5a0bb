"""What the dimensions must know of capsules and columns, asked in one query whatever their number.

A dimension names expressions (`facts`, `column_facts`); a page lets `learn` ask for those of all dimensions
at once; the dimension's own functions read them through `known`, which asks for its own where nobody has.
"""

from . import dimensions

CAPSULE, COLUMN = "facts", "column_facts"


def learn(rows, reader, *, kind=CAPSULE, slugs=None):
    """Ask for the facts of the dimensions `slugs` (all unless named) about `rows` that do not have them yet."""
    asked = [one for one in dimensions.everything() if slugs is None or one.slug in slugs]
    lacking = [row for row in rows if any(one.slug not in _stored(row, reader) for one in asked)]
    if not lacking:
        return
    named = {one.slug: getattr(one, kind)(reader) for one in asked}
    expressions = {
        f"known_{slug}_{name}": part for slug, parts in named.items() for name, part in parts.items()
    }
    found = {}
    if expressions:
        rows_asked = type(lacking[0])._default_manager.filter(pk__in=[row.pk for row in lacking]).order_by()
        found = {row["pk"]: row for row in rows_asked.values("pk", **expressions)}
    for row in lacking:
        values = found.get(row.pk, {})
        for slug, parts in named.items():
            _stored(row, reader)[slug] = {name: values.get(f"known_{slug}_{name}") for name in parts}


def known(slug, rows, reader, *, kind=CAPSULE):
    """(row, {name: value}) of every row, as far as dimension `slug` named it."""
    rows = list(rows)
    learn(rows, reader, kind=kind, slugs=(slug,))
    return [(row, _stored(row, reader)[slug]) for row in rows]


def _stored(row, reader):
    """What is remembered with the row: only for who asked, because another reader may see less."""
    return row.__dict__.setdefault("_facts", {}).setdefault((reader.name, reader.clearance), {})
