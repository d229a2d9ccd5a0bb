"""Two versions of a capsule side by side, read once for all that compare them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .facts import Facts
from .matching import Matching, match
from .quality import guarded
from .table import Table
from .types import dialect_of


@dataclass
class Versions:
    """The old and the new document, their structures and how the columns of one are those of the other."""

    old: dict[str, Any]
    new: dict[str, Any]
    facts: Facts

    @cached_property
    def dialect(self) -> str | None:
        """The SQL dialect that both versions are read in."""
        return dialect_of(self.new) or dialect_of(self.old)

    @cached_property
    def before(self) -> Table:
        """The old structure."""
        return Table.of(self.old, self.dialect)

    @cached_property
    def after(self) -> Table:
        """The new structure."""
        return Table.of(self.new, self.dialect, like=self.before)

    @cached_property
    def matching(self) -> Matching:
        """Which column is which."""
        return match(self.before, self.after, self.facts.renames)

    @cached_property
    def renames(self) -> frozenset[tuple[str, str]]:
        """(old, new) names of the columns that changed theirs."""
        return frozenset(self.matching.renamed.items())

    @cached_property
    def guarded(self) -> frozenset[str]:
        """The old columns whose range a severe rule keeps."""
        return guarded(self.old)

    def order(self, *names) -> list[str]:
        """Column names in the order of the new structure, then of the old, then by alphabet."""
        wanted = set().union(*names)
        known = dict.fromkeys([*self.after.columns, *self.before.columns])
        return [name for name in known if name in wanted] + sorted(wanted - known.keys())

    def section(self, key) -> tuple[Any, Any]:
        """One section of both documents, empty where a document leaves it out."""
        return self.old.get(key) or {}, self.new.get(key) or {}

    def by_column(self, key) -> list[tuple[str, str, dict, dict]]:
        """(old name, new name, old part, new part) of a section that is keyed by column, renames followed.

        What hung on a column that was removed, and left with it, is not listed.
        """
        old, new = self.section(key)
        was = {self.matching.now(name): name for name in old}
        return [
            (was.get(name, name), name, old.get(was.get(name, name)) or {}, new.get(name) or {})
            for name in self.order(was, new)
            if not (name not in new and self.matching.gone(was[name]))
        ]
