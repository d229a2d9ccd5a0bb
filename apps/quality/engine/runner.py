"""Runs rules on an engine: metadata first, then as few scans as there are, then a few rows to show. Pure.

quality-engine.md, section 4. What one rule does wrong is that rule's result; the others keep theirs.
"""

import time

from apps.payload.engines.base import SUBJECT, Unanswered
from apps.quality.rule_types import uniqueness
from apps.quality.verdicts import status_of

from .isolation import FATAL, isolated
from .partials import Partials
from .plan import CannotCheck, CheckResult
from .planner import Planner, Together, inexpressible
from .sampling import Samples

PHASES = ("metadata", "scan", "queries", "second", "samples", "own")
SKIPPED = frozenset({"engine"})  # codes that are no fault of rule or data


def run_rules(
    engine,
    rules,
    *,
    now,
    samples=10,
    deadline_s=300,
    cache=None,
    progress=None,
    withheld=frozenset(),
    masked=frozenset(),
):
    """One `CheckResult` for each `RuleSpec` of `rules`, in order; never raises for a rule's own fault.

    `now` is an aware datetime. `progress(phase, done, total, words)` may raise to cancel, which passes through.
    `withheld` are columns of which no value may be read for samples, `masked` those whose values the caller masks in
    them; neither names rows. `cache` is a folder in which numbers are remembered
    as long as nothing that they depend on changes. Data that changes while it is read is read once
    more; if it changes again the results are errors.
    """
    for _time in range(2):
        before = _fingerprints(engine, rules)
        run = Run(
            engine, rules, now, samples, deadline_s, progress, frozenset(withheld), cache, frozenset(masked)
        )
        results = run.results()
        if before == _fingerprints(engine, rules) and not any(one.code == "changed" for one in results):
            run.remember()
            return results
        if run.stopped is not None:
            # Nothing more can be asked, so neither whether the data stood still: what was decided stands.
            return results
    return [CheckResult(rule, "error", code="changed") for rule in rules]


def _fingerprints(engine, rules):
    aliases = {SUBJECT} | {alias for rule in rules for alias, _column in rule.references.values()}
    found = {}
    for alias in sorted(aliases):
        try:
            found[alias] = engine.fingerprint(alias)
        except Unanswered as error:  # whoever asks for its rows will be told as well
            found[alias] = error.code
    return found


def sql_of(spec, engine, *, now):
    """What one rule asks of its source, as text; "" for a rule that cannot be compiled. Reads no row."""
    planner = Planner(engine, now)
    task = planner.task(0, spec)
    if task.fault is not None:
        return ""
    plan, writer, told = task.plan, task.scope.writer, []
    try:
        if plan.aggregates:
            told.append(writer.text(task.scope.aggregated(plan.aggregates)))
        told += [query if isinstance(query, str) else writer.text(query) for query in plan.queries.values()]
        if plan.repeated:
            told.append(writer.text(uniqueness.grouped(task.scope.table, plan.repeated)))
    except Exception:  # Ibis has no words for it in this dialect
        return ""
    return ";\n".join(told)


class Run:
    """One pass over the rules of one table."""

    def __init__(
        self, engine, rules, now, samples, deadline_s, progress, withheld, cache, masked=frozenset()
    ):
        self.engine, self.rules, self.now, self.samples = engine, list(rules), now, samples
        self.progress, self.withheld, self.masked = progress, withheld, masked
        self.partials = Partials(cache, engine) if cache else None
        self.ends = time.monotonic() + deadline_s
        self.found = {}
        self.counted = []
        self.lost = None  # values of text files that did not read as their type, by column; asked once
        self.shared_s = 0.0
        self.stopped = None

    def results(self):
        """The results in the order of the rules."""
        planner = Planner(self.engine, self.now)
        tasks = [planner.task(place, rule) for place, rule in enumerate(self.rules)]
        self._refuse_as_superuser([task for task in tasks if task.spec.type == "custom_sql"])
        self._settle_faults(tasks)
        self._stage("metadata", self._metadata, tasks)
        self._stage("metadata", self._recall, tasks)
        self._stage("scan", self._scan, tasks)
        for phases, custom in ((("queries", "second", "samples"), False), (("own", "own", "own"), True)):
            part = [task for task in tasks if task.fault is None and task.custom == custom]
            if part:
                for phase, stage in zip(phases, (self._queries, self._second, self._finish), strict=True):
                    self._stage(phase, stage, part)
        self._settle_faults(tasks)
        return [self.found[place] for place in range(len(self.rules))]

    def remember(self):
        """Keep what was counted; only once it is known that the data stood still meanwhile."""
        for task in self.counted if self.partials else ():
            self.partials.remember(task.spec, task.numbers)

    # ---------- stages ----------

    def _stage(self, phase, stage, tasks):
        if self.progress:
            self.progress(phase, len(self.found), len(self.rules), "")
        going = [task for task in tasks if task.fault is None and task.place not in self.found]
        if going:
            stage(going)
        self._settle_faults(tasks)

    def _still(self, tasks):
        """The tasks that can be asked for more; after a stop none can, and what they lack is their fault."""
        if self.stopped is None:
            return tasks
        for task in tasks:
            task.fault = self.stopped
        return []

    def seconds(self):
        """What is left of the deadline. Raises `Unanswered` when nothing is."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise Unanswered("deadline")
        return left

    def _metadata(self, tasks):
        asking = [task for task in tasks if task.plan.footer and not task.scope.condition]
        metadata = self._asked(self.engine.metadata) if asking else None
        for task in tasks:
            found = task.plan.footer(metadata) if metadata is not None and task in asking else None
            if found is not None:
                task.numbers.update(found)
                task.done, task.path = True, "footer"
            elif task.plan.only_footer:
                task.fault = CannotCheck("no_time_column")

    def _refuse_as_superuser(self, tasks):
        """No query that people wrote runs as an account that may do anything, nor where that cannot be told."""
        if (
            any(task.fault is None for task in tasks)
            and self._asked(lambda: self.engine.privileged) is not False
        ):
            for task in tasks:
                task.fault = task.fault or self.stopped or CannotCheck("privileged")

    def _asked(self, question):
        try:
            return question()
        except Unanswered as error:
            if error.code in FATAL:
                self.stopped = error
            return None

    def _recall(self, tasks):
        """Numbers that an earlier run found on the same data."""
        for task in tasks if self.partials else ():
            known = None if task.done else self.partials.known(task.spec)
            if known is not None:
                task.numbers.update(known)
                task.done, task.path = True, "cache"

    def _scan(self, tasks):
        asking = self._still([task for task in tasks if not task.done and task.plan.aggregates])
        self._together(asking, lambda task: task.plan.aggregates)

    def _second(self, tasks):
        asked = {}
        for task in self._still([task for task in tasks if task.plan.second and not task.done]):
            asked[task.place] = self._own_fault(task, lambda task=task: task.plan.second(task.numbers))
        self._together([task for task in tasks if asked.get(task.place)], lambda task: asked[task.place])

    def _together(self, tasks, expressions_of):
        """One SELECT for all tasks of a scope."""
        scopes = {}
        for task in tasks:
            if expressions_of(task):
                scopes.setdefault(id(task.scope), []).append(task)
        for ones in scopes.values():
            expressions = {task.place: expressions_of(task) for task in ones}
            question = Together(self.engine, ones[0].scope, expressions, self.seconds)
            began = time.perf_counter()
            answers, faults = isolated(list(expressions), question.ask, question.rehearse)
            took = time.perf_counter() - began
            self.shared_s += took
            for task in ones:
                task.shared_s += took / len(ones)
                task.numbers.update(answers.get(task.place, {}))
                task.fault = faults.get(task.place)
                task.path = task.path or "scan"
            self._stop_if_fatal(faults.values())

    def _stop_if_fatal(self, faults):
        for fault in faults:
            if isinstance(fault, Unanswered) and fault.code in FATAL:
                self.stopped = fault
                return

    def _queries(self, tasks):
        known = {}
        asking = [task for task in tasks if not task.done and (task.plan.queries or task.plan.repeated)]
        # Short keys first: what they prove holds of longer ones.
        asking.sort(key=lambda task: len(task.plan.repeated))
        for done, task in enumerate(asking):
            if not self._still([task]):
                continue
            if self.progress:
                self.progress("queries", len(self.found) + done, len(self.rules), task.spec.key)
            began = time.perf_counter()
            self._own_fault(task, lambda task=task: task.numbers.update(self._queried(task, known)))
            task.own_s += time.perf_counter() - began
            task.path = "scan"
            self._stop_if_fatal([task.fault])

    def _queried(self, task, known):
        """The numbers of a task's own queries; what another task of the same rows has asked is in `known`."""
        found = {}
        for name, query in task.plan.queries.items():
            sql = query if isinstance(query, str) else _written(task.scope.writer, query)
            if sql not in known:
                known[sql] = self.engine.fetch(sql, deadline_s=self.seconds())[0][0]
            found[name] = known[sql]
        if task.plan.repeated:
            key = (task.scope.condition, task.plan.repeated)
            if key not in known:
                known[key] = self._without_repetition(task, known) or self._repeated(task)
            numbers, task.worst = known[key]
            found |= numbers
        return found

    def _without_repetition(self, task, known):
        """A key that holds one without repetitions repeats nothing either; only its rows are to be counted."""
        columns = set(task.plan.repeated)
        for key, asked in known.items():
            unique = isinstance(key, tuple) and key[0] == task.scope.condition and columns.issuperset(key[1])
            if unique and asked[0]["groups"] == 0:
                query = uniqueness.rows_with_all(task.scope.table, task.plan.repeated)
                ((rows,),) = self.engine.fetch(_written(task.scope.writer, query), deadline_s=self.seconds())
                return {"rows": rows, "distinct": rows, "groups": 0, "involved": 0}, None
        return None

    def _repeated(self, task):
        """(the numbers, the keys to look at or None): those come with the numbers where no value is withheld."""
        columns = task.plan.repeated
        worst = 0 if self.withheld.intersection(columns) else self.samples
        found = self.engine.repeated(columns, where=task.scope.condition, worst=worst)
        if found is not None:
            numbers = {
                "rows": found.rows,
                "distinct": found.distinct,
                "groups": found.groups,
                "involved": found.involved,
            }
            return numbers, found.worst if worst else None
        query = uniqueness.grouped(task.scope.table, columns)
        row = self.engine.fetch(_written(task.scope.writer, query), deadline_s=self.seconds())[0]
        return dict(zip(query.columns, row, strict=True)), None

    def _own_fault(self, task, work):
        try:
            return work()
        except Exception as error:  # a rule's own fault never ends the run
            task.fault = error
            return None

    # ---------- results ----------

    def _finish(self, tasks):
        violated = []
        for task in tasks:
            outcome = self._own_fault(task, lambda task=task: task.plan.finish(task.numbers))
            if task.fault is not None:
                continue
            status = status_of(task.spec.severity, outcome.ok)
            result = CheckResult(task.spec, status, outcome, path=task.path, meta=dict(outcome.meta))
            self.found[task.place] = result
            if not task.done:
                self._tell_lost(task)
                self.counted.append(task)
            if task.numbers.get("unreadable"):
                result.meta["unreadable"] = task.numbers["unreadable"]
            if self.shared_s and task.path == "scan":
                result.meta["shared_scan_ms"] = round(self.shared_s * 1000)
            result.duration_ms = round((task.own_s + task.shared_s) * 1000)
            if not outcome.ok and task.plan.failing:
                violated.append(task)
        if violated and self.samples and self.stopped is None:
            self._show(violated)

    def _tell_lost(self, task):
        """How many values of the rule's columns could not be read, and are NULL to it."""
        if self.lost is None:
            self.lost = (self.stopped is None and self._asked(self.engine.unreadable)) or {}
        lost = sum(self.lost.get(name, 0) for name in {task.spec.column, *task.plan.shown})
        if lost:
            task.numbers["unreadable"] = lost

    def _show(self, tasks):
        """Rows to look at; that they cannot be read changes nothing in the results."""
        try:
            samples = Samples(self.engine, tasks, self.samples, self.withheld, self.seconds, self.masked)
        except Exception as error:  # a mistake of ours is no reason to lose the results
            for task in tasks:
                self.found[task.place].detail = f"{type(error).__name__}: {error}"
            return
        for task in tasks:
            result = self.found[task.place]
            began = time.perf_counter()
            try:
                found = samples.of(task)
                result.samples = found or []
                if found is None:
                    result.meta["samples"] = "withheld"
            except Unanswered as error:
                result.meta["samples"], result.detail = error.code, error.detail
                self._stop_if_fatal([error])
            except Exception as error:
                result.detail = f"{type(error).__name__}: {error}"
            task.own_s += time.perf_counter() - began
            result.duration_ms = round((task.own_s + task.shared_s) * 1000)
            if self.stopped is not None:
                return

    def _settle_faults(self, tasks):
        for task in tasks:
            if task.fault is not None and task.place not in self.found:
                self.found[task.place] = faulty(task.spec, task.fault)


def _written(writer, query):
    try:
        return writer.text(query)
    except Exception as error:
        raise inexpressible(error) from error


def faulty(spec, error):
    """The result of a rule that could not be decided."""
    if isinstance(error, CannotCheck):
        return CheckResult(spec, error.status, code=error.code, values=error.values)
    if isinstance(error, Unanswered):
        status = "skipped" if error.code in SKIPPED else "error"
        return CheckResult(spec, status, code=error.code, detail=error.detail)
    return CheckResult(spec, "error", code="internal", detail=f"{type(error).__name__}: {error}")
