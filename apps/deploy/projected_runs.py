"""Runs of events become ingestion jobs: what they were, how they ended, what they read and wrote."""

from apps.contracts import monitor

from .event_rows import with_rows
from .readers import openlineage_names as names
from .readers import openlineage_union as union
from .readers.openlineage import moment

ROLES = {"inputs": ("input", "inputStatistics"), "outputs": ("output", "outputStatistics")}
MOST_ERROR = 10_000
SHAPE = (
    "id uuid, source_name text, status text, started_at timestamptz, completed_at timestamptz, config jsonb,"
    " error_message text, error_details jsonb, execution_environment jsonb, execution_duration_ms bigint,"
    " records_processed bigint, bytes_processed bigint, execution_logs_url text, triggered_by text, parent_job_id uuid"
)
FIELDS = [part.split()[0] for part in SHAPE.split(", ")][1:]


def write(runs):
    """Make the jobs of `runs`, {key: state}, equal to what is known of them; parents must be among them or stored."""
    names_of_fields = ", ".join(FIELDS)
    # Without parents first: a parent may come later in the list than its child.
    with_rows(
        f"INSERT INTO ingestion_jobs (id, source_type, {names_of_fields})"
        f" SELECT s.id, 'openlineage', {', '.join(_first(name) for name in FIELDS)} FROM {{rows}} ORDER BY s.started_at, s.id"
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in FIELDS[:-1])}"
        f" WHERE ({', '.join(f'ingestion_jobs.{name}' for name in FIELDS[:-1])})"
        f" IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in FIELDS[:-1])})",
        SHAPE,
        [job(key, state) for key, state in sorted(runs.items(), key=lambda one: str(one[0]))],
    )
    with_rows(
        "UPDATE ingestion_jobs j SET parent_job_id = s.parent FROM {rows} WHERE j.id = s.id"
        " AND j.parent_job_id IS DISTINCT FROM s.parent AND EXISTS (SELECT FROM ingestion_jobs p WHERE p.id = s.parent)",
        "id uuid, parent uuid",
        [{"id": key, "parent": parent(key, state)} for key, state in runs.items() if parent(key, state)],
    )


def _first(name):
    return "NULL" if name == "parent_job_id" else f"s.{name}"


def parent(key, state):
    """The key of the job that this run is a part of, or None."""
    facet = union.shown(state["run"]).get("parent")
    found = str(names.key_of_run(facet["run"]["runId"].lower())) if facet else None
    return None if found == key else found


def job(key, state):
    """The row of one run."""
    run, told = union.shown(state["run"]), union.shown(state["job"])
    namespace, name = (state.get("name") or state.get("called") or [None, ["", ""]])[1]
    first = state.get("first", state.get("child_first"))
    ended = union.nanos_of(state["end"][0]) if "end" in state else None
    kind = told.get("jobType") or {}
    config = {
        "run_id": state["run_id"],
        "namespace": namespace,
        "name": name,
        "job_type": kind.get("jobType"),
        "integration": kind.get("integration"),
        "processing_type": kind.get("processingType"),
        "documentation": _text((told.get("documentation") or {}).get("description"), 5000),
        "heard_of": "name" not in state,
    }
    error, details = _error(run)
    sums = _sums(state) if union.has_completed(state) else {}
    return {
        "id": key,
        "source_name": name[:255] or None,
        "status": union.status_of(state),
        "started_at": moment(first).isoformat(),
        "completed_at": moment(ended).isoformat() if ended is not None else None,
        "config": {field: value for field, value in config.items() if value},
        "error_message": error,
        "error_details": details,
        "execution_environment": _environment(run),
        "execution_duration_ms": None if ended is None else max(ended - first, 0) // 10**6,
        "records_processed": sums.get("rows"),
        "bytes_processed": sums.get("size"),
        "execution_logs_url": union.log_of(run),
        "triggered_by": _asked(run),
        "parent_job_id": None,
    }


def _text(value, most):
    return value[:most] if isinstance(value, str) and value.strip() else None


def _error(run):
    facet = run.get("errorMessage")
    if not facet:
        return None, None
    details = {"language": facet.get("programmingLanguage"), "stack": _text(facet.get("stackTrace"), 50_000)}
    return _text(facet.get("message"), MOST_ERROR), {
        key: value for key, value in details.items() if value
    } or None


def _environment(run):
    engine, nominal = run.get("processing_engine") or {}, run.get("nominalTime") or {}
    found = {
        "engine": _text(engine.get("name"), 255),
        "version": _text(engine.get("version"), 255),
        "adapter_version": _text(engine.get("openlineageAdapterVersion"), 255),
        "nominal_start": _text(nominal.get("nominalStartTime"), 64),
        "nominal_end": _text(nominal.get("nominalEndTime"), 64),
    }
    return {key: value for key, value in found.items() if value} or None


def _asked(run):
    """The job at the root of the run, or its parent: what set it off."""
    facet = run.get("parent")
    if not facet:
        return None
    said = (facet.get("root") or facet).get("job") or {}
    return _text(said.get("name"), 255)


def _sums(state):
    """Rows and bytes that a run wrote; what it read if it says nothing of what it wrote."""
    for side in ("outputs", "inputs"):
        told = [_measured(one, ROLES[side][1]) for one in state[side].values()]
        found = {
            what: min(sum(numbers), 2**63 - 1)
            for what in ("rows", "size")
            if (numbers := [one[what] for one in told if one[what] is not None])
        }
        if found:
            return found
    return {}


def _measured(dataset, facet):
    said = union.shown(dataset["facets"]).get(facet) or {}
    return {"rows": union.count_of(said.get("rowCount")), "size": union.count_of(said.get("size"))}


def _counted(dataset):
    """What a run has counted in the whole of a dataset: [stamp, {rows, size}], or None."""
    at, said = dataset["facets"].get("dataQualityMetrics") or (None, None)
    found = said and {"rows": union.count_of(said.get("rowCount")), "size": union.count_of(said.get("bytes"))}
    return [at, found] if found and any(number is not None for number in found.values()) else None


def read_and_written(runs, capsules):
    """Keep which capsules each run has read and written, with the rows and bytes it tells of."""
    rows = {}
    for key, state in runs.items():
        for side, (role, facet) in ROLES.items():
            tells = side == "inputs" or union.has_completed(state)
            for dataset, kept in sorted(state[side].items()):
                said = _measured(kept, facet) if tells else {}
                rows[key, capsules[dataset], role] = {
                    "run": key,
                    "capsule": capsules[dataset],
                    "role": role,
                    **said,
                }
    with_rows(
        "INSERT INTO run_capsules (run_id, capsule_id, role, rows, size)"
        " SELECT s.run, s.capsule, s.role, s.rows, s.size FROM {rows}"
        " ON CONFLICT (run_id, capsule_id, role) DO UPDATE SET rows = excluded.rows, size = excluded.size"
        " WHERE (run_capsules.rows, run_capsules.size) IS DISTINCT FROM (excluded.rows, excluded.size)",
        "run uuid, capsule uuid, role text, rows bigint, size bigint",
        list(rows.values()),
    )
    # A run is hidden from whoever may not know of what it has read or written.
    with_rows(
        "UPDATE ingestion_jobs j SET visibility_rank = n.rank FROM ("
        " SELECT r.run_id, max(c.visibility_rank) AS rank FROM run_capsules r JOIN capsules c ON c.id = r.capsule_id"
        " JOIN {rows} ON s.id = r.run_id GROUP BY r.run_id"
        ") n WHERE n.run_id = j.id AND n.rank > j.visibility_rank",
        "id uuid",
        [{"id": key} for key in runs],
    )
    _measure(runs, capsules)
    monitor.look_again([row["capsule"] for row in rows.values() if row["role"] == "output"])


def _measure(runs, capsules):
    """Rows and bytes that completed runs wrote, or any run has counted, as figures of the capsule, if none are later."""
    found = {}
    for state in runs.values():
        for dataset, kept in state["inputs"].items():
            if counted := _counted(kept):
                found[capsules[dataset]] = union.later(found.get(capsules[dataset]), counted)
        if not union.has_completed(state):
            continue
        for dataset, kept in state["outputs"].items():
            said = _measured(kept, "outputStatistics")
            if any(number is not None for number in said.values()):
                at = state["end"][0]
                found[capsules[dataset]] = union.later(found.get(capsules[dataset]), [at, said])
    with_rows(
        "UPDATE capsules c SET row_count = coalesce(s.rows, c.row_count),"
        " table_size_bytes = coalesce(s.size, c.table_size_bytes), last_analyzed_at = s.at FROM {rows}"
        " WHERE c.id = s.id AND s.at > coalesce(c.last_analyzed_at, '-infinity')",
        "id uuid, at timestamptz, rows bigint, size bigint",
        [
            {"id": capsule, "at": moment(union.nanos_of(at)).isoformat(), **said}
            for capsule, (at, said) in found.items()
        ],
    )
