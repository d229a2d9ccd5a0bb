"""What a plan says beside its changes: the version that fits them, renames that may be meant, pipelines concerned."""

import re
from dataclasses import dataclass

from .change import B, Change, N, verdict
from .facts import NO_FACTS, Facts
from .versions import Versions

NUMBERED = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Advice:
    """Warning W221: the part of the version that should have moved (major, minor, patch), and to what."""

    code: str
    part: str
    version: str
    message: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column that left and one that came with the same type in the same place: perhaps one that was renamed."""

    old: str
    new: str
    pointer: str
    hint: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """A change that asks something of producers, and the upstream capsules or columns it is asked of."""

    change: Change
    upstream: tuple[str, ...]


def advise(changes, old_version, new_version) -> Advice | None:
    """The version that fits these changes, if the stated one moves less; None where versions are not x.y.z."""
    was, now = (NUMBERED.fullmatch(str(each or "").strip()) for each in (old_version, new_version))
    if not changes or not was or not now:
        return None
    before, after = (tuple(map(int, each.groups())) for each in (was, now))
    consumer, _ = verdict(changes)
    if consumer is B:
        part, fitting = "major", (before[0] + 1, 0, 0)
    elif consumer is N or any(change.code.startswith("column_added") for change in changes):
        part, fitting = "minor", (before[0], before[1] + 1, 0)
    else:
        part, fitting = "patch", (before[0], before[1], before[2] + 1)
    if after >= fitting:
        return None
    version = ".".join(map(str, fitting))
    message = f"These changes make a {part} version: {version} fits, the document says {new_version}."
    return Advice("W221", part, version, message)


def suggestions(old, new, facts: Facts = NO_FACTS) -> list[Suggestion]:
    """A rename hint to offer, where exactly one column left and one came with the same type and position."""
    versions = Versions(dict(old or {}), dict(new or {}), facts)
    added = [column for column in versions.matching.added if not column.parent]
    removed = [column for column in versions.matching.removed if not column.parent]
    if len(added) != 1 or len(removed) != 1:
        return []
    was, now = removed[0], added[0]
    if was.reading.type != now.reading.type or was.position != now.position:
        return []
    return [Suggestion(was.path, now.path, now.pointer, f"x-renamed-from: {was.path}")]


def concerned(changes, document) -> list[Concerned]:
    """The changes that are notice or breaking for producers, with the upstream that delivers what they are about.

    A column's own lineage is named where the document has it, else every upstream capsule.
    """
    lineage = document.get("lineage") or {}
    columns, capsules = lineage.get("columns") or {}, tuple(lineage.get("upstream") or ())
    return [
        Concerned(change, tuple(columns.get(change.name) or ()) or capsules)
        for change in changes
        if change.producer >= N
    ]
