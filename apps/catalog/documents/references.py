"""References to columns of other capsules, in the three ways that people write them (R7)."""

import re

from apps.catalog import urns

from .keys import REFERENCE, arranged

URN = re.compile(r"urn:dcs:[a-z0-9_\-]+:[a-z0-9_\-]+:[^:\s]+:\S(?:.*\S)?", re.ASCII)


class Bundle:
    """The URNs of one file, found by the names that people use for tables."""

    def __init__(self, urns_of_file):
        self.urns = frozenset(urns_of_file)
        self._named = {}
        for urn in urns_of_file:
            _, _, system, _, namespace, name = urn.split(":", 5)
            schema = namespace.rpartition(".")[2]
            for table in {name, f"{schema}.{name}", f"{namespace}.{name}"}:
                self._named.setdefault((system, table), []).append(urn)

    def __contains__(self, urn):
        return urn in self.urns

    def called(self, table, near):
        """The URNs that `table` may mean, in the namespace of the capsule `near` if there are any."""
        _, _, system, _, namespace, _ = near.split(":", 5)
        found = self._named.get((system, table), [])
        same = [urn for urn in found if urn.split(":", 5)[4] == namespace]
        return same or found


def split(reference):
    """(table, columns) that `reference` names: a URN or a table's name, and a list of column names.

    A text is split at the last dot, for a URN the last after its last colon. Raises `ValueError` if a part is
    missing.
    """
    if isinstance(reference, dict):
        columns = reference.get("columns") or ([reference["column"]] if reference.get("column") else [])
        table = reference["table"]
        if not columns or ("column" in reference and "columns" in reference):
            raise ValueError("It names no column, or names columns twice.")
    else:
        head, colon, tail = reference.rpartition(":") if reference.startswith("urn:") else ("", "", reference)
        table, dot, column = tail.rpartition(".")
        if not dot or not table or not column:
            raise ValueError("It has no dot between the table and the column.")
        table, columns = head + colon + table, [column]
    if table.startswith("urn:") and not URN.fullmatch(table):
        raise ValueError("Its table is no URN of a capsule.")
    return table, columns


def joined(table, columns, more=None):
    """The canonical form: a text, or an object where a name holds a dot or there are several."""
    more = {key: value for key, value in (more or {}).items() if key == "meta" or key.startswith("x-")}
    if len(columns) == 1 and "." not in columns[0] and not more:
        return f"{table}.{columns[0]}"
    key = {"column": columns[0]} if len(columns) == 1 else {"columns": columns}
    return arranged({"table": table, **key, **more}, REFERENCE)


def tidied(reference):
    """A stored reference in canonical form; one that cannot be read stays as it is."""
    try:
        table, columns = split(reference)
    except ValueError:
        return reference
    return joined(table, columns, reference if isinstance(reference, dict) else None)


def normal(reference, place, own=1):
    """`reference` in canonical form, checked: readable, as many columns as `own`, resolved if the portal can."""
    try:
        table, columns = split(reference)
    except ValueError as error:
        hint = "Write urn:dcs:…:stg_customers.customer_id, stg_customers.customer_id or {table, column}."
        place.say("E303", f"The reference cannot be read. {error}", hint)
        return reference
    if len(columns) != own:
        message = f"{own} columns refer to {len(columns)}."
        place.say("E303", message, "Name as many referenced columns as own ones.")
    if table.startswith("urn:"):
        table = urns.encoded(table)
    else:
        found = place.desk.bundled.called(table, place.desk.urn) if place.desk.bundled else []
        if not found and place.known.tables is not None:
            found = place.known.tables(table, place.desk.urn)
        if len(found) == 1:
            table = found[0]
        elif found:
            message = f"{table} may be {', '.join(found[:3])}; it is kept as a text."
            place.say("W203", message, "Write the URN of the one that is meant.")
        elif place.known.tables is not None:
            message = f"No capsule is called {table}; the reference is kept as a text."
            place.say("W204", message, "Write the capsule's URN, or deploy that capsule too.")
    return joined(table, columns, reference if isinstance(reference, dict) else None)
