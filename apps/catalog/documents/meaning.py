"""Business terms and what columns mean (document format, section 3.3; rules R8, S5, S16)."""

from . import sql
from .keys import MEANING, RANGE, TERM, arranged

TYPED = {"integer": (int,), "number": (int, float), "text": (str,), "boolean": (bool,)}


def terms(entries, place):
    """`business_terms` in canonical form: a name, or an object where more is said than the name."""
    found = []
    for i, entry in enumerate(entries):
        entry = {"term": entry} if isinstance(entry, str) else entry
        if place.known.term and not place.known.term(entry["term"]):
            message = f"No term is called {entry['term']}; the name is kept and linked when there is one."
            (place / i).say("W210", message, "Correct it, or propose the term in the glossary.")
        entry = arranged(entry, TERM)
        found.append(entry["term"] if entry.keys() == {"term"} else entry)
    return found


def normal(section, schema, place):
    """`columns` in canonical form, in the order of the declared columns, others after them by name.

    `schema` is the canonical schema of the same document, or None. A description that both give is said once, in
    the schema; this section's words win (W212).
    """
    declared = _declared(schema) if schema is not None else None
    found = {}
    for name, entry in section.items():
        at = place / name
        column = declared.get(name) if declared is not None else None
        if place.desk.columns is not None and name not in place.desk.columns:
            message = f"The column {name} is not declared in schema.columns; its type will be unknown."
            at.say("W205", message, f"Add {name} to schema.columns.")
        entry = _column(entry, column, at)
        if column is not None and "description" in entry:
            _describe(column, entry, at)
        if entry or column is None:
            found[name] = entry
    order = {name: i for i, name in enumerate(declared or ())}
    return {name: found[name] for name in sorted(found, key=lambda n: (order.get(n, len(order)), n))}


def _declared(schema):
    stack = [("", column) for column in reversed(schema.get("columns", []))]
    found = {}
    while stack:
        parent, column = stack.pop()
        name = f"{parent}{column['name']}"
        found[name] = column
        stack += [(f"{name}.", field) for field in reversed(column.get("fields", []))]
    return found


def _describe(column, entry, place):
    text = entry.pop("description")
    if column.get("description", text) != text:
        message = "The description differs from the one in schema.columns; this one is taken."
        (place / "description").say("W212", message, "Keep one of the two.")
    described = {**column, "description": text}
    order = [key for key in ("name", "data_type", "is_nullable", "description") if key in described]
    rest = [key for key in column if key not in order]
    column.clear()
    column.update({key: described[key] for key in (*order, *rest)})


def _column(entry, column, place):
    entry = dict(entry)
    if "business_terms" in entry:
        entry["business_terms"] = terms(entry["business_terms"], place / "business_terms")
    if "range" in entry:
        (place / "range").ordered(entry["range"], "min", "max", "range")
        entry["range"] = arranged(entry["range"], RANGE)
    if "allowed_values" in entry:
        _values_agree(entry, column, place / "allowed_values")
    if entry.get("value_domain") and place.known.value_domain is not None:
        _in_domain(entry, place)
    return arranged(entry, MEANING)


def _values_agree(entry, column, place):
    family = sql.type_family(column["data_type"], place.desk.dialect) if column else ""
    if not family:
        return
    for i, value in enumerate(entry["allowed_values"]):
        fits = isinstance(value, TYPED[family]) and (family == "boolean" or not isinstance(value, bool))
        if value is not None and not fits:
            message = f"{value!r} is no value of a column of type {column['data_type']}."
            hint = (
                "Put it in quotes." if family == "text" else "Write it without quotes, or correct the type."
            )
            (place / i).say("W217", message, hint)
            return  # one is enough to see what is wrong with the list


def _in_domain(entry, place):
    name = entry["value_domain"]
    codes = place.known.value_domain(name)
    if codes is None:
        message = f"No value domain is called {name}; the name is kept."
        (place / "value_domain").say("W211", message, "Correct it, or make the value domain.")
    elif codes:
        for i, value in enumerate(entry.get("allowed_values", [])):
            if value not in codes:
                message = f"{value!r} is not among the codes of the value domain {name}."
                (place / "allowed_values" / i).say("W217", message, "Add the code, or remove the value.")
