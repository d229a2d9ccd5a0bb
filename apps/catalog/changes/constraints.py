"""Changes of keys, references and checks. Rows 13 to 20.

Keys are known by type and ordered columns, checks by name, else by normalised expression; an unnamed check that is
left over on the same columns is the same check with another condition.
"""

from .codes import found
from .normal import expression, reference
from .notes import notes

ACTIONS = ("on_delete", "on_update")
NAMED = ("type", "columns", "references", "expression", "value", "enforced", *ACTIONS)


def constraints(v):
    """The changes of all constraints but defaults, in the order primary key, unique, foreign key, check, not null."""
    yield from _primary(v)
    yield from _unique(v)
    yield from _foreign(v)
    yield from _checks(v)
    yield from _not_null(v)
    yield from _default_notes(v)


def _now(v, constraint):
    return tuple(v.matching.now(path) for path in constraint.columns)


def _folded(v, constraint):
    """Whether a constraint left with a column that it was on: the column's removal says it all."""
    return any(v.matching.gone(path) for path in constraint.columns)


def _label(constraint):
    return (
        constraint.spec.get("name")
        or f"{constraint.type.replace('_', ' ')} ({', '.join(constraint.columns)})"
    )


def _primary(v):
    old = next(iter(v.before.of_type("primary_key")), None)
    new = next(iter(v.after.of_type("primary_key")), None)
    if old and new:
        was = _now(v, old)
        if was != new.columns:
            code = "pk_reordered" if set(was) == set(new.columns) else "pk_changed"
            yield found(code, "primary_key", _label(new), new.pointer, list(old.columns), list(new.columns))
        yield from _attributes(old, new)
    elif new:
        yield found("pk_added", "primary_key", _label(new), new.pointer, None, list(new.columns))
    elif old and not _folded(v, old):
        yield found("pk_removed", "primary_key", _label(old), old.pointer, list(old.columns), None)


def _paired(v, kind, alike=None):
    """Pairs of the constraints of one type on the same columns, one side None where there is no partner."""
    left: dict[tuple, list] = {}
    for old in v.before.of_type(kind):
        left.setdefault(_now(v, old), []).append(old)
    pairs = []
    for new in v.after.of_type(kind):
        candidates = left.get(new.columns) or []
        old = next((each for each in candidates if alike and alike(each, new)), next(iter(candidates), None))
        if old:
            left[new.columns] = [each for each in candidates if each is not old]
        pairs.append((old, new))
    rest = [(old, None) for candidates in left.values() for old in candidates if not _folded(v, old)]
    return pairs + rest


def _unique(v):
    for old, new in _paired(v, "unique", lambda old, new: old.spec.get("name") == new.spec.get("name")):
        if old is None:
            yield found("unique_added", "unique", _label(new), new.pointer, None, list(new.columns))
        elif new is None:
            yield found("unique_removed", "unique", _label(old), old.pointer, list(old.columns), None)
        else:
            yield from _attributes(old, new)


def _foreign(v):
    for old, new in _paired(v, "foreign_key", lambda old, new: _same_target(v, old, new)):
        if old is None:
            yield found("fk_added", "foreign_key", _label(new), new.pointer, None, new.spec["references"])
        elif new is None:
            yield found("fk_removed", "foreign_key", _label(old), old.pointer, old.spec["references"], None)
        else:
            if not _same_target(v, old, new):
                at = f"{new.pointer}/references"
                yield found(
                    "fk_target",
                    "foreign_key",
                    _label(new),
                    at,
                    old.spec["references"],
                    new.spec["references"],
                )
            for key in ACTIONS:
                was, now = (each.spec.get(key, "NO ACTION") for each in (old, new))
                if was != now:
                    at = f"{new.pointer}/{key}"
                    yield found("fk_action", "foreign_key", _label(new), at, was, now, action="change")
            yield from _attributes(old, new)


def _same_target(v, old, new):
    (table, columns), (other, others) = reference(old.spec["references"]), reference(new.spec["references"])
    if columns != others:
        return False
    if table == other:
        return True
    # A table named in plain text becomes a URN once it is resolved, in the capsule's own namespace first (R7).
    urn, text = (table, other) if ":" in table else (other, table)
    own = str(v.new.get("urn") or "").split(":")
    parts = urn.split(":")
    return ":" not in text and len(parts) == len(own) == 6 and parts[4] == own[4] and parts[5] == text


def _checks(v):
    left, pairs, unmatched = list(v.before.of_type("check")), [], []
    spelled = {id(each): expression(each.spec["expression"], v.dialect, v.renames) for each in left}
    after = v.after.of_type("check")
    spelled |= {id(each): expression(each.spec["expression"], v.dialect) for each in after}

    def take(new, fits):
        old = next((each for each in left if fits(each)), None)
        if old is not None:
            left[:] = [each for each in left if each is not old]
            pairs.append((old, new))
        return old is not None

    def named(old, new):
        return new.spec.get("name") and old.spec.get("name") == new.spec["name"]

    def alike(old, new):
        return spelled[id(old)] == spelled[id(new)]

    remaining = after
    for fits in (lambda o, n: named(o, n) and alike(o, n), named, alike):
        remaining = [
            new for new in remaining if not take(new, lambda old, fits=fits, new=new: fits(old, new))
        ]
    for new in remaining:
        anonymous = [each for each in remaining if not each.spec.get("name") and each.columns == new.columns]
        partners = [each for each in left if not each.spec.get("name") and _now(v, each) == new.columns]
        if not (anonymous == [new] and len(partners) == 1 and take(new, lambda old: old is partners[0])):  # noqa: B023
            unmatched.append(new)
    for old, new in pairs:
        if not alike(old, new):
            at = f"{new.pointer}/expression"
            yield found(
                "check_changed", "check", _label(new), at, old.spec["expression"], new.spec["expression"]
            )
        if _now(v, old) != new.columns:
            at = f"{new.pointer}/columns"
            shown = list(old.columns), list(new.columns)
            yield found("other_metadata", "check", _label(new), at, *shown, dimension="structural")
        yield from _attributes(old, new)
    for new in unmatched:
        yield found("check_added", "check", _label(new), new.pointer, None, new.spec["expression"])
    for old in left:
        if not _folded(v, old):
            yield found("check_removed", "check", _label(old), old.pointer, old.spec["expression"], None)


def _not_null(v):
    """A not-null constraint promises what nullability says; beside that only its own settings can change."""
    for old, new in _paired(v, "not_null"):
        if old and new:
            yield from _attributes(old, new)
            continue
        each = old or new
        path = v.matching.now(each.columns[0]) if old else each.columns[0]
        before, after = v.matching.origin.get(path), v.after.columns.get(path)
        if before and after and before.required == after.required:
            shown = (old and old.spec, new and new.spec)
            yield found(
                "other_metadata", "not_null", _label(each), each.pointer, *shown, dimension="structural"
            )


def _default_notes(v):
    for path, new in v.after.defaults.items():
        origin = v.matching.origin.get(path)
        if origin and (old := v.before.defaults.get(origin.path)):
            yield from _attributes(old, new)


def _attributes(old, new):
    """Whether the database enforces it, and what no row names."""
    was, now = old.spec.get("enforced", True), new.spec.get("enforced", True)
    if was != now:
        code = "enforcement_on" if now else "enforcement_off"
        yield found(code, new.type, _label(new), f"{new.pointer}/enforced", was, now)
    yield from notes(
        old.spec, new.spec, NAMED, dimension="structural", kind=new.type, name=_label(new), at=new.pointer
    )
