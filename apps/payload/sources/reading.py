"""A source that is read in this process: by statements of the portal's own, never by those of people."""

from apps.payload.engines import opened
from apps.payload.engines.base import Unanswered
from apps.payload.engines.description import MOST_ROWS

from . import held
from .sentences import unreadable


class Source:
    """The table of a `Place`, read-only: a context manager. Raises `Unreadable`, also from its methods.

    `deadline_s` is for each query, `rows` how many of them a query may bring.
    """

    def __init__(self, place, *, deadline_s, memory_mb, rows=MOST_ROWS):
        self.place = place
        self.limits = {"deadline_s": deadline_s, "memory_mb": memory_mb, "rows": rows}

    def __enter__(self):
        description = self.place.description(**self.limits)
        self.engine = self._asked(opened(description).__enter__)
        return self

    def __exit__(self, *_error):
        self.engine.close()

    def _asked(self, ask, *given):
        try:
            return ask(*given)
        except Unanswered as error:
            raise unreadable(error, self.place, self.limits) from None

    @property
    def connection(self):
        """The driver's connection."""
        return self.engine.connection

    @property
    def dialect(self):
        """How sqlglot and Ibis name its SQL."""
        return self.engine.dialect

    @property
    def relation(self):
        """The table as SQL writes it."""
        return self._asked(self.engine.relation)

    def fetch(self, sql, values=()):
        """The rows of a query as tuples."""
        return self._asked(self.engine.fetch, sql, values)

    def types(self):
        """{column: type, as the engine spells it} in the order of the table."""
        return self._asked(self.engine.types)

    def held(self, column, values):
        """Those of `values`, a list of texts, that some row has in `column`, as a set; they compare as its type does.

        Raises `Unreadable` if there is no such column.
        """
        return held.held(self, column, list(values))
