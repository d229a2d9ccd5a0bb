"""Rules as tasks: what each asks, and which of them look at the same rows of a table. Pure."""

from dataclasses import dataclass, field
from typing import Any

from apps.payload.engines.base import SUBJECT, Unanswered
from apps.quality.refused import Refused
from apps.quality.rule_types import CAPSULE, COLUMN, TYPES

from .compiling import Writer
from .environment import Environment
from .plan import CannotCheck, Plan, RuleSpec
from .schemas import SCOPE, table


@dataclass
class Scope:
    """The rows that rules look at: the whole table, or what a condition leaves of it."""

    condition: str
    table: Any
    environment: Environment
    writer: Writer

    def aggregated(self, expressions):
        """One row of {name: expression}."""
        return self.table.aggregate(**expressions)


@dataclass
class Task:
    """One rule on its way: the numbers known so far, and why it could not go on."""

    place: int
    spec: RuleSpec
    plan: Plan | None = None
    scope: Scope | None = None
    numbers: dict[str, Any] = field(default_factory=dict)
    worst: tuple | None = None  # keys that repeat, if they were read with the numbers; never remembered
    fault: Exception | None = None
    done: bool = False
    path: str = ""
    own_s: float = 0.0
    shared_s: float = 0.0

    @property
    def custom(self):
        return TYPES[self.spec.type].custom


class Planner:
    """Compiles rules against the tables that an engine has open; each table's types are asked once."""

    def __init__(self, engine, now):
        self.engine, self.now = engine, now
        self.texts, self.made, self.tables, self.scopes = {}, {}, {}, {}

    def task(self, place, spec):
        """The `Task` of a rule; what is wrong with the rule is in its `fault`."""
        task = Task(place, spec)
        try:
            self._plan(task)
        except Exception as error:  # a rule's own fault never ends the run
            task.fault = error
        return task

    def _plan(self, task):
        spec = task.spec
        if spec.type not in TYPES:
            raise CannotCheck("unknown_type", type=spec.type)
        definition = TYPES[spec.type]
        if (COLUMN if spec.column else CAPSULE) not in definition.subjects:
            raise CannotCheck("needs_capsule" if spec.column else "needs_column", type=spec.type)
        for alias, _column in spec.references.values():
            self._table(alias)
        task.scope = self.scope(spec.config.get("apply_condition") or "")
        task.plan = definition.compile(task.scope.table, spec, task.scope.environment)

    def _table(self, alias):
        if alias not in self.tables:
            self.tables[alias] = table(self.engine.dialect, self.engine.types(alias), alias)
        return self.tables[alias]

    def scope(self, condition):
        """The `Scope` of a condition as people wrote it."""
        if condition not in self.scopes:
            subject = table(self.engine.dialect, self.engine.types(), SCOPE)
            checked = self._checked(condition, subject) if condition else ""
            writer = Writer(self.engine.dialect, self._relation, self.texts, checked)
            environment = Environment(
                now=self.now,
                dialect=self.engine.dialect,
                version=self.engine.version,
                tables=self.tables,
                relation=lambda alias: self._seen(alias, checked),
                texts=self.texts,
                made=self.made,
            )
            self.scopes[condition] = Scope(checked, subject, environment, writer)
        return self.scopes[condition]

    def _checked(self, condition, subject):
        from apps.quality import safesql

        try:
            return safesql.condition(str(condition), list(subject.columns), self.engine.dialect)
        except Refused as error:
            raise CannotCheck(error.code, **error.values) from None

    def _relation(self, alias):
        return self.engine.relation(SUBJECT if alias is None else alias)

    def _seen(self, alias, condition):
        """A table as people's own SQL sees it: its columns and no others, narrowed if it is the subject."""
        from sqlglot import exp

        dialect = self.engine.dialect
        names = [exp.column(name, quoted=True).sql(dialect=dialect) for name in self.engine.types(alias)]
        relation = self.engine.relation(alias)
        where = f" WHERE {condition}" if condition and alias == SUBJECT else ""
        return f"(SELECT {', '.join(names)} FROM {relation}{where})"  # noqa: S608 - quoted names, a checked condition


class Together:
    """Tasks of one scope whose expressions are asked in one SELECT; equal ones are computed once."""

    def __init__(self, engine, scope, expressions, seconds):
        self.engine, self.scope, self.expressions, self.seconds = engine, scope, expressions, seconds

    def ask(self, places):
        """{place: {name: number}} of these tasks."""
        names, tree = self._written(places)
        rows = self.engine.fetch(self.scope.writer.text(tree), deadline_s=self.seconds())
        values = dict(zip(tree.columns, rows[0], strict=True))
        return {
            place: {
                name: values[names[expression.op()]] for name, expression in self.expressions[place].items()
            }
            for place in places
        }

    def rehearse(self, places):
        """Have these tasks planned and read nothing."""
        _names, tree = self._written(places)
        self.engine.fetch(self.scope.writer.nothing(tree), deadline_s=self.seconds())

    def _written(self, places):
        names, wanted = {}, {}
        try:
            for place in places:
                for expression in self.expressions[place].values():
                    if expression.op() not in names:
                        names[expression.op()] = f"x{len(names)}"
                        wanted[names[expression.op()]] = expression
            return names, self.scope.aggregated(wanted)
        except Unanswered:
            raise
        except Exception as error:
            raise inexpressible(error) from error


def inexpressible(error):
    """Ibis has no words for it in this dialect."""
    return Unanswered("engine", f"{type(error).__name__}: {error}")
