"""Structure in a capsule document: columns with their meaning, keys and indexes (sections 3.2 and 3.3).

The meaning of columns is here because it stands in the same rows; the glossary adds their business terms.
"""

from . import column_entries, column_rows, key_entries, key_rows
from .documents.keys import SCHEMA
from .remainder import entry_of, noted


def snapshot(capsules):
    """{capsule id: {schema, columns}}; three queries."""
    columns = column_entries.stored(capsules)
    constraints = key_entries.constraints(capsules)
    indexes = key_entries.indexes(capsules)
    found = {}
    for capsule in capsules:
        mine = columns.get(capsule.pk, [])
        own, wide = constraints.get(capsule.pk, ({}, []))
        in_key = {name for one in wide if one["type"] == "primary_key" for name in one["columns"]}
        told = {
            "columns": column_entries.declarations(mine, own, in_key),
            "constraints": wide,
            "indexes": indexes.get(capsule.pk, []),
        }
        schema = entry_of(told, {"doc": {"rest": noted(capsule.meta).get("schema")}}, SCHEMA)
        found[capsule.pk] = {"schema": schema, "columns": column_entries.meanings(mine)}
    return found


def write(wanted):
    """Make columns, keys and indexes of each (capsule, state) equal to it (section 2: what it leaves out is retired)."""
    key_rows.write(wanted, column_rows.write(wanted))
