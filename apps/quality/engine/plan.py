"""What a rule asks of the data, and what it answers. Pure: no Django, no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class RuleSpec:
    """A quality rule as the engine reads it: what repeats a column of `quality_rules` is in that column alone (A25).

    `key` is the caller's own; `column` is None for a rule about the whole capsule. `references` maps the columns that
    the rule looks values up in to (alias, column) of an opened table.
    """

    key: str
    type: str
    column: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    severity: str = "error"
    threshold_value: Decimal | None = None
    threshold_operator: str | None = None
    threshold_percent: Decimal | None = None
    range_min: Decimal | None = None
    range_max: Decimal | None = None
    pattern: str | None = None
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a rule found: whether its promise holds, the number that decided, and of how many rows.

    `failures` is None for a rule that counts no rows.
    """

    ok: bool
    measured: int | float | Decimal | None
    failures: int | None = None
    total: int | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


class CannotCheck(Exception):
    """This rule cannot be decided here: `status` is `error` or `skipped`, `code` one word, `values` fill its sentence."""

    def __init__(self, code, *, status="error", **values):
        super().__init__(code, values)
        self.code, self.status, self.values = code, status, values


@dataclass(frozen=True)
class Plan:
    """How one rule is decided: each stage adds to its numbers, and the first that suffices ends it.

    `aggregates` join the shared scan, `queries` are one row each, `repeated` asks the engine for repeated keys,
    `second` joins a second scan and needs the first numbers, `footer` answers from metadata (None: it cannot prove it).
    `failing` gives the rows to show, of which at most a handful are read.
    """

    finish: Callable[[Numbers], Outcome]
    aggregates: Mapping[str, Any] = field(default_factory=dict)  # ibis.Value by name
    queries: Mapping[str, Any] = field(
        default_factory=dict
    )  # ibis.Table or SQL of one row with a column of that name
    repeated: tuple[str, ...] = ()
    second: Callable[[Numbers], Mapping[str, Any]] | None = None
    footer: Callable[[Any], Numbers | None] | None = None
    only_footer: bool = False  # nothing but metadata can tell
    merge: str | None = None  # sum, min, max, moments, hashes: how partial numbers of files become one
    failing: Callable[[Numbers], Any] | None = (
        None  # which rows of the table, as a condition; an ibis.Table; or SQL
    )
    shown: tuple[str, ...] = ()  # columns of the failing rows to show besides what names the row


@dataclass
class CheckResult:
    """The answer to one rule; `status` is one of passed, warning, failed, error, skipped."""

    rule: RuleSpec
    status: str
    outcome: Outcome | None = None
    code: str = ""  # why it could not be decided
    values: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""  # for the worker's log, never shown
    samples: list[dict] = field(default_factory=list)
    duration_ms: int = 0
    path: str = ""  # footer, cache, scan or sampled
    sql: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
