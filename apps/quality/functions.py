"""Functions that `custom_function` rules may name (quality-engine.md, section 6). Pure.

A function is code of ours or of whoever runs the portal: modules listed in the setting `QUALITY_FUNCTIONS` register
theirs when they are imported. A rule holds a name; a path in the database is never imported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Function:
    """`plan(table, rule, env)` answers the `Plan`; `schema` is the JSON Schema of the rule's `args`."""

    name: str
    title: str
    description: str
    plan: Callable
    schema: Mapping[str, Any]
    subjects: frozenset[str]  # column, capsule


FUNCTIONS: dict[str, Function] = {}


def register_function(name, *, title, description, schema=None, subjects=("column",)):
    """Register the decorated `plan(table, rule, env)` as the function `name`.

    Its numbers are expressions over the unbound `table`, so that the engine counts and no row comes here.
    """

    def register(plan):
        if name in FUNCTIONS and FUNCTIONS[name].plan is not plan:
            raise ValueError(f"Two functions are called {name}.")
        FUNCTIONS[name] = Function(name, title, description, plan, schema or {}, frozenset(subjects))
        return plan

    return register


def load(modules):
    """Import the listed modules, which register their functions; answers `FUNCTIONS`."""
    for module in modules:
        import_module(module)
    return FUNCTIONS
