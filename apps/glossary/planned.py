"""The rows of an import's plan as a page shows them: a hundred at a time, whatever the length of the file."""

import json
from functools import cached_property

from django.db import connection

from apps.ui import paging

from . import plans

ROWS = (
    "FROM dcs.term_imports i CROSS JOIN LATERAL jsonb_array_elements(i.rows) WITH ORDINALITY AS r(said, place)"
    " WHERE i.id = %s"
)


class PlannedRows:
    """The rows of one import with their `number`, for paging; `action` leaves those of one kind."""

    def __init__(self, found, action=""):
        self.found, self.action, self.name = found, action, f"number,{action}"

    @cached_property
    def summary(self):
        """[(action, domain or None, number of rows)], in one query."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.said->>'action', r.said->'values'->>'domain', count(*) {ROWS} GROUP BY 1, 2",  # noqa: S608
                [self.found.pk],
            )
            return cursor.fetchall()

    @property
    def counts(self):
        """{action: number of rows}."""
        found = dict.fromkeys(plans.ACTIONS, 0)
        for action, _domain, number in self.summary:
            found[action] += number
        return found

    @property
    def total(self):
        return sum(number for _action, _domain, number in self.summary)

    @property
    def domains(self):
        """The domains that changing rows name: who decides has to look after all of them."""
        return sorted(
            {
                domain
                for action, domain, _number in self.summary
                if domain and action in (plans.CREATE, plans.CHANGE)
            }
        )

    def slice(self, key, backwards, limit):
        sign, order = ("<", "DESC") if backwards else (">", "ASC")
        where, values = "", [self.found.pk]
        if self.action:
            where, values = " AND r.said->>'action' = %s", [*values, self.action]
        if key is not None:
            where, values = f"{where} AND r.place {sign} %s", [*values, key[0]]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT r.place, r.said::text {ROWS}{where} ORDER BY r.place {order} LIMIT %s",  # noqa: S608
                [*values, limit],
            )
            return [{**json.loads(said), "number": place} for place, said in cursor.fetchall()]

    def key(self, row):
        return [row["number"]]

    def read(self, values):
        if len(values) != 1 or type(values[0]) is not int:
            raise paging.DamagedKey
        return values

    def count(self, cap):
        return min(self.counts.get(self.action, 0) if self.action else self.total, cap)
