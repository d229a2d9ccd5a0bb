"""The 21 kinds of rule: `TYPES`. Pure: no Django, no database (quality-engine.md, section 3.2).

A type is a function `compile(table, spec, env) -> Plan`, registered with what forms and the API say of it. Ibis is
imported by those functions alone: a process that never checks does not load it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from apps.quality.engine.plan import Plan

COLUMN, CAPSULE = "column", "capsule"
TEXT, NUMBER, TIME = "text", "number", "time"
MODULES = "completeness validity uniqueness consistency timeliness distribution custom".split()


@dataclass(frozen=True)
class Definition:
    """What is known of a type without running it.

    `schema` is the JSON Schema of its parameters; a property with `x-column` is stored in that column of
    `quality_rules` (errata row A25). `compares` names the number that a threshold is compared with: failures,
    measured, age or statistic; `operator` is how, unless the rule says (None: it must say). `share` tells how
    `threshold_percent` reads: the least or the most that is allowed. `kinds` are the columns it is for, None any.
    """

    name: str
    category: str
    subjects: frozenset[str]
    kinds: frozenset[str] | None
    schema: dict[str, Any]
    compares: str
    operator: str | None
    share: str | None
    compile: Callable[..., Plan]
    check: Callable[..., Any] | None = None
    custom: bool = False  # SQL or code that people wrote: it runs after everything else

    def parameters(self, spec):
        """The rule's parameters under the names of the schema, wherever they are stored."""
        found = dict(spec.config)
        for key, told in self.schema["properties"].items():
            stored = getattr(spec, FIELDS[told["x-column"]]) if "x-column" in told else None
            if stored is not None:
                found[key] = stored
        return found


# Columns of `quality_rules`, and where a `RuleSpec` has them.
FIELDS = {
    "threshold_value": "threshold_value",
    "threshold_operator": "threshold_operator",
    "threshold_percent": "threshold_percent",
    "expected_range_min": "range_min",
    "expected_range_max": "range_max",
    "expected_pattern": "pattern",
}
TYPES: dict[str, Definition] = {}


def register_rule(name, *, category, subjects, schema, kinds=None, **more):
    """Register `compile(table, spec, env) -> Plan` as the type `name`.

    Raises `ValueError` for a name that is taken.
    """

    def registered(compile):
        if name in TYPES:
            raise ValueError(f"There are two rule types {name}.")
        told = {"compares": "failures", "operator": "<=", "share": "least", **more}
        TYPES[name] = Definition(
            name=name,
            category=category,
            subjects=frozenset(subjects),
            kinds=frozenset(kinds) if kinds else None,
            schema=schema,
            compile=compile,
            **told,
        )
        return compile

    return registered


for _module in MODULES:
    import_module(f"{__name__}.{_module}")
