"""What all engines share: one connection, and no answer where nothing is known without reading. Pure."""

from .base import SUBJECT, Unanswered
from .description import quoted


class Connected:
    """One connection of its own: a context manager; queries after it are errors."""

    def __init__(self, description):
        self.described = description
        self.connection = None
        self._types, self._cancelled = {}, False

    def __exit__(self, *_error):
        self.close()

    def close(self):
        """End the connection."""
        if self.connection is not None:
            self.connection.close()

    def table(self, alias=SUBJECT):
        """The `Table` of an alias."""
        found = self.described.table(alias)
        if found is None:
            raise Unanswered("no_table", alias)
        return found

    def key(self):
        """The primary key of the subject as SQL writes its columns, as far as somebody said."""
        subject = self.described.table(SUBJECT)
        return tuple(map(quoted, subject.key)) if subject else ()

    def seconds(self, deadline_s):
        """How long a query may take."""
        return self.described.deadline_s if deadline_s is None else deadline_s

    def repeated(self, _columns, *, where=""):
        """None: the engine groups better than hashes could be brought here."""

    def metadata(self, _alias=SUBJECT):
        """None: nothing is known without reading."""

    def fingerprint(self, _alias=SUBJECT):
        """None: nobody knows whether the data has changed."""

    def unreadable(self, _alias=SUBJECT):
        """{column: how many of its values did not read as its type}: none where types are the source's own."""
        return {}
