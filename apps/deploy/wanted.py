"""The state that a document wants of a capsule: what it says over what is stored (format, section 2)."""

from apps.catalog import documents
from apps.catalog.documents.hashing import OBSERVED
from apps.catalog.documents.renames import HINT

PAST = (*OBSERVED, "version_history")
LISTS = "business_terms quality_rules policies column_policies columns contract".split()
# The keys of the document that a person may have written by hand, by the name under which that is noted.
BY_HAND = {
    "description": "description",
    "layer": "layer",
    "owner": "owner",
    "domain": "domain",
    "tags": "tags",
}
BY_HAND |= {"storage_location": "location", "materialization": "materialization"}
MEANT_BY_HAND = "semantic_type pii_type unit_of_measure allowed_values tags format_pattern".split()


def of(document, state):
    """(canonical state that `document` wants, {former name: new name} of columns that it renames).

    `state` is the stored one, None for none. `statistics` and `version_history` come along; they are no part of a state.
    """
    wanted = document.over(state)
    observed = {key: wanted[key] for key in PAST if wanted.get(key)}
    wanted = {key: value for key, value in wanted.items() if key not in PAST}
    renames = renamed(wanted, state)
    _follow(wanted, renames, document.sections)
    _leave(wanted, document.sections)
    return wanted | observed, renames


def renamed(wanted, state):
    """{former name: new name} of the columns whose hints are still to be carried out."""
    stored = set(names(state or {}))
    hints = {entry.get(HINT): name for name, entry in declared(wanted) if entry.get(HINT)}
    return {old: new for old, new in hints.items() if old in stored and new not in stored}


def declared(state):
    """(dotted name, entry) of every column of `schema`."""
    stack = [("", column) for column in reversed(state.get("schema", {}).get("columns", ()))]
    while stack:
        parent, column = stack.pop()
        name = f"{parent}{column['name']}"
        yield name, column
        stack += [(f"{name}.", field) for field in reversed(column.get("fields", ()))]


def names(state):
    """The names of all columns, declared or only named in `columns`."""
    return dict.fromkeys([*(name for name, _entry in declared(state)), *state.get("columns", {})])


def _follow(wanted, renames, sections):
    """Sections that the document leaves alone follow a renamed column."""
    if not renames:
        return
    for key in ("columns", "column_policies"):
        if key in wanted and key not in sections:
            wanted[key] = {renames.get(name, name): entry for name, entry in wanted[key].items()}
    if "quality_rules" in wanted and "quality_rules" not in sections:
        rules = wanted["quality_rules"]
        names_before = documents.rule_names(rules)
        wanted["quality_rules"] = [
            _rule_on(rule, name, renames) for rule, name in zip(rules, names_before, strict=True)
        ]
    traced = wanted.get("lineage", {}).get("columns")
    if traced and "lineage.columns" not in sections:
        found = {renames.get(name, name): urns for name, urns in traced.items()}
        wanted["lineage"] = {**wanted["lineage"], "columns": found}


def _rule_on(rule, name, renames):
    """The rule on the column's new name; its own name, often made of the old one, stays."""
    on = {rule.get("column"), *rule.get("columns", ())}
    if on.isdisjoint(renames):
        return rule
    found = {**rule, "name": name}
    if "column" in rule:
        found["column"] = renames.get(rule["column"], rule["column"])
    if "columns" in rule:
        found["columns"] = [renames.get(name, name) for name in rule["columns"]]
    return found


def _leave(wanted, sections):
    """What hangs on a column goes with it, in the sections too that the document leaves alone."""
    if "schema" not in sections:
        return
    known = names({"schema": wanted.get("schema", {}), "columns": {}})
    if "columns" not in sections and "columns" in wanted:
        wanted["columns"] = {name: entry for name, entry in wanted["columns"].items() if name in known}
    known |= wanted.get("columns", {})
    if "column_policies" in wanted:
        wanted["column_policies"] = {
            name: entry for name, entry in wanted["column_policies"].items() if name in known
        }
    if "quality_rules" in wanted:
        wanted["quality_rules"] = [
            rule for rule in wanted["quality_rules"] if rule.get("column") is None or rule["column"] in known
        ]
    traced = wanted.get("lineage", {}).get("columns")
    if traced:
        found = {name: urns for name, urns in traced.items() if name in known}
        wanted["lineage"] = {**wanted["lineage"], "columns": found}


def keep_unlisted(wanted, state):
    """Put back what the document does not name, columns excepted; returns the sections where something is kept."""
    kept = []
    for key in LISTS:
        if key not in (state or {}):
            continue
        before, now = state[key], wanted.get(key)
        found = _with_unlisted(now, before, names(wanted))
        if found != now:
            wanted[key] = found
            kept.append(key)
    return kept


def _with_unlisted(now, before, columns):
    if now is None:
        if isinstance(before, dict) and set(before) <= columns.keys() and before:
            return before
        return (
            before
            if not isinstance(before, dict) or "version" in before or "sensitivity_level" in before
            else None
        )
    if isinstance(before, list):
        known = {_name(entry) for entry in now}
        return [*now, *(entry for entry in before if _name(entry) not in known)]
    if "version" in before or "sensitivity_level" in before:
        return now
    return now | {name: entry for name, entry in before.items() if name not in now and name in columns}


def _name(entry):
    if isinstance(entry, str):
        return entry
    return entry.get("term") or (entry.get("name"), entry.get("rule"), entry.get("column"))


def keep_by_hand(wanted, state, capsule, columns, author):
    """Put back the values that other people than `author` wrote by hand; returns what is kept, as a plan lists it.

    `columns` are the stored columns with their `meta`. A document that says the same keeps nothing.
    """
    kept = []
    for field, note in _notes(capsule.meta, author):
        key = BY_HAND.get(field)
        if key and state.get(key) != wanted.get(key):
            kept.append(_kept(f"/{key}", note, state.get(key), wanted.get(key)))
            _put(wanted, key, state.get(key))
    entries, before = dict(declared(wanted)), dict(declared(state))
    for column in columns:
        for field, note in _notes(column.meta, author):
            if field == "description" and column.name in entries and column.name in before:
                mine, theirs = before[column.name], entries[column.name]
                pointer = f"/schema/columns/{column.name}/description"
                field_key = "description"
            elif field in MEANT_BY_HAND and column.name in names(wanted):
                mine = state.get("columns", {}).get(column.name, {})
                theirs = wanted.setdefault("columns", {}).setdefault(column.name, {})
                pointer, field_key = f"/columns/{column.name}/{field}", field
            else:
                continue
            if mine.get(field_key) != theirs.get(field_key):
                kept.append(_kept(pointer, note, mine.get(field_key), theirs.get(field_key)))
                _put(theirs, field_key, mine.get(field_key))
    return kept


def _notes(meta, author):
    notes = meta.get("provenance") or {}
    return [(field, note) for field, note in notes.items() if note.get("by") != author]


def _kept(pointer, note, ours, theirs):
    return {
        "pointer": pointer,
        "by": note.get("by", ""),
        "at": note.get("at", ""),
        "kept": ours,
        "document": theirs,
    }


def _put(entry, key, value):
    if value is None:
        entry.pop(key, None)
    else:
        entry[key] = value
