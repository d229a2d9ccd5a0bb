"""Reading a file: all its documents in canonical form, and all that is wrong, in file order."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apps.catalog import urns

from . import hashing, lineage, normal, references, schema, trees, writing
from .files import File
from .known import Known
from .limits import COUNTED, Limits
from .places import Desk, Place
from .problems import TOO_LARGE, Lines, Problem, keys


@dataclass(frozen=True)
class Document:
    """One capsule's document.

    `canonical` is the content of `data_capsule` in canonical form. `sections` names what the document speaks of
    (`schema`, `lineage.upstream`, `description`): present is authoritative, absent is untouched. `number` counts
    from 1 in its file.
    """

    number: int
    canonical: dict
    sections: frozenset[str]
    _tree: Any = field(repr=False, compare=False)
    _lines: Lines = field(repr=False, compare=False)

    @property
    def urn(self) -> str:
        return self.canonical["urn"]

    @cached_property
    def emptied(self) -> frozenset[str]:
        """The sections that the document speaks of only to empty them, or to set their default.

        What is stored there is retired, cleared or set back; leaving the section out would leave it alone.
        """
        return frozenset(name for name in self.sections if normal.part(self.canonical, name) is None)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what the document says; layout, order of keys, comments and quotes do not count."""
        return hashing.document_hash(self.canonical, self.emptied)

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column, from 1, of the entry at a JSON Pointer into the document (`/data_capsule/name`)."""
        path, tree = [], self._tree
        for key in keys(pointer):
            step = int(key) if isinstance(tree, list) and key.isdecimal() else key
            path.append(step)
            try:
                tree = tree[step]
            except (KeyError, IndexError, TypeError):
                break
        return self._lines.at(trees.offset(self._tree, path))

    def over(self, state: dict | None) -> dict:
        """The canonical state that is wanted: `state` with every section that this document speaks of replaced.

        `state` is the exported canonical state, None for a capsule that does not exist. Section 2 of the format.
        """
        wanted = {key: value for key, value in (state or {}).items() if key != "lineage"}
        wanted |= {key: self.canonical[key] for key in ("urn", "name")}
        if "statistics" in self.canonical:
            wanted["statistics"] = self.canonical["statistics"]
        connected = dict((state or {}).get("lineage", {}))
        for name in self.sections:
            first, _, second = name.partition(".")
            target, key = (connected, second) if second else (wanted, first)
            value = normal.part(self.canonical, name)
            target.pop(key, None)
            if value is not None:
                target[key] = value
        if connected:
            wanted["lineage"] = connected
        self._add_history(wanted, state or {})
        return normal.again(wanted)

    def _add_history(self, wanted, state):
        said = self.canonical.get("version_history", [])
        stored = state.get("version_history", [])
        old = {entry["version"] for entry in stored}
        wanted["version_history"] = [entry for entry in said if entry["version"] not in old] + stored


@dataclass(frozen=True)
class Reading:
    """A file that was read: the documents without errors, and the problems, at most 100, in file order."""

    documents: list[Document]
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]

    @property
    def valid(self) -> bool:
        """True if the whole file may be planned."""
        return not self.errors

    @property
    def too_large(self) -> bool:
        """True if the file was refused for its size: the API answers 413 instead of 400."""
        return any(problem.code in TOO_LARGE for problem in self.problems)

    @cached_property
    def hash(self) -> str:
        """The hash of all documents; for one document its own."""
        return hashing.bundle_hash(document.hash for document in self.documents)


def read(
    data: bytes | str, *, known: Known | None = None, strict: bool = False, limits: Limits | None = None
) -> Reading:
    """Read and validate a file of capsule documents: one, a YAML stream, or a JSON array.

    `known` answers what only the portal knows; rules that need it are skipped without. `strict` turns warnings into
    errors. Nothing is raised for what a file may hold: everything that is wrong is a `Problem`.
    """
    limits = limits or Limits()
    file = File(data, limits)
    entries = [_Entry(number, tree, file.problems, known, limits) for number, tree in file.trees]
    if not entries and file.whole:
        message = "The file holds no document: the key data_capsule is missing."
        file.problems.add("E100", 1, (), 0, message, "Add data_capsule with urn and name.")
    capsules = [entry for entry in entries if entry.usable]
    _unique(capsules)
    bundled = references.Bundle([entry.urn for entry in capsules])
    for entry in capsules:
        entry.desk.bundled = bundled
        entry.normalise()
    _forbidden(capsules)
    _cycles(capsules, known)
    refused = file.problems.documents["error"] | (file.problems.documents["warning"] if strict else set())
    documents = [
        Document(
            entry.number, entry.canonical, normal.present(entry.capsule), entry.tree, file.problems.lines
        )
        for entry in capsules
        if entry.number not in refused
    ]
    return Reading(documents if file.whole else [], file.problems.in_order(strict=strict))


def canonical(capsule: dict) -> dict:
    """The canonical form of a dict that is valid as `data_capsule`: for readers and exports, which make no mistakes.

    Raises `ValueError` with the first problem if it is not valid by the schema.
    """
    document = {"data_capsule": capsule}
    for _, _, message, hint in schema.findings(document, schema.faulty(document)):
        raise ValueError(f"{message} {hint}")
    return normal.again(capsule)


def write(document: "Document | dict", form: str = "yaml", comment: str = "") -> str:
    """A canonical dict, or a document with the sections that it empties, as YAML or JSON text."""
    return writing.write(_faithful(document) if isinstance(document, Document) else document, form, comment)


def _faithful(document):
    """The canonical content with the emptied sections written out, so that reading it again says the same."""
    found = dict(document.canonical)
    for name in sorted(document.emptied):
        first, _, second = name.partition(".")
        if second:
            found["lineage"] = {**found.get("lineage", {}), second: EMPTY.get(name, [])}
        elif name == "capsule_type":
            found[name] = document.urn.split(":")[3]  # what the canonical form takes for granted
        else:
            found[first] = EMPTY.get(name, "")
    return found


EMPTY: dict[str, Any] = {
    "schema": {},
    "columns": {},
    "policies": {},
    "column_policies": {},
    "contract": {},
    "partitioning": {},
    "meta": {},
    "business_terms": [],
    "quality_rules": [],
    "tags": [],
    "lineage.columns": {},
    "lineage.transformation": {},
}


class _Entry:
    """One document on its way from tree to canonical form."""

    def __init__(self, number, tree, problems, known, limits):
        self.number, self.tree = number, tree
        self.desk = Desk(number, tree, problems, known, limits)
        self._count(limits)
        self.plain = schema.shapes().read(tree, self._unkept)
        self.faulty = schema.faulty(self.plain)
        self.canonical = {}
        if self.faulty:
            for code, path, message, hint in schema.findings(self.plain, self.faulty, self._offset):
                problems.add(code, number, path, self._offset(path), message, hint)

    def _count(self, limits):
        """Lists that came together by aliases and merge keys were not counted while they were read."""
        for path in COUNTED:
            most, called = limits.of_items(path)
            found = trees.at(self.tree, path)
            if isinstance(found, dict | list) and len(found) > most:
                message = f"A capsule has at most {most:,} {called}."
                self.desk.problems.add(
                    "E016", self.number, path, self._offset(path), message, "Split the capsule."
                )

    def _offset(self, path):
        return trees.offset(self.tree, path)

    def _unkept(self, path, message):
        at = trees.offset(self.tree, path)
        self.desk.problems.add(
            "E004", self.number, path, at, message, "Put it in quotes, or write fewer digits."
        )

    @cached_property
    def capsule(self):
        """What the schema accepts of `data_capsule`."""
        found = self.plain.get("data_capsule") if isinstance(self.plain, dict) else None
        found = found if isinstance(found, dict) else {}
        known = schema.sections()
        return {
            key: value
            for key, value in found.items()
            if key not in self.faulty and (key in known or key.startswith("x-"))
        }

    @property
    def usable(self):
        """True if it can be named, and so checked further."""
        return "urn" in self.capsule and "name" in self.capsule

    @cached_property
    def urn(self):
        return urns.encoded(self.capsule["urn"])

    def normalise(self):
        self.canonical = normal.canonical(self.capsule, self.desk, self.faulty)

    @property
    def place(self):
        return Place(self.desk)


def _unique(entries):
    seen = {}
    for entry in entries:
        first = seen.setdefault(entry.urn, entry)
        if first is not entry:
            message = f"The URN stands in document {first.number} already."
            (entry.place / "urn").say("E309", message, "Describe each capsule once.")


def _forbidden(entries):
    for entry in entries:
        known = entry.desk.known
        if known.may_change is not None:
            for name in sorted(normal.present(entry.capsule)):
                if not known.may_change(entry.urn, name):
                    place = entry.place
                    for key in name.split("."):
                        place = place / key
                    message = f"You may not change {name} of this capsule."
                    place.say("E401", message, f"Remove {name}, or ask a steward of its domain.")
        if known.may_see is not None:
            connected = entry.canonical.get("lineage", {})
            for side in ("upstream", "downstream"):
                for i, urn in enumerate(connected.get(side, [])):
                    if not known.may_see(urn):
                        message = f"You may not refer to {urn}."
                        hint = "Remove it, or ask for access to that capsule."
                        (entry.place / "lineage" / side / i).say("E401", message, hint)


def _cycles(entries, known):
    graph = {}
    for entry in entries:
        connected = entry.canonical.get("lineage", {})
        graph.setdefault(entry.urn, set()).update(set(connected.get("upstream", [])) - {entry.urn})
        for urn in set(connected.get("downstream", [])) - {entry.urn}:
            graph.setdefault(urn, set()).add(entry.urn)
    if known is not None and known.upstream is not None:
        waiting = list({urn for sources in graph.values() for urn in sources} | graph.keys())
        asked = set()
        while waiting:
            urn = waiting.pop()
            if urn not in asked:
                asked.add(urn)
                sources = set(known.upstream(urn)) - {urn}
                graph.setdefault(urn, set()).update(sources)
                waiting += sources - asked
    circled = {urn: circle for circle in lineage.cycles(graph) for urn in circle}
    for entry in entries:
        if entry.urn in circled and "lineage" in entry.capsule:
            said = ", ".join(circled[entry.urn][:5])
            message = f"The lineage goes round in a circle: {said}."
            (entry.place / "lineage").say("W209", message, "Remove the edge that is not true.")
