"""Results of dbt runs: checks of tests and source freshness, and what was built when.

A result is read only as what it is: `dbt docs generate` and `dbt compile` write the same file, in which the
status `success` of a test means that it was compiled, not that it passed.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from .dbt_artifacts import RUN_RESULTS, mapping, pointer, sequence, text
from .dbt_tests import freshness_name

_CHECK_STATUS = {
    "pass": "passed",
    "fail": "failed",
    "warn": "warning",
    "error": "error",
    "runtime error": "error",
    "skipped": "skipped",
    "no-op": "skipped",
    "partial success": "warning",
}
_FRESHNESS_STATUS = {"pass": "passed", "warn": "warning", "error": "failed", "runtime error": "error"}
_NOT_RUNS = frozenset(["generate", "docs", "compile", "parse", "list", "ls", "docs generate"])
MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """One result of one rule: `urn` and `rule` name the rule, with `invocation_id` they are its key.

    Times are ISO 8601 texts in UTC; `measured` is the age in seconds for freshness, else the failure count.
    """

    urn: str
    rule: str
    invocation_id: str
    status: str
    failure_count: int | None
    duration_ms: int | None
    finished_at: str
    message: str
    measured: float | None

    @property
    def key(self):
        return self.urn, self.rule, self.invocation_id


def read_results(project, artifact, rule_names):
    """Checks and the run of one run_results file: `(checks, run)`.

    `rule_names` is {unique id of test: (urn, rule name)}.
    """
    if artifact.kind != RUN_RESULTS:
        return read_freshness(project, artifact)
    _check_list(project, artifact)
    invocation, arguments = _invocation(artifact), mapping(artifact.content.get("args"))
    command = text(arguments.get("which") or arguments.get("rpc_method"))
    checks, built, unknown, compiled = [], [], [], 0
    for at, result in enumerate(sequence(artifact.content.get("results"))):
        result = mapping(result)
        unique_id, status = text(result.get("unique_id")), text(result.get("status")).lower()
        if unique_id in rule_names:
            if status not in _CHECK_STATUS:
                compiled += 1
                continue
            checks.append(_check(rule_names[unique_id], invocation, artifact, result, status))
        elif unique_id in project.urns:
            if command not in _NOT_RUNS:
                built.append(_built(project.urns[unique_id], result, status))
        elif not unique_id.startswith(("operation.", "analysis.", "unit_test.", "exposure.", "function.")):
            unknown.append((at, unique_id))
    if compiled:
        project.note(
            "info",
            "not_tested",
            f"{compiled} results say that a test was compiled, not run"
            f"{f' (dbt {command})' if command else ''}: they are no checks.",
            "/results",
        )
    if unknown:
        project.note(
            "warning",
            "result_without_node",
            f"{len(unknown)} results belong to nodes that the manifest does not hold,"
            f" such as {unknown[0][1][:120]!r}.",
            pointer("results", unknown[0][0]),
        )
    return checks, _run(project, artifact, invocation, command, built, checks)


def read_freshness(project, artifact):
    """Checks of `sources.json`; a result that failed has only a unique id, an error and a status."""
    _check_list(project, artifact)
    invocation = _invocation(artifact)
    checks = []
    for at, result in enumerate(sequence(artifact.content.get("results"))):
        result = mapping(result)
        unique_id = text(result.get("unique_id"))
        urn = project.urns.get(unique_id)
        status = _FRESHNESS_STATUS.get(text(result.get("status") or result.get("state")).lower())
        if urn is None or status is None:
            project.note(
                "warning",
                "result_without_node",
                f"The freshness result of {unique_id[:120]!r} belongs to no source of the manifest.",
                pointer("results", at),
            )
            continue
        age = _number(result.get("max_loaded_at_time_ago_in_s"))
        newest = moment(result.get("max_loaded_at"))
        if newest:
            project.last_updated[urn] = newest
        checks.append(
            Check(
                urn,
                freshness_name(project.nodes[unique_id]),
                invocation,
                status,
                None,
                _milliseconds(result.get("execution_time")),
                moment(result.get("snapshotted_at")) or _finished(result) or _generated(artifact),
                text(result.get("error"))[:MAX_MESSAGE],
                age,
            )
        )
    return checks, _run(project, artifact, invocation, "source freshness", [], checks)


def _check_list(project, artifact):
    if not isinstance(artifact.content.get("results"), list):
        project.note("warning", "wrong_type", f"The results of the {artifact.kind} are no list.", "/results")


def _check(rule, invocation, artifact, result, status):
    urn, name = rule
    failures = result.get("failures")
    count = (
        failures if isinstance(failures, int) and not isinstance(failures, bool) and failures >= 0 else None
    )
    return Check(
        urn,
        name,
        invocation,
        _CHECK_STATUS[status],
        count,
        _milliseconds(result.get("execution_time")),
        _finished(result) or _generated(artifact),
        text(result.get("message"))[:MAX_MESSAGE],
        count,
    )


def _built(urn, result, status):
    started, finished = _started_and_finished(result)
    rows = mapping(result.get("adapter_response")).get("rows_affected")
    return {
        "urn": urn,
        "status": {"success": "completed", "error": "failed", "fail": "failed", "skipped": "cancelled"}.get(
            status, "completed"
        ),
        "started_at": started,
        "finished_at": finished,
        "duration_ms": _milliseconds(result.get("execution_time")),
        "rows": rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None,
        "message": text(result.get("message"))[:MAX_MESSAGE],
    }


def _run(project, artifact, invocation, command, built, checks):
    """One invocation as a job: failed when a node or a test of it failed."""
    starts = [node["started_at"] for node in built if node["started_at"]]
    failed = any(node["status"] == "failed" for node in built) or any(
        check.status in ("failed", "error") for check in checks
    )
    return {
        "invocation_id": invocation,
        "kind": artifact.kind,
        "command": command,
        "project": project.name,
        "dbt_version": text(artifact.metadata.get("dbt_version")),
        "status": "failed" if failed else "completed",
        "started_at": moment(artifact.metadata.get("invocation_started_at")) or min(starts, default=""),
        "finished_at": _generated(artifact),
        "duration_ms": _milliseconds(artifact.content.get("elapsed_time")),
        "nodes": built,
    }


def _invocation(artifact):
    # Without an id of its own, the file's content is what makes loading it twice harmless.
    return text(artifact.metadata.get("invocation_id")) or _digest(artifact)


def _generated(artifact):
    return moment(artifact.metadata.get("generated_at"))


def _started_and_finished(result):
    steps = [mapping(step) for step in sequence(result.get("timing"))]
    starts = [found for step in steps if (found := moment(step.get("started_at")))]
    ends = [found for step in steps if (found := moment(step.get("completed_at")))]
    return min(starts, default=""), max(ends, default="")


def _finished(result):
    return _started_and_finished(result)[1]


def moment(value):
    """A time as ISO 8601 text in UTC, `""` for anything that is none; times without a zone are UTC."""
    if not isinstance(value, str):
        return ""
    try:
        found = datetime.fromisoformat(value.strip())
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def _number(value):
    return (
        value
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        else None
    )


def _milliseconds(seconds):
    number = _number(seconds)
    return round(number * 1000) if number is not None and 0 <= number < 10**9 else None


def _digest(artifact):
    """What stands for the invocation of results that do not name it: the same results, the same word."""
    return hashlib.sha256(orjson.dumps(artifact.content)).hexdigest()[:32]
