"""The union of events: what is known of a run or a dataset when some of its events are in, whatever their order.

A state is plain JSON. Every value in it carries the stamp of the event that said it, and the greater stamp wins, so
that folding is commutative, associative, and does nothing the second time. A stamp is the event's time, then when
it was received, then its digest: `latest eventTime wins, ties: later received` (interop.md, section 4). Pure.
"""

from .openlineage_names import key_of_dataset

ENDS = ("COMPLETE", "FAIL", "ABORT")
RANK = {"OTHER": 0, "START": 1, "RUNNING": 2}
FAILED = ("FAIL", "ABORT")
DIRECT, INDIRECT = "DIRECT", "INDIRECT"
OF_THE_RUN = ("dataQualityAssertions", "dataQualityMetrics")  # what a run found, wherever it is said
MOST_ASSERTIONS = 2_000  # of one dataset in one run
LOGS = ("log_url", "logUrl", "logs_url", "logsUrl", "historyUrl", "uiWebUrl", "driverLogUrl")


def stamp(nanos, received_at, position, digest):
    """A text that sorts as events do: by time, then by when it was received."""
    return f"{nanos:021d} {received_at:%Y%m%d%H%M%S%f} {position:06d} {digest[:12]}"


def nanos_of(stamped):
    """The event's time in a stamp."""
    return int(stamped[:21])


def later(known, said):
    """The entry with the greater stamp; an entry is `[stamp, value]`."""
    return said if known is None or said[0] > known[0] else known


def _facets(known, facets, at):
    """Fold facets into {name: [stamp, facet]}; one that was deleted is None."""
    for name, facet in (facets or {}).items():
        value = None if facet.get("_deleted") is True else facet
        known[name] = later(known.get(name), [at, value])


def shown(facets):
    """{name: facet} of those that hold."""
    return {name: value for name, (_at, value) in facets.items() if value is not None}


# --- runs -------------------------------------------------------------------------------------------------


def new_run():
    """What is known of a run of which nothing was heard."""
    return {"rank": 0, "run": {}, "job": {}, "inputs": {}, "outputs": {}}


def fold_run(state, event, at):
    """Fold one event of a run, or of a job without runs, into its state."""
    content, nanos = event.content, event.nanos
    state["first"] = min(state.get("first", nanos), nanos)
    state["last"] = max(state.get("last", nanos), nanos)
    state["rank"] = max(state["rank"], RANK.get(event.event_type, 0))
    if event.event_type in ENDS:
        state["end"] = later(state.get("end"), [at, event.event_type])
    job = content["job"]
    state["name"] = later(state.get("name"), [at, [job["namespace"], job["name"]]])
    _facets(state["run"], (content.get("run") or {}).get("facets"), at)
    _facets(state["job"], job.get("facets"), at)
    for side, own in (("inputs", "inputFacets"), ("outputs", "outputFacets")):
        for dataset in content.get(side) or ():
            key = str(key_of_dataset(dataset["namespace"], dataset["name"]))
            kept = state[side].setdefault(key, {"first": nanos, "facets": {}})
            kept["first"] = min(kept["first"], nanos)
            _facets(kept["facets"], dataset.get(own), at)
            # Some producers say it here, some there, some twice: it counts once.
            for name in OF_THE_RUN:
                said = (dataset.get("facets") or {}).get(name)
                if said and name not in (dataset.get(own) or {}):
                    _facets(kept["facets"], {name: said}, at)
    return state


def status_of(state):
    """The status of the job: by precedence, whatever came first."""
    if "end" in state:
        return {"COMPLETE": "completed", "FAIL": "failed", "ABORT": "cancelled"}[state["end"][1]]
    return "running" if state["rank"] else "pending"


def has_completed(state):
    """True if what it says it wrote was written."""
    return "end" in state and state["end"][1] == "COMPLETE"


# --- datasets ---------------------------------------------------------------------------------------------


def new_dataset(namespace, name):
    """What is known of a dataset of which only the name was heard."""
    return {"namespace": namespace, "name": name, "facets": {}, "fields": {}, "origins": {}, "links": []}


def datasets_of(event):
    """(dataset, whether the event may say how it is) for each dataset of an event; a failed run wrote nothing."""
    content = event.content
    if event.kind == "dataset":
        yield content["dataset"], True
        return
    for dataset in content.get("inputs") or ():
        yield dataset, True
    for dataset in content.get("outputs") or ():
        yield dataset, event.event_type not in FAILED


def fold_dataset(state, dataset, at):
    """Fold what one event says about a dataset itself into its state."""
    facets = dataset.get("facets") or {}
    kept = {name: facet for name, facet in facets.items() if name not in OF_THE_RUN}
    _facets(state["facets"], kept, at)
    schema, origins = facets.get("schema"), facets.get("columnLineage")
    for path, field in fields_of(schema.get("fields") if schema else None):
        # Names without types tell nothing against better knowledge: each fact has a stamp of its own.
        known = state["fields"].setdefault(path, {})
        for fact, value in field.items():
            known[fact] = later(known.get(fact), [at, value])
    for path, origin in origins_of(origins):
        _fold_origin(state["origins"].setdefault(path, {}), origin)
    for link in identifiers_of(facets.get("symlinks")):
        if link not in state["links"]:
            state["links"] = sorted([*state["links"], link])
    return state


def identifiers_of(facet):
    """The other names of a dataset, [namespace, name] each."""
    found = facet.get("identifiers") if isinstance(facet, dict) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and _text(one.get("namespace")) and _text(one.get("name")):
            yield [one["namespace"], one["name"]]


def fields_of(fields, above=""):
    """(path, {type, description, position}) of every field; what lies inside of another has a dotted path."""
    found = fields if isinstance(fields, list) else ()
    for position, field in enumerate(found, 1):
        name = field.get("name") if isinstance(field, dict) else None
        if not _text(name):
            continue
        path = f"{above}{name}"
        told = {"type": field.get("type"), "description": field.get("description")}
        told = {key: value.strip() for key, value in told.items() if _text(value)}
        yield path, told | ({} if above else {"position": position})
        inner = "[]." if str(field.get("type", "")).lower().startswith(("array", "list")) else "."
        yield from fields_of(field.get("fields"), path + inner)


def origins_of(facet):
    """(column, (namespace, name, field, kinds, masking)) for each edge that a columnLineage facet means."""
    if not isinstance(facet, dict):
        return
    found = facet.get("fields")
    fields = found if isinstance(found, dict) else {}
    for column, told in fields.items():
        told = told if isinstance(told, dict) else {}
        if not column:
            continue
        for one in _list(told.get("inputFields")):
            yield from _origin(column, one, told)
    for one in _list(facet.get("dataset")):
        for column in fields:
            if column:
                yield from _origin(column, one, {"transformationType": INDIRECT})


def _origin(column, one, told):
    if not isinstance(one, dict) or not all(_text(one.get(name)) for name in ("namespace", "name", "field")):
        return
    kinds, masks = [], []
    for how in _list(one.get("transformations")):
        if isinstance(how, dict):
            subtype = str(how.get("subtype") or "").upper()
            kind = INDIRECT if str(how.get("type")).upper() == INDIRECT else DIRECT
            kinds.append(f"{kind}:{subtype}"[:60] if subtype else kind)
            if kind == DIRECT:
                masks.append(how.get("masking") is True)
    if not kinds:
        stated = str(told.get("transformationType") or "").upper()
        kinds = [INDIRECT] if stated == INDIRECT else [DIRECT]
        masks = [stated == "MASKED"] if stated != INDIRECT else []
    yield column, (one["namespace"], one["name"], one["field"], kinds, masks)


def _fold_origin(known, origin):
    namespace, name, field, kinds, masks = origin
    key = "\n".join((str(key_of_dataset(namespace, name)), field))
    entry = known.setdefault(key, {"from": [namespace, name, field], "kinds": [], "masking": None})
    entry["kinds"] = sorted({*entry["kinds"], *kinds})
    if masks:
        # One way on which the value flows unmasked is enough to unmask it.
        entry["masking"] = all(masks) and entry["masking"] is not False


def assertions_of(facet):
    """The assertions of a dataQualityAssertions facet that say what was asserted and whether it held."""
    for one in _list((facet or {}).get("assertions"))[:MOST_ASSERTIONS]:
        if isinstance(one, dict) and _text(one.get("assertion")) and isinstance(one.get("success"), bool):
            yield one


def asserted(dataset):
    """The columns that assertions of a dataset are about, wherever a producer has put them."""
    for place in ("facets", "inputFacets", "outputFacets"):
        for one in assertions_of((dataset.get(place) or {}).get("dataQualityAssertions")):
            if _text(one.get("column")):
                yield one["column"].strip()


def measured(dataset):
    """The columns in which a run has counted something."""
    for place in ("facets", "inputFacets", "outputFacets"):
        found = ((dataset.get(place) or {}).get("dataQualityMetrics") or {}).get("columnMetrics")
        yield from (column for column in found if column.strip()) if isinstance(found, dict) else ()


def _list(value):
    return value if isinstance(value, list) else ()


def _text(value):
    return isinstance(value, str) and value.strip() != ""


# --- what is told of runs by others, and what facets mean ---------------------------------------------------


def fold_child(state, told, nanos, at):
    """Fold what a child says of its parent: its name, and that it ran already."""
    job = told.get("job") or {}
    state["child_first"] = min(state.get("child_first", nanos), nanos)
    if _text(job.get("namespace")) and _text(job.get("name")):
        state["called"] = later(state.get("called"), [at, [job["namespace"], job["name"]]])
    return state


def parents_of(content):
    """(run id, facet part) of the parent of a run event, then of its root."""
    facet = ((content.get("run") or {}).get("facets") or {}).get("parent")
    if not facet or facet.get("_deleted") is True:
        return
    yield facet["run"]["runId"], facet
    if facet.get("root"):
        yield facet["root"]["run"]["runId"], facet["root"]


def count_of(value):
    """A number of rows or bytes that can be stored, else None."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return int(value) if whole and 0 <= value < 2**63 else None


def log_of(run_facets):
    """Where the log of a run lies, as the facets of schedulers and engines tell; None unless it is a web address."""
    facets = [facet for facet in run_facets.values() if isinstance(facet, dict)]
    inner = [part for facet in facets for part in facet.values() if isinstance(part, dict)]
    for told in [*facets, *inner]:
        for name in LOGS:
            if _text(told.get(name)) and told[name].startswith(("https://", "http://")):
                return told[name][:2000]
    return None
