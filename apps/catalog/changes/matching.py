"""Which column of one version is which of the other: by name, by rename hint or stable id, by case. Never guessed.

breaking-changes.md section 2. A hint is spent once applied: where the new name is stored already it says nothing.
"""

from dataclasses import dataclass, field
from functools import cached_property

from .normal import alike
from .table import Column, Table

HINT = "x-renamed-from"
# Identities that importers keep: ODCS property id, Iceberg field id; an Avro alias is a hint by another name.
STABLE_IDS = ("id", "field_id", "x-id", "x-odcs-id", "x-field-id")
ALIASES = ("aliases", "x-aliases", "x-avro-aliases")


@dataclass(frozen=True, slots=True)
class Pair:
    """One column in both versions; `how` is name, hint or case.

    `alike` if its own entries are equal to the letter: most are, and nothing in them needs a look.
    """

    old: Column
    new: Column
    how: str
    alike: bool = False


@dataclass
class Matching:
    """All columns of two versions, told apart: pairs in new order, added, removed, and {old path: new path}.

    What lies inside an added or removed column is not listed again.
    """

    pairs: list[Pair] = field(default_factory=list)
    added: list[Column] = field(default_factory=list)
    removed: list[Column] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def now(self, path: str) -> str:
        """What a column of the old version is called in the new one, itself if it kept its name."""
        return self.renamed.get(path, path)

    def gone(self, path: str) -> bool:
        """Whether a column of the old version, or the one it is nested in, was removed."""
        while path and self.removed:
            if path in self._removed:
                return True
            path = path.rpartition(".")[0]
        return False

    @cached_property
    def _removed(self):
        return {column.path for column in self.removed}

    @cached_property
    def origin(self) -> dict[str, Column]:
        """The old column of each new one that has one, by its new path."""
        return {pair.new.path: pair.old for pair in self.pairs}


def match(old: Table, new: Table, renames=()) -> Matching:
    """Match the columns of two versions; `renames` are {old name: new name} of versions between, oldest first."""
    found = Matching()
    _match_level(found, old, new, "", "", renames)
    return found


def _match_level(found, old, new, old_parent, new_parent, renames):
    before = {column.name: column for column in old.children.get(old_parent, ())}
    after = {column.name: column for column in new.children.get(new_parent, ())}
    origin = {name: name for name in after if name in before}
    how = dict.fromkeys(origin, "name")
    free = {name: column for name, column in before.items() if name not in origin}
    _by_hint(origin, how, free, after, old_parent, renames)
    _by_stable_id(origin, how, free, after)
    _by_case(origin, how, free, after)
    for name, column in after.items():
        if name not in origin:
            found.added.append(column)
            continue
        source = before[origin[name]]
        if source is column:  # the same entry in the same place, and nothing inside it
            found.pairs.append(Pair(source, column, "name", True))
            continue
        kind = how[name]
        if kind == "hint" and source.name.casefold() == name.casefold():
            kind = "case"
        found.pairs.append(Pair(source, column, kind, kind == "name" and alike(source.spec, column.spec)))
        if source.path != column.path:
            found.renamed[source.path] = column.path
        inner = source.path in old.children, column.path in new.children
        # A structure that became a text, or the reverse, is a changed type and not a change of each field.
        if all(inner) or (any(inner) and source.bare == column.bare):
            _match_level(found, old, new, source.path, column.path, renames)
    found.removed.extend(free.values())


def _by_hint(origin, how, free, after, old_parent, renames):
    claims: dict[str, list[str]] = {}
    for name, column in after.items():
        if name not in origin and (source := _origin(column, free, old_parent, renames)):
            claims.setdefault(source, []).append(name)
    for source, names in claims.items():
        if len(names) == 1:
            origin[names[0]], how[names[0]] = source, "hint"
            del free[source]


def _origin(column, free, old_parent, renames):
    """The free old name that a new column's hints lead to, following the renames of the versions between."""
    prefix = f"{old_parent}." if old_parent else ""
    hints = [column.spec[HINT]] if column.spec.get(HINT) else []
    for key in ALIASES:
        hints += column.spec.get(key) or (column.spec.get("meta") or {}).get(key) or []
    for hint in [*hints, column.path]:
        path = hint
        for step in (None, *reversed(renames)):
            back = {now: was for was, now in step.items()} if step else {}
            path = back.get(path, path)
            name = path.removeprefix(prefix)
            if name in free:
                return name
    return None


def _stable_id(column):
    meta = column.spec.get("meta") or {}
    for key in STABLE_IDS:
        value = column.spec.get(key) if key.startswith("x-") else meta.get(key)
        if value not in (None, ""):
            return key, str(value)
    return None


def _by_stable_id(origin, how, free, after):
    known: dict = {}
    for name, column in free.items():
        if identity := _stable_id(column):
            known.setdefault(identity, []).append(name)
    for name, column in after.items():
        if name in origin or not (identity := _stable_id(column)):
            continue
        names = known.get(identity, [])
        if len(names) == 1:
            origin[name], how[name] = names[0], "hint"
            del free[names.pop()]


def _by_case(origin, how, free, after):
    folded: dict[str, list[str]] = {}
    for name in after:
        if name not in origin:
            folded.setdefault(name.casefold(), []).append(name)
    for name in list(free):
        same = folded.get(name.casefold(), [])
        if len(same) == 1 and sum(other.casefold() == name.casefold() for other in free) == 1:
            origin[same[0]], how[same[0]] = name, "case"
            del free[name]
