"""What DDL says, before it becomes documents: tables with columns, keys and indexes. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """The name of a table: folded as its dialect folds names that are not quoted. `schema` and `database` may be empty."""

    name: str
    schema: str = ""
    database: str = ""

    def __str__(self):
        return ".".join(part for part in (self.database, self.schema, self.name) if part)


@dataclass
class Column:
    """A column; `type` is written as its database would say it."""

    name: str
    type: str
    nullable: bool = True
    default: str = ""
    description: str = ""
    meta: dict = field(default_factory=dict)


@dataclass
class Key:
    """A key or check of a table: `type` as in documents. `to` and `to_columns` are what a foreign key refers to."""

    type: str
    columns: list
    name: str = ""
    expression: str = ""
    to: Name | None = None
    to_columns: list = field(default_factory=list)
    on_delete: str = ""
    on_update: str = ""
    deferrable: bool = False
    enforced: bool = True
    meta: dict = field(default_factory=dict)


@dataclass
class Index:
    """An index that is not merely there for a key."""

    name: str
    columns: list
    expressions: list = field(default_factory=list)
    method: str = "btree"
    unique: bool = False
    where: str = ""
    tablespace: str = ""
    fill_factor: int | None = None
    meta: dict = field(default_factory=dict)


@dataclass
class Table:
    """A table or view: `kind` is table or view; a view has a `query`. `line` is where it is made."""

    name: Name
    line: int
    kind: str = "table"
    columns: list[Column] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    description: str = ""
    query: str = ""
    query_columns: list = field(default_factory=list)  # names that a view gives to what its query returns
    materialized: bool = False
    foreign: bool = False
    parent: Name | None = None  # of which it is a partition
    bound: str = ""
    parents: list[Name] = field(default_factory=list)  # from which it inherits
    partitioning: dict = field(default_factory=dict)
    partitions: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)

    def column(self, name):
        """The column of this name, in whatever case if there is only one; None."""
        exact = next((each for each in self.columns if each.name == name), None)
        if exact is not None:
            return exact
        alike = [each for each in self.columns if each.name.casefold() == name.casefold()]
        return alike[0] if len(alike) == 1 else None

    def primary_key(self):
        """The columns of the primary key, in its order."""
        return next((key.columns for key in self.keys if key.type == "primary_key"), [])


@dataclass
class Enumeration:
    """A type whose values are listed, or a domain: another type with checks."""

    values: list = field(default_factory=list)
    base: str = ""
    checks: list = field(default_factory=list)


class Tables(dict[Name, Table]):
    """{name: table}, which also finds tables by their names alone, in whatever case."""

    def __init__(self):
        super().__init__()
        self._alike: dict[str, dict[Name, None]] = {}

    def __setitem__(self, name, table):
        super().__setitem__(name, table)
        self._alike.setdefault(name.name.casefold(), {})[name] = None

    def __delitem__(self, name):
        super().__delitem__(name)
        del self._alike[name.name.casefold()][name]

    def discard(self, name):
        """Take a table out, if it is there."""
        if name in self:
            del self[name]

    def called(self, name):
        """The names of the tables that are called so, in whatever schema and case."""
        return list(self._alike.get(name.casefold(), ()))
