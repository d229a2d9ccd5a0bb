"""Statements over many rows at once: the rows go along as one JSON parameter."""

import json

from django.db import connection


def with_rows(statement, shape, rows, *parameters):
    """Execute `statement`, in which `{rows}` is a relation `s` of `rows`, dicts of the columns in `shape`.

    Returns the cursor's rows if the statement returns any, else how many it touched. `parameters` come after the rows.
    """
    if not rows:
        return []
    relation = f"jsonb_to_recordset(%s::jsonb) AS s ({shape})"
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("{rows}", relation), [json.dumps(rows, default=str), *parameters])
        return cursor.fetchall() if cursor.description else cursor.rowcount
