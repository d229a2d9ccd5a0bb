"""What every source of data offers, and what it says when it cannot."""

from dataclasses import dataclass

from apps.dcs.refusals import Conflict


class Unreadable(Conflict):
    """Data cannot be read now; the message says why and what to do. Pages and API answer 409.

    `reason` is the code of the engine that refused (`engines.base.Unanswered`), empty if none was asked.
    """

    def __init__(self, detail, reason=""):
        super().__init__(detail, code="no_data_source")
        self.reason = reason


@dataclass(frozen=True)
class TableRef:
    """The table or view of a database in which the data lies; `schema` and `database` may be empty."""

    name: str
    schema: str = ""
    database: str = ""
