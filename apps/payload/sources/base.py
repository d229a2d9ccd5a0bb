"""What every source of data offers, and what it says when it cannot."""

from dataclasses import dataclass

from apps.dcs.refusals import Conflict

MOST_ROWS = 1_000_000  # that one query may bring


class Unreadable(Conflict):
    """Data cannot be read now; the message says why and what to do. Pages and API answer 409."""

    def __init__(self, detail):
        super().__init__(detail, code="no_data_source")


@dataclass(frozen=True)
class TableRef:
    """The table or view of a database in which the data lies; `schema` and `database` may be empty."""

    name: str
    schema: str = ""
    database: str = ""
