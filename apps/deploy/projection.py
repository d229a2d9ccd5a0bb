"""From events to rows: the union of each run and dataset that a batch touches, then what follows from it, set by set.

Everything is worked out from the unions, and these from the stored events alone, so a batch may be any part of them in
any order (interop.md, section 4). One projection at a time: the caller holds the lock.
"""

from . import projected_datasets, projected_edges, projected_quality, projected_runs
from .event_rows import with_rows
from .models import LineageDataset, LineageRun
from .readers import openlineage, openlineage_names, openlineage_union


class Batch:
    """The runs, jobs and datasets that some events touch, with what was known of them and is now.

    `runs` and `jobs` map key to state, `datasets` as well; `before` holds the datasets of each run as they were,
    `completed` the keys of those that had completed.
    """

    def __init__(self, rows):
        self.events = [(row, openlineage.checked(row.content, row.digest)) for row in rows]
        self.known = self._stored(LineageRun, self._run_keys())
        self.datasets = self._stored(LineageDataset, self._dataset_keys())
        self.before = {
            key: {side: list(state.get(side, ())) for side in ("inputs", "outputs")}
            for key, state in self.known.items()
        }
        self.completed = {key for key, state in self.known.items() if openlineage_union.has_completed(state)}
        self.runs, self.jobs, self.touched, self.spans = {}, {}, set(), {}
        for row, event in self.events:
            at = openlineage_union.stamp(event.nanos, row.received_at, row.position, row.digest)
            self._fold_datasets(event, at)
            if event.kind == openlineage.RUN:
                self._fold_run(event, at)
            elif event.kind == openlineage.JOB:
                self._fold_job(event, at)

    @staticmethod
    def _stored(model, keys):
        rows = model.objects.filter(pk__in=list(keys)).values_list("pk", "state")
        return {str(key): state for key, state in rows}

    def _run_keys(self):
        for _row, event in self.events:
            if event.kind == openlineage.RUN:
                yield str(openlineage_names.key_of_run(event.run_id))
                for run_id, _told in openlineage_union.parents_of(event.content):
                    yield str(openlineage_names.key_of_run(run_id.lower()))
            elif event.kind == openlineage.JOB:
                yield self._job_key(event)

    @staticmethod
    def _job_key(event):
        job = event.content["job"]
        return str(openlineage_names.key_of_job(job["namespace"], job["name"]))

    def _dataset_keys(self):
        found = set()
        for _row, event in self.events:
            for dataset, _says in openlineage_union.datasets_of(event):
                found.add(str(openlineage_names.key_of_dataset(dataset["namespace"], dataset["name"])))
                facet = (dataset.get("facets") or {}).get("columnLineage")
                for _column, (namespace, name, *_rest) in openlineage_union.origins_of(facet):
                    found.add(str(openlineage_names.key_of_dataset(namespace, name)))
        return found

    def _dataset(self, namespace, name):
        key = str(openlineage_names.key_of_dataset(namespace, name))
        self.touched.add(key)
        if key not in self.datasets:
            self.datasets[key] = openlineage_union.new_dataset(namespace, name)
        return self.datasets[key]

    def _fold_datasets(self, event, at):
        for dataset, says in openlineage_union.datasets_of(event):
            state = self._dataset(dataset["namespace"], dataset["name"])
            if not says:
                continue
            openlineage_union.fold_dataset(state, dataset, at)
            # Columns that an edge or an assertion names are there, also before a schema tells of them.
            for column in (*openlineage_union.asserted(dataset), *openlineage_union.measured(dataset)):
                state["fields"].setdefault(column, {})
            facet = (dataset.get("facets") or {}).get("columnLineage")
            for column, (namespace, name, field, *_rest) in openlineage_union.origins_of(facet):
                state["fields"].setdefault(column, {})
                self._dataset(namespace, name)["fields"].setdefault(field, {})

    def _state(self, key, among, **about):
        if key not in self.known:
            self.known[key] = openlineage_union.new_run() | about
        among[key] = self.known[key]
        return self.known[key]

    def _fold_run(self, event, at):
        key = str(openlineage_names.key_of_run(event.run_id))
        state = self._state(key, self.runs, run_id=str(event.run_id))
        openlineage_union.fold_run(state, event, at)
        self._see(key, event)
        for run_id, told in openlineage_union.parents_of(event.content):
            parent = str(openlineage_names.key_of_run(run_id.lower()))
            if parent != key:
                state = self._state(parent, self.runs, run_id=run_id.lower())
                openlineage_union.fold_child(state, told, event.nanos, at)

    def _fold_job(self, event, at):
        key = self._job_key(event)
        openlineage_union.fold_run(self._state(key, self.jobs), event, at)
        self._see(key, event)

    def _see(self, key, event):
        """Widen the time in which the events of this batch saw the run."""
        first, last = self.spans.get(key, (event.nanos, event.nanos))
        self.spans[key] = (min(first, event.nanos), max(last, event.nanos))


def project(rows):
    """Bring everything that follows from the events `rows` into the tables; the ids of capsules that they say are written."""
    batch = Batch(rows)
    acted = batch.runs | batch.jobs
    capsules = _identified(batch, acted)
    _keep(LineageRun, acted)
    projected_datasets.describe({key: batch.datasets[key] for key in batch.touched}, capsules)
    projected_runs.write(batch.runs)
    projected_runs.read_and_written(batch.runs, capsules)
    projected_edges.write(_seen(batch, acted, capsules))
    projected_edges.columns({key: batch.datasets[key] for key in batch.touched}, capsules)
    projected_edges.code({key: acted[key] for key in batch.spans}, capsules)
    run_ids = {key: state.get("run_id", key) for key, state in acted.items()}
    projected_quality.write({key: acted[key] for key in batch.spans}, capsules, run_ids)
    projected_quality.profiles({key: acted[key] for key in batch.spans}, capsules, run_ids)
    return _written(batch, capsules)


def _written(batch, capsules):
    """The capsules that runs wrote which these events say have completed, and no event before."""
    done = [
        state
        for key, state in batch.runs.items()
        if key not in batch.completed and openlineage_union.has_completed(state)
    ]
    return {capsules[key] for state in done for key in state["outputs"]}


def _identified(batch, acted):
    """{dataset key: capsule id} of all that the batch or one of its runs names; new ones are kept."""
    named = {key for state in acted.values() for side in ("inputs", "outputs") for key in state[side]}
    named |= {
        str(openlineage_names.key_of_dataset(*entry["from"][:2]))
        for key in batch.touched
        for origins in batch.datasets[key]["origins"].values()
        for entry in origins.values()
    }
    batch.datasets |= Batch._stored(LineageDataset, named - batch.datasets.keys())
    capsules = projected_datasets.identify(batch.datasets)
    with_rows(
        "INSERT INTO lineage_datasets AS d (id, capsule_id, state) SELECT s.id, s.capsule, s.state FROM {rows}"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, capsule_id = excluded.capsule_id"
        " WHERE (d.state, d.capsule_id) IS DISTINCT FROM (excluded.state, excluded.capsule_id)",
        "id uuid, capsule uuid, state jsonb",
        [
            {"id": key, "capsule": capsules[key], "state": batch.datasets[key]}
            for key in sorted(batch.touched)
        ],
    )
    return capsules


def _keep(model, states):
    with_rows(
        f"INSERT INTO {model._meta.db_table} (id, state) SELECT s.id, s.state FROM {{rows}}"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state",
        "id uuid, state jsonb",
        [{"id": key, "state": state} for key, state in sorted(states.items())],
    )


def _seen(batch, acted, capsules):
    """{(upstream, downstream): {first, last, runs}}: what the batch adds to the edges of its runs."""
    seen = {}
    for key, (first, last) in batch.spans.items():
        now = projected_edges.pairs(acted[key], capsules)
        before = projected_edges.pairs(batch.before.get(key, {"inputs": (), "outputs": ()}), capsules)
        whole = (acted[key]["first"], acted[key]["last"])
        for pair in now:
            new = pair not in before
            begun, ended = whole if new else (first, last)
            one = seen.setdefault(pair, {"first": begun, "last": ended, "runs": 0})
            one["first"], one["last"] = min(one["first"], begun), max(one["last"], ended)
            one["runs"] += new and key in batch.runs
    return seen
