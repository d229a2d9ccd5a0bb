"""Columns of data files, whatever their format: fields that may have fields of their own. Pure."""

from dataclasses import dataclass, field
from typing import Any

from .found import Note

DEEPEST = 30  # fields within fields
MOST = 5_000  # columns of one file, nested ones counted


@dataclass
class Field:
    """A column, or a field of one: its type is spelled as its format spells it."""

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    fields: list["Field"] = field(default_factory=list)
    constraints: list[dict[str, Any]] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)

    def entry(self):
        """The entry of the column in a document."""
        entry: dict[str, Any] = {"name": self.name, "data_type": self.type}
        if not self.nullable:
            entry["is_nullable"] = False
        if self.description:
            entry["description"] = self.description
        if self.constraints:
            entry["constraints"] = self.constraints
        if self.fields:
            entry["fields"] = [each.entry() for each in self.fields]
        if self.aliases:
            entry["x-avro-aliases"] = self.aliases
        if self.meta:
            entry["meta"] = self.meta
        return entry


@dataclass
class Shape:
    """What one file or table of files says of itself."""

    format: str
    fields: list[Field]
    description: str = ""
    compression: str = ""
    rows: int | None = None
    bytes: int | None = None
    partitioning: dict[str, Any] = field(default_factory=dict)
    constraints: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def names(self):
        """The names of its columns: files of one table have the same."""
        return tuple(each.name for each in self.fields)


def unique(fields, notes, called):
    """The fields with names that are there twice told apart and nameless ones named, which is noted."""
    seen: dict[str, int] = {}
    for each in fields:
        if not each.name:
            each.name = "column"
            notes.append(Note("warning", "no_name", f"{called} has a column without a name."))
        name = each.name
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            each.name = f"{name}_{seen[name]}"
            notes.append(
                Note("warning", "same_name", f"{called} has two columns {name}; one is called {each.name}.")
            )
    return fields
