"""OpenLineage events as they come in: read, bounded and checked; nothing here knows the database.

The specification is 2-0-2 (interop.md, section 4). What is refused is refused with a pointer into the body, and
before anything is stored.
"""

import datetime
import hashlib
import re
import uuid
from dataclasses import dataclass

import orjson
from django.utils.translation import gettext as _

from apps.dcs.canonical import digest_of_json

DEEPEST = 64  # levels of nesting of an event
MOST_EVENTS = 10_000  # in one body
MOST_DATASETS = 1_000  # inputs, or outputs, of one event
MOST_PAIRS = 10_000  # inputs times outputs of one event: each is an edge
MOST_FIELDS = 5_000  # columns of one dataset, nested ones among them
MOST_ORIGINS = 20_000  # columns that the columns of one dataset come from
LONGEST_NAME = 2_000
MOST_PROBLEMS = 50
TYPES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
RUN, JOB, DATASET = "run", "job", "dataset"
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12})\d*)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?"
)
KEY = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
# A password inside of an address: it is no metadata (rule S14).
PASSWORD = re.compile(rb"(://)[^/\s:@\"\\]{0,200}:[^/\s@\"\\]{1,500}@")
BEGINNING = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)


class Malformed(Exception):
    """The body is no list of events; `problems` maps a pointer to sentences."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__("; ".join(f"{where}: {' '.join(said)}" for where, said in problems.items()))


@dataclass(frozen=True)
class Event:
    """One event that holds together. `nanos` counts from year 1, UTC; `digest` is that of the canonical form."""

    kind: str
    run_id: uuid.UUID | None
    event_type: str
    nanos: int
    content: dict
    digest: str

    @property
    def at(self):
        """When it happened, to the microsecond."""
        return moment(self.nanos)


def moment(nanos):
    """The time that `nanos` since year 1 mean."""
    return BEGINNING + datetime.timedelta(microseconds=nanos // 1000)


def nanos_of(text):
    """Nanoseconds since year 1 of an ISO 8601 time; without a zone it is UTC. Raises `ValueError`."""
    found = MOMENT.fullmatch(text.strip()) if isinstance(text, str) and len(text) < 64 else None
    if found is None:
        raise ValueError(text)
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    try:
        then = datetime.datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError(text) from None
    seconds = (then - BEGINNING) // datetime.timedelta(seconds=1)
    return seconds * 10**9 + int((fraction or "0").ljust(9, "0")[:9])


def decode(body):
    """The JSON value of `body`, bytes. Raises `Malformed`."""
    try:
        return orjson.loads(PASSWORD.sub(rb"\1***@", body) if b"@" in body else body)
    except orjson.JSONDecodeError as error:
        words = _("This is not JSON: line %(line)d, character %(column)d.") % {
            "line": error.lineno,
            "column": error.colno,
        }
        raise Malformed({"non_field_errors": [words]}) from None


def read(value, *, listed=False):
    """Events and problems of a decoded body: `([(place, Event)], {place: {pointer: [sentence]}})`.

    A body is one event or a list of them; with `listed` it must be a list. Raises `Malformed` for anything else.
    """
    if isinstance(value, dict) and not listed:
        found, problems = _event(value)
        return ([(0, found)] if found else []), ({0: problems} if problems else {})
    if not isinstance(value, list):
        words = _("Send a list of events.") if listed else _("Send an event, or a list of events.")
        raise Malformed({"non_field_errors": [words]})
    if len(value) > MOST_EVENTS:
        words = _("%(n)d events are too many: send at most %(most)d at once.")
        raise Malformed({"non_field_errors": [words % {"n": len(value), "most": MOST_EVENTS}]})
    events, refused = [], {}
    for place, one in enumerate(value):
        found, problems = _event(one, f"/{place}")
        if found is not None:
            events.append((place, found))
        elif len(refused) < MOST_PROBLEMS or listed:
            refused[place] = problems
    return events, refused


def _event(value, where=""):
    """(Event, {}) or (None, {pointer: sentences})."""
    check = _Check(where)
    check.event(value)
    digest = "" if check.problems else check.digest(value)
    if check.problems:
        return None, check.problems
    return checked(value, digest), {}


def checked(value, digest):
    """The `Event` of a value that was found to hold together before."""
    kind = RUN if "run" in value else JOB if "job" in value else DATASET
    return Event(
        kind=kind,
        run_id=uuid.UUID(value["run"]["runId"]) if kind == RUN else None,
        event_type=value.get("eventType") or "OTHER",
        nanos=nanos_of(value["eventTime"]),
        content=value,
        digest=digest,
    )


class _Check:
    """What is wrong with one event, by pointer."""

    def __init__(self, where):
        self.where, self.problems, self.fractions = where, {}, False

    def say(self, pointer, words):
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.setdefault(self.where + pointer or "/", []).append(words)

    def event(self, value):
        if not isinstance(value, dict):
            return self.say("", _("An event is an object."))
        if not self._storable(value):
            return None
        self._head(value)
        if "run" in value or "job" in value:
            self._run(value)
        elif "dataset" in value:
            self._dataset(value["dataset"], "/dataset")
        else:
            self.say("", _("It names neither a run, nor a job, nor a dataset."))
        return None

    def digest(self, value):
        """SHA-256 of the canonical form; empty if there is none. Most events have only one spelling: these go fast."""
        if not self.fractions:
            text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
            if text.isascii():
                return hashlib.sha256(text).hexdigest()
        try:
            return digest_of_json(value)
        except ValueError as error:
            self.say("", str(error))
            return ""

    def _storable(self, value):
        """Whether it can be kept: bounded in depth, without characters that no text may hold."""
        level, depth = [("", value)], 0
        while level:
            depth += 1
            if depth > DEEPEST:
                self.say("", _("It is nested deeper than %(most)d levels.") % {"most": DEEPEST})
                return False
            below = []
            for pointer, one in level:
                pairs = one.items() if isinstance(one, dict) else enumerate(one)
                for key, inner in pairs:
                    if isinstance(inner, dict | list):
                        below.append((f"{pointer}/{key}", inner))
                    elif isinstance(inner, float):
                        self.fractions = True
                    elif isinstance(inner, str) and "\x00" in inner:
                        self.say(f"{pointer}/{key}", _("A text holds a NUL character."))
                        return False
                    if isinstance(key, str) and "\x00" in key:
                        self.say(pointer, _("A name holds a NUL character."))
                        return False
            level = below
        return True

    def _head(self, value):
        try:
            nanos_of(value.get("eventTime"))
        except ValueError:
            self.say("/eventTime", _("Write when it happened, such as 2026-11-23T04:18:10.244642Z."))
        if not isinstance(value.get("producer"), str) or not value["producer"]:
            self.say("/producer", _("This is missing."))
        # Producers of before the second specification leave it out; nothing depends on it.
        if not isinstance(value.get("schemaURL", ""), str):
            self.say("/schemaURL", _("Write a text."))
        kind = value.get("eventType")
        if kind is not None and kind not in TYPES:
            self.say("/eventType", _("Choose from %(known)s.") % {"known": ", ".join(TYPES)})

    def _run(self, value):
        if "run" in value:
            run = value["run"]
            if not isinstance(run, dict) or not _is_key(run.get("runId")):
                self.say("/run/runId", _("A run is known by a UUID."))
            else:
                self._facets(run, "/run")
                self._parent(run.get("facets") or {})
        self._named(value.get("job"), "/job")
        sides = [self._side(value, name) for name in ("inputs", "outputs")]
        if sides[0] * sides[1] > MOST_PAIRS:
            words = _("%(n)d inputs and %(m)d outputs make more than %(most)d edges.")
            self.say("", words % {"n": sides[0], "m": sides[1], "most": MOST_PAIRS})

    def _parent(self, facets):
        parent = facets.get("parent")
        for pointer, one in (("", parent), ("/root", parent.get("root") if parent else None)):
            if one is None:
                continue
            run = one.get("run") if isinstance(one, dict) else None
            if not isinstance(run, dict) or not _is_key(run.get("runId")):
                self.say(f"/run/facets/parent{pointer}/run/runId", _("A run is known by a UUID."))

    def _side(self, value, name):
        """Check inputs or outputs; returns how many there are."""
        found = value.get(name)
        if found is None:
            return 0
        if not isinstance(found, list):
            self.say(f"/{name}", _("Write a list."))
            return 0
        if len(found) > MOST_DATASETS:
            words = _("%(n)d datasets are too many: at most %(most)d.")
            self.say(f"/{name}", words % {"n": len(found), "most": MOST_DATASETS})
            return 0
        for place, dataset in enumerate(found):
            self._dataset(dataset, f"/{name}/{place}")
        return len(found)

    def _named(self, value, pointer):
        """True if `value` has namespace, name and facets as they must be."""
        if not isinstance(value, dict):
            self.say(pointer, _("This is missing.") if value is None else _("Write an object."))
            return False
        for name in ("namespace", "name"):
            text = value.get(name)
            if not isinstance(text, str) or not text.strip():
                self.say(f"{pointer}/{name}", _("This is missing."))
            elif len(text) > LONGEST_NAME:
                self.say(f"{pointer}/{name}", _("Use at most %(most)d characters.") % {"most": LONGEST_NAME})
        self._facets(value, pointer)
        return True

    def _facets(self, value, pointer, name="facets"):
        facets = value.get(name)
        if facets is None:
            return
        if not isinstance(facets, dict):
            self.say(f"{pointer}/{name}", _("Write an object."))
            return
        for key, facet in facets.items():
            if not isinstance(facet, dict):
                self.say(f"{pointer}/{name}/{key}", _("A facet is an object."))

    def _dataset(self, value, pointer):
        if not self._named(value, pointer):
            return
        for name in ("inputFacets", "outputFacets"):
            self._facets(value, pointer, name)
        facets = value.get("facets")
        if not isinstance(facets, dict):
            return
        schema, origins = facets.get("schema"), facets.get("columnLineage")
        if isinstance(schema, dict) and _size(schema.get("fields"), "fields") > MOST_FIELDS:
            words = _("More than %(most)d columns are too many.") % {"most": MOST_FIELDS}
            self.say(f"{pointer}/facets/schema/fields", words)
        if isinstance(origins, dict) and _origins(origins) > MOST_ORIGINS:
            words = _("More than %(most)d origins of columns are too many.") % {"most": MOST_ORIGINS}
            self.say(f"{pointer}/facets/columnLineage", words)


def _is_key(value):
    return isinstance(value, str) and KEY.fullmatch(value) is not None


def _size(fields, name):
    """How many fields there are, those inside of others too."""
    waiting, count = [fields], 0
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            count += len(found)
            waiting += [one.get(name) for one in found if isinstance(one, dict)]
    return count


def _origins(facet):
    """How many edges between columns the facet means: what concerns the dataset concerns each of its columns."""
    fields = facet.get("fields")
    columns = [one for one in fields.values() if isinstance(one, dict)] if isinstance(fields, dict) else []
    direct = sum(len(one["inputFields"]) for one in columns if isinstance(one.get("inputFields"), list))
    whole = facet.get("dataset")
    return direct + (len(whole) * max(len(columns), 1) if isinstance(whole, list) else 0)
