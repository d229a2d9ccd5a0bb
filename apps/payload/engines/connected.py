"""What all engines share: one connection, and no answer where nothing is known without reading. Pure."""

from typing import Any

from .base import SUBJECT, Unanswered
from .description import quoted


class Connected:
    """One connection of its own: a context manager; queries after it are errors."""

    def __init__(self, description):
        self.described = description
        self.connection: Any = None
        self._types: dict[str, dict[str, str]] = {}
        self._cancelled = False

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
        """The primary key of the subject as SQL writes its columns; none if nobody said, or the data has no such columns."""
        subject = self.described.table(SUBJECT)
        if subject is None or not subject.key:
            return ()
        stored = {name.casefold(): name for name in self.types()}
        named = [name if name in self.types() else stored.get(name.casefold()) for name in subject.key]
        return () if None in named else tuple(map(quoted, named))

    def types(self, alias=SUBJECT) -> dict[str, str]:
        """{column: type, as the engine spells it} in the order of the table."""
        raise NotImplementedError

    def seconds(self, deadline_s):
        """How long a query may take."""
        return self.described.deadline_s if deadline_s is None else deadline_s

    def repeated(self, _columns, *, where="", worst=0):
        """None: the engine groups better than hashes could be brought here."""

    def metadata(self, _alias=SUBJECT):
        """None: nothing is known without reading."""

    def fingerprint(self, _alias=SUBJECT):
        """None: nobody knows whether the data has changed."""

    def fingerprints(self, _alias=SUBJECT):
        """{file: its fingerprint} of a table made of files: this one is not."""
        return {}

    def unreadable(self, _alias=SUBJECT):
        """{column: how many of its values did not read as its type}: none where types are the source's own."""
        return {}

    @property
    def privileged(self):
        """True for an account that may do anything: files have none."""
        return False
