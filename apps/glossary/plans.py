"""What an import would do, entry by entry: create, change, leave as it is, or say why not.

A file is read into entries (`apps.glossary.sheets`, `apps.glossary.skos`); the plan compares them with what is
stored. Pure: rows come in as dicts, nothing is written.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

CREATE, CHANGE, SAME, ERROR = "create", "change", "same", "error"
ACTIONS = (CREATE, CHANGE, SAME, ERROR)
LONGEST = {"name": 255, "display_name": 255, "abbreviation": 50, "category": 100, "steward_email": 255}
SHORTEST_DEFINITION = 10
LISTS = ("synonyms", "tags", "examples")
# What a concept without a definition enters with: it is seen, searched for and never submitted.
NO_DEFINITION = "No definition yet."


@dataclass
class Entry:
    """One term of a file: where it stands, what it says, what is wrong with it. `key` is the URI of a concept."""

    place: str
    values: dict[str, Any]
    key: str = ""
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Row:
    """One row of a plan. `changes` maps a field to [before, after]; `term` is the id of the stored term, or empty.

    `key` and `faults` are the entry's own: with `values` they are all that is needed to plan it again.
    """

    place: str
    name: str
    action: str
    values: dict[str, Any]
    term: str = ""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    key: str = ""
    faults: list[str] = field(default_factory=list)

    def told(self):
        """The row as JSON."""
        return asdict(self)


def entries_of(rows):
    """The entries behind the rows of a plan (as JSON), to plan them again."""
    return [
        Entry(row["place"], row["values"], row["key"], list(row["faults"]), list(row["warnings"]))
        for row in rows
    ]


def folded(name):
    """A name as it is compared: NFC, lower case, blanks made one."""
    return " ".join(unicodedata.normalize("NFC", name).lower().split())


def plan(
    entries: Iterable[Entry], stored: Iterable[Mapping[str, Any]], known: Mapping[str, Iterable[str]] = ()
):
    """The rows of the plan for `entries`, in their order.

    `stored` are terms as dicts: `id`, `uri` (or empty) and the fields of an entry; of a `hidden` one only its name is
    taken. A concept finds its term by URI, everything else by name. `known` lists the names that `domain` and `owner` may hold.
    """
    by_name, by_uri = {}, {}
    for term in stored:
        by_name[folded(term["name"])] = term
        if term.get("uri"):
            by_uri[term["uri"]] = term
    words = {key: {folded(name) for name in names} for key, names in dict(known).items()}
    entries = list(entries)
    met = [_met(entry, by_name, by_uri) for entry in entries]
    called = {entry.values.get("name"): name for entry, (name, _before) in zip(entries, met, strict=True)}
    taken: dict[str, str] = {}
    return [
        _row(entry, name, before, called, words, taken)
        for entry, (name, before) in zip(entries, met, strict=True)
    ]


def _met(entry, by_name, by_uri):
    """(the name under which the entry is stored, the stored term or None)."""
    name = unicodedata.normalize("NFC", str(entry.values.get("name") or "")).strip()
    there = by_name.get(folded(name))
    hidden = there or by_uri.get(entry.key)
    if hidden is not None and hidden.get("hidden"):
        return name, hidden
    if entry.key and (before := by_uri.get(entry.key)):
        # A new name that is free is taken over; one that another term has is not.
        return (name if there is None or there is before else before["name"]), before
    if there is not None and entry.key and there.get("uri") and there["uri"] != entry.key:
        # The same word for another concept: a homonym gets a name of its own.
        entry.warnings.append(
            _("Another term has the name “%(name)s”; this one is called “%(apart)s”.")
            % {"name": name, "apart": _apart(name, entry.key)}
        )
        return _apart(name, entry.key), None
    if there is not None and not entry.key:
        return there["name"], there  # found in any case; a sheet does not respell
    return name, there


def counts(rows):
    """How many rows of each action: {"create": 3, "change": 0, "same": 7, "error": 1}."""
    found = dict.fromkeys(ACTIONS, 0)
    for row in rows:
        found[row["action"] if isinstance(row, dict) else row.action] += 1
    return found


def _row(entry, name, before, called, words, taken):
    values, problems, warnings = dict(entry.values), list(entry.problems), list(entry.warnings)
    if entry.key and name != values["name"] and not values.get("display_name"):
        values["display_name"] = values["name"]
    values["name"] = name
    if "relations" in values:
        values["relations"] = {
            word: [called.get(other, other) for other in others]
            for word, others in values["relations"].items()
        }
    problems += _wrong(values, words, new=before is None)
    if (first := taken.setdefault(folded(name), entry.place)) != entry.place:
        said = {"place": first, "name": entry.values.get("name")}
        problems.append(_("Repeats %(place)s: “%(name)s” stands there already.") % said)
    if before is not None and before.get("hidden"):
        problems.append(_("The name “%s” cannot be used. Choose another.") % name)
    row = Row(
        entry.place,
        name,
        CREATE,
        values,
        problems=problems,
        warnings=warnings,
        key=entry.key,
        faults=entry.problems,
    )
    if problems:
        row.action = ERROR
    elif before is not None:
        ordered = not entry.key  # a graph has no order
        values.pop("enters_as", None)  # a term that is there keeps its state: it moves by steps of its own
        row.changes = {
            key: [before.get(key), value]
            for key, value in values.items()
            if not _same(before.get(key), value, ordered=ordered)
        }
        row.term, row.action = str(before["id"]), CHANGE if row.changes else SAME
    return row


def _apart(name, uri):
    tail = re.split(r"[/#:]", uri.rstrip("/#:"))[-1]
    return f"{name[: 250 - len(tail)]} ({tail})"


def _wrong(values, words, *, new):
    """Sentences for what cannot be stored."""
    name, found = values["name"], []
    if not name:
        found.append(_("The name is missing."))
    if any(unicodedata.category(sign) == "Cc" for sign in name):
        found.append(_("The name holds a line break or another control character."))
    for key, most in LONGEST.items():
        if len(values.get(key) or "") > most:
            found.append(
                _("%(field)s has %(length)d characters; %(most)d fit.")
                % {"field": key, "length": len(values[key]), "most": most}
            )
    if "definition" in values or new:
        length = len((values.get("definition") or "").strip())
        if length < SHORTEST_DEFINITION:
            found.append(
                _("The definition has %(length)d characters; write at least %(least)d.")
                % {"length": length, "least": SHORTEST_DEFINITION}
            )
    email = values.get("steward_email") or ""
    if email and ("@" not in email.strip("@") or " " in email):
        found.append(_("“%s” is no e-mail address.") % email)
    for key, title in (("domain", _("domain")), ("owner", _("owner"))):
        said = values.get(key)
        if said and key in words and folded(said) not in words[key]:
            found.append(_("There is no %(kind)s “%(name)s”.") % {"kind": title, "name": said})
    if any("\x00" in text for text in _texts(values)):
        found.append(_("A cell holds a zero byte."))
    return found


def _texts(values):
    for value in values.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield one


def _same(before, after, *, ordered):
    if before in (None, "", [], {}) and after in (None, "", [], {}):
        return True
    if isinstance(before, str) and isinstance(after, str):
        return _plain(before) == _plain(after)
    if not ordered and isinstance(before, list) and isinstance(after, list):
        return sorted(map(_spelled, before)) == sorted(map(_spelled, after))
    if isinstance(before, dict) and isinstance(after, dict) and not ordered:
        return before.keys() == after.keys() and all(
            _same(before[key], after[key], ordered=False) for key in before
        )
    return before == after


def _spelled(value):
    return json.dumps(value, sort_keys=True, default=str)


def _plain(text):
    """A text without what a sheet or a form field changes on its way."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").strip())
