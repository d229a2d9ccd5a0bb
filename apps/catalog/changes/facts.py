"""What a comparison may know beside the two documents; without it the answer is the careful one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SENSITIVITY = ("public", "internal", "confidential", "restricted", "secret")


@dataclass(frozen=True, slots=True)
class ValueDomain:
    """A registered value domain: its codes (None if it is no list) and whether more may come without notice."""

    values: tuple[Any, ...] | None = None
    extensible: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalogue knows around a capsule.

    `domains` by name. `clearances` {role: sensitivity level up to which it sees}. `sensitivities` {URN of an
    upstream: level}. `referenced_by` {column: URNs of columns in other capsules whose foreign keys point to it}.
    `renames` are the {old name: new name} of the versions between the two documents, oldest first.
    """

    domains: Mapping[str, ValueDomain] = field(default_factory=dict)
    clearances: Mapping[str, str] = field(default_factory=dict)
    sensitivities: Mapping[str, str] = field(default_factory=dict)
    referenced_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    renames: Sequence[Mapping[str, str]] = ()


NO_FACTS = Facts()


def rank(level: str | None) -> int:
    """The place of a sensitivity level, 1 for public to 5 for secret; 0 for none."""
    return SENSITIVITY.index(level) + 1 if level in SENSITIVITY else 0
