"""A masking rule as a plain value, and the keys that it may use. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .kinds import Kind


class Keys(Protocol):
    """Whoever has keys for masking; raises `NoKey` where there is none."""

    kid: str

    def derive(self, info: str, *, length: int = 32) -> bytes: ...


@dataclass(frozen=True)
class Rule:
    """What masks a column: its method with options, and what of a value must stay."""

    method: str
    config: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = field(default_factory=lambda: Kind("text"))
    column: str = "column"  # its name, by which expressions call it
    urn: str = ""  # of the column: what ciphers are bound to, and keys derived for
    preserve_length: bool = False
    preserve_format: bool = False
    preserve_type: bool = True
    preserve_null: bool = True
    is_reversible: bool = False
    vault: str = ""
    kid: str = ""  # of the key with which the rule began; others would break joins

    def option(self, name: str, default: Any = None) -> Any:
        """An option as it is set, or its default."""
        found = self.config.get(name)
        return default if found is None else found


@dataclass(frozen=True)
class Problem:
    """Why a rule cannot be saved: the field, a word for the reason, and what its sentence names."""

    field: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Unmaskable(ValueError):
    """A value that the method cannot mask; it becomes NULL and is counted, or is redacted where the method says so."""


class Redacted(ValueError):
    """A value that is too short for its method: marks stand for it, and it is counted."""
