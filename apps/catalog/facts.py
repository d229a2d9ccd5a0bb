"""What the dimensions must know of capsules and columns, asked in one query whatever their number.

A dimension names expressions (`facts`, `column_facts`). A page lets `learn` ask for those of all dimensions at
once; the dimension's own functions read them through `known`, which asks for its own where nobody has.
"""

from . import dimensions
from .statements import KEY, statement

CAPSULE, COLUMN = "facts", "column_facts"
MARK = "known_"  # so that no expression has the name of a field


def expressions(reader, kind, slugs=None):
    """The expressions of the dimensions `slugs` (all unless named), by a name that `keep` reads."""
    return {
        f"{MARK}{one.slug}_{name}": part
        for one in _asked(slugs)
        for name, part in getattr(one, kind)(reader).items()
    }


def learn(rows, reader, *, kind=CAPSULE, slugs=None):
    """Ask for the facts of the dimensions `slugs` (all unless named) about `rows` that do not have them yet."""
    asked = tuple(one.slug for one in _asked(slugs))
    lacking = [row for row in rows if any(slug not in _stored(row, reader) for slug in asked)]
    if not lacking:
        return
    model = type(lacking[0])
    # One row has a statement of its own: PostgreSQL keeps a plan for one key, not for a list that may be long.
    many = len(lacking) > 1
    keys = [row.pk for row in lacking]

    def build():
        wanted = {"pk__in": [KEY]} if many else {"pk": KEY}
        named = expressions(reader, kind, asked)
        return model._default_manager.filter(**wanted).order_by().values("pk", **named)

    found = statement((model, kind, asked, many), reader, build, many=many).run(keys if many else keys[0])
    values = {row["pk"]: row for row in found}
    for row in lacking:
        keep(row, values.get(row.pk, {}), reader, slugs=asked)


def keep(row, values, reader, *, slugs=None):
    """Remember the `values` of expressions with the row."""
    for one in _asked(slugs):
        mark = f"{MARK}{one.slug}_"
        mine = {name.removeprefix(mark): value for name, value in values.items() if name.startswith(mark)}
        _stored(row, reader)[one.slug] = mine


def known(slug, rows, reader, *, kind=CAPSULE):
    """(row, {name: value}) of every row, as far as dimension `slug` named it."""
    rows = list(rows)
    learn(rows, reader, kind=kind, slugs=(slug,))
    return [(row, _stored(row, reader)[slug]) for row in rows]


def _asked(slugs):
    return [one for one in dimensions.everything() if slugs is None or one.slug in slugs]


def _stored(row, reader):
    """What is remembered with the row: only for who asked, because another reader may see less."""
    return row.__dict__.setdefault("_facts", {}).setdefault((reader.name, reader.clearance), {})
