"""What the values of columns look like: counts, extremes, quartiles, frequent values, shapes (quality-engine.md, section 5). Pure.

Every figure is an aggregate that the engine works out; of rows nothing is brought here but the twenty most frequent
values. Exact unless a sample is asked for, and then every figure is one of the sample and says so.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock
from decimal import Decimal
from typing import Any

from apps.payload.engines.base import SUBJECT, Unanswered

from .profile_queries import BINS, PROFILED, TOP, Subject

TOGETHER = 25  # columns of one scan
FEW = 10_000  # distinct values up to which frequencies are simply counted
LOOKED_AT = 100_000  # rows whose shapes are looked at, spread over the table
SHAPES = 20  # more of them are free text
LONGEST = 200  # characters of a value that are kept
STOPS = ("deadline", "cancelled", "unreachable", "died", "no_table", "changed")


@dataclass
class ColumnFigures:
    """What is known of one column; the names are those of `column_profiles`, None is not known.

    A withheld column has counts alone. `meta` says how the figures came about: `withheld`, `sampled`, `nan_count`,
    `blank_count`, `all_different`, `free_text`, `error`.
    """

    column: str
    kind: str  # number, time, text, boolean or other
    total_count: int | None = None
    null_count: int | None = None
    null_percentage: Decimal | None = None
    distinct_count: int | None = None
    unique_percentage: Decimal | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    mean_value: Decimal | None = None
    median_value: Decimal | None = None
    std_dev: Decimal | None = None
    variance: Decimal | None = None
    percentile_25: Decimal | None = None
    percentile_75: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    avg_length: Decimal | None = None
    min_text: str | None = None
    max_text: str | None = None
    most_common_values: list | None = None
    value_distribution: dict | None = None
    detected_patterns: list | None = None
    earliest_timestamp: datetime | None = None
    latest_timestamp: datetime | None = None
    completeness_score: Decimal | None = None
    uniqueness_score: Decimal | None = None
    sample_size: int | None = None
    sample_percentage: Decimal | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def profile_table(
    engine,
    columns=None,
    *,
    exact=True,
    sample_rows=None,
    deadline_s=600,
    withheld=frozenset(),
    progress: Callable[[int, int], None] | None = None,
) -> list[ColumnFigures]:
    """The figures of `columns` (all of them) of the engine's subject, in the table's order.

    `sample_rows` looks at that many rows spread over the table, `exact=False` at 1,000,000. Of `withheld` columns no
    value is looked at. A column that the engine cannot count has `meta.error`; raises `Unanswered` when nothing can go on,
    and whatever `progress(done, total)` raises.
    """
    if not exact and sample_rows is None:
        sample_rows = 1_000_000
    return _Profiler(engine, deadline_s, frozenset(withheld)).run(columns, sample_rows, progress)


def percentage(part, whole) -> Decimal | None:
    """100·part/whole to four decimals, none of nothing; not rounded to 0 or 100 what is not."""
    if not whole or part is None:
        return None
    share = (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.0001"))
    if 0 < part < whole:
        share = min(max(share, Decimal("0.0001")), Decimal("99.9999"))
    return share


@dataclass
class _Profiler:
    engine: Any
    deadline_s: float
    withheld: frozenset
    ends: float = 0.0

    def run(self, columns, sample_rows, progress):
        self.ends = time.monotonic() + self.deadline_s
        if self.engine.dialect not in PROFILED:
            raise Unanswered("no_profile", self.engine.dialect)
        types = self.engine.types()
        wanted = [name for name in types if columns is None or name in set(columns)]
        (rows,) = self._one(Subject(self.engine, types).count())
        step = max(1, -(-rows // sample_rows)) if sample_rows else 1
        self.subject = Subject(self.engine, types, step=step)
        found = []
        for start in range(0, len(wanted), TOGETHER):
            for figures in self._scanned(wanted[start : start + TOGETHER]):
                if not figures.meta.get("error"):
                    self._guarded(figures, self._closer)
                _finish(figures, rows, step)
                found.append(figures)
                if progress is not None:
                    progress(len(found), len(wanted))
        return found

    def _fetch(self, sql):
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Unanswered("deadline")
        return self.engine.fetch(sql, deadline_s=left)

    def _one(self, sql):
        return self._fetch(sql)[0]

    # ---------- one scan for many columns ----------

    def _scanned(self, names):
        """Counts, lengths, moments and bounds in one scan; if it fails, column by column, so that one spoils no other."""
        every = [ColumnFigures(name, self.subject.kind(name)) for name in names]
        try:
            self._scan(every)
        except Unanswered as error:
            if error.code in STOPS:
                raise
            for figures in every:
                self._guarded(figures, lambda alone: self._scan([alone]))
        return every

    def _guarded(self, figures, do):
        try:
            do(figures)
        except Unanswered as error:
            if error.code in STOPS:
                raise
            figures.meta["error"] = error.code

    def _scan(self, every):
        asked = [(figures, self.subject.facts(figures.column, open=self._open(figures))) for figures in every]
        flat = {f"{at}_{name}": value for at, (_, facts) in enumerate(asked) for name, value in facts.items()}
        row = dict(zip(["rows", *flat], self._one(self.subject.scan(flat)), strict=True))
        for at, (figures, facts) in enumerate(asked):
            self._take(figures, row["rows"], {name: row[f"{at}_{name}"] for name in facts})

    def _open(self, figures):
        return figures.column not in self.withheld

    def _take(self, figures, rows, facts):
        figures.total_count, figures.null_count = rows, int(facts.pop("nulls") or 0)
        for name in ("nan_count", "infinite_count", "blank_count"):
            if count := int(facts.pop(name, 0) or 0):
                figures.meta[name] = count
        for name, value in facts.items():
            if name in ("min_length", "max_length"):
                setattr(figures, name, None if value is None else int(value))
            elif name in ("min_text", "max_text"):
                setattr(figures, name, _cut(value))
            elif name in ("earliest_timestamp", "latest_timestamp"):
                setattr(figures, name, _moment(value))
            else:
                setattr(figures, name, _decimal(value))

    # ---------- what is asked column by column ----------

    def _closer(self, figures):
        figures.distinct_count = self._distinct(figures)
        if not self._open(figures):
            figures.meta["withheld"] = True
            return
        if figures.kind in ("number", "time"):
            self._bins(figures)
        if figures.kind != "other" and _filled(figures):
            self._frequent(figures)
        if figures.kind == "text" and _filled(figures) and self.subject.is_text(figures.column):
            self._shapes(figures)

    def _distinct(self, figures):
        if figures.kind == "other":
            return None
        if self.subject.step == 1 and self.subject.is_plain(figures.column):
            repeated = self.engine.repeated([figures.column])
            if repeated is not None:
                return repeated.distinct
        return int(self._one(self.subject.distinct(figures.column))[0])

    def _bins(self, figures):
        low, high = self._bounds(figures)
        if low is None:
            return
        counts = [0] * (BINS if high > low else 1)
        for bin_, count in self._fetch(self.subject.bins(figures.column, low, high)):
            if bin_ is not None:
                counts[min(int(bin_), len(counts) - 1)] += count
        said = (
            (figures.earliest_timestamp, figures.latest_timestamp) if figures.kind == "time" else (low, high)
        )
        ends = [end.isoformat() if isinstance(end, datetime) else end for end in said]
        figures.value_distribution = {"kind": "bins", "low": ends[0], "high": ends[1], "counts": counts}

    def _bounds(self, figures):
        if figures.kind == "time":
            ends = (figures.earliest_timestamp, figures.latest_timestamp)
            return tuple(None if end is None else float(math.floor(end.timestamp())) for end in ends)
        return tuple(None if end is None else float(end) for end in (figures.min_value, figures.max_value))

    def _frequent(self, figures):
        if figures.distinct_count == _filled(figures) and figures.distinct_count > TOP:
            figures.meta["all_different"] = True
            figures.most_common_values = []
            return
        among = None
        if figures.distinct_count > FEW:
            step = max(1, -(-figures.total_count // LOOKED_AT))
            among = [value for value, _ in self._fetch(self.subject.frequent(figures.column, step=step))]
        rows = self._fetch(self.subject.frequent(figures.column, among=among))
        known = figures.total_count
        figures.most_common_values = [
            {"value": _plain(value), "count": count, "percentage": float(percentage(count, known) or 0)}
            for value, count in rows
        ]
        if figures.kind in ("text", "boolean"):
            counted = sum(count for _, count in rows)
            values = [{"value": _plain(value), "count": count} for value, count in rows]
            figures.value_distribution = {
                "kind": "frequencies",
                "values": values,
                "others": _filled(figures) - counted,
            }

    def _shapes(self, figures):
        step = max(1, -(-figures.total_count // LOOKED_AT))
        rows = self._fetch(self.subject.shapes(figures.column, step=step, most=SHAPES + 1))
        if len(rows) > SHAPES:
            figures.meta["free_text"] = True
            figures.detected_patterns = []
            return
        looked_at = sum(count for _, count in rows)
        figures.detected_patterns = [
            {
                "pattern": self.subject.pattern(shape),
                "shape": shape,
                "match_count": count,
                "sample_size": looked_at,
            }
            for shape, count in rows
        ]


def _filled(figures):
    return figures.total_count - figures.null_count - figures.meta.get("nan_count", 0)


def _finish(figures, rows, step):
    """Shares of what was counted."""
    counted, nulls = figures.total_count, figures.null_count
    figures.sample_size = counted
    figures.sample_percentage = percentage(counted, rows)
    if step > 1:
        figures.meta["sampled"] = True
    if counted is None:
        return
    filled = _filled(figures)
    figures.null_percentage = percentage(nulls, counted)
    figures.completeness_score = percentage(counted - nulls - figures.meta.get("blank_count", 0), counted)
    figures.unique_percentage = figures.uniqueness_score = percentage(figures.distinct_count, filled)


def _decimal(value):
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    found = (
        value
        if isinstance(value, Decimal)
        else Decimal(repr(value) if isinstance(value, float) else str(value))
    )
    return found if found.is_finite() else None


def _moment(value):
    """A date or a time as a moment; without a zone it is UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, clock.min)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None


def _cut(text):
    if text is None or len(text) <= LONGEST:
        return text
    return text[:LONGEST] + "…"


def _plain(value):
    """A value as JSON has it."""
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date | datetime | clock):
        return value.isoformat()
    return _cut(str(value))


__all__ = ["SUBJECT", "ColumnFigures", "percentage", "profile_table"]
