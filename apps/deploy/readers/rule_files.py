"""What files of other quality tools become: rules as a capsule's document has them, and what has no equivalent. Pure.

Rules that carry SQL or code, or that say only a part of what the file says, come switched off: whoever has the right
looks at them first (interop.md, section 7).
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from apps.quality.rule_types.reading import spec_of

from .found import Missed

TYPES = {
    "int": "integer", "integer": "integer", "int32": "integer", "bigint": "bigint", "int64": "bigint", "long": "bigint",
    "double": "double", "float": "double", "float64": "double", "boolean": "boolean", "bool": "boolean", "date": "date",
    "timestamp": "timestamp", "datetime": "timestamp", "uuid": "uuid", "json": "json",
}  # fmt: skip
DECIMAL = re.compile(r"(?:decimal|numeric)\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)", re.IGNORECASE)
LONGEST = 250  # characters of a name
# Parameters that a document has beside `config`, and columns that it calls otherwise.
LIFTED = ("values", "columns", "references", "sql", "function", "threshold")
STORED = {
    "operator": "threshold_operator",
    "threshold_percent": "threshold_percent",
    "min": "expected_range_min",
    "max": "expected_range_max",
    "pattern": "expected_pattern",
}
STATISTIC = "statistical_threshold"  # whose threshold may be 0, and has no usual operator
QUIET = frozenset({"schedule", "pattern_description"})  # settings that decide nothing


@dataclass
class RuleFile:
    """The rules of one file for one table: entries of `quality_rules`, and what was `missed`."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def add(self, rule, *, column=None, name="", severity="error", **more):
        """Add a rule about a column or the whole capsule; parts that are None are left out."""
        subject = {"column": column} if column else {"capsule_level": True}
        told = {key: value for key, value in more.items() if value is not None}
        entry = {"rule": rule, **subject, "severity": severity, **told}
        entry["name"] = _named(name) if name else default_name(entry)
        self.rules.append(entry)

    def keep(self, what, arguments, why, *, column=None, name="", severity="error"):
        """Keep something without an equivalent as a switched-off `custom_function`, and say so."""
        self.add(
            "custom_function", column=column, name=name, severity=severity, function=what,
            config={"args": arguments} if arguments else None, enabled=False,
        )  # fmt: skip
        self.miss(what, why)

    def miss(self, text, why):
        self.missed.append(Missed(str(text)[:200], why))


def default_name(entry):
    """A name that a second reading gives again: by type, column and parameters."""
    told = {
        key: value
        for key, value in entry.items()
        if key not in ("name", "severity", "enabled", "description")
    }
    mark = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return _named(f"{entry['rule']}_{entry.get('column', 'capsule')}_{mark}")


def _named(name):
    return re.sub(r"\s+", " ", str(name)).strip()[:LONGEST]


def type_name(said):
    """A type as `type_valid` has it, None for text and for what it does not check."""
    said = str(said or "").strip()
    if found := DECIMAL.fullmatch(said):
        return f"decimal({found[1]},{found[2]})"
    return TYPES.get(said.lower())


def number(value):
    """A number that a document may hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if value == value and abs(value) != float("inf") else None


def counted(low, high):
    """SQL that finds a row if the table has fewer than `low` or more than `high` rows."""
    wrong = [f"count(*) < {int(low)}"] if low is not None else []
    wrong += [f"count(*) > {int(high)}"] if high is not None else []
    return f"SELECT count(*) AS n FROM payload HAVING {' OR '.join(wrong)}"  # noqa: S608 - two numbers


def parameters(entry):
    """What makes a rule the same as another, whatever it is called and however its parameters are written."""
    lifted = {key: entry[key] for key in LIFTED if key in entry}
    spec = spec_of(
        {
            "rule_type": entry["rule"],
            "column": entry.get("column"),
            "severity": entry.get("severity", "warning"),
            "config": {**(entry.get("config") or {}), **lifted},
            **{column: entry.get(key) for key, column in STORED.items()},
        }
    )
    told = {key: value for key, value in spec.config.items() if key not in QUIET}
    if "left" in told:
        told.pop("columns", None)  # they are named already
    numbers = [spec.threshold_value, spec.threshold_percent, spec.range_min, spec.range_max]
    operator = spec.threshold_operator
    if spec.type != STATISTIC and operator == "<=":
        operator = None  # what holds unless it is said
    if spec.type != STATISTIC and not numbers[0] and operator in (None, "="):
        numbers[0], operator = None, None
    said = [None if value is None else f"{value.normalize():f}" for value in numbers]
    return json.dumps(
        [spec.type, spec.column, spec.severity, told, *said, operator, spec.pattern],
        sort_keys=True,
        default=str,
    )
