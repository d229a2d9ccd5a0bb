"""A look at a capsule's data: a few rows as this reader may see them, and what the data says of its own size.

`asked` is decided with the reader's rights, in their transaction; `look` reads, outside of any. A value that is withheld
is not read at all.
"""

import datetime
import math
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Column
from apps.people.reader import system

from .engines.base import SUBJECT, Unanswered
from .engines.description import quoted
from .maskers import Mask, Shown, masks
from .opening import open_engine
from .sources.base import Unreadable

ROWS = 20
MOST_COLUMNS = 50
LONGEST = 200  # characters of a value that are shown
NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|DECIMAL|NUMERIC|DOUBLE|FLOAT|REAL", re.IGNORECASE)
DEADLINE_S = 8
COUNT_S = 2
READ_WHOLE = 50 * 2**20  # bytes of a text file up to which all its values are read for a look
MEMORY_MB = 256


@dataclass(frozen=True)
class Asked:
    """What a reader may see of a capsule: {column's name, folded: (column, its `Mask` or None)}, and what is hidden."""

    capsule: object
    columns: dict
    hidden: frozenset  # names, folded, that this reader does not know of


@dataclass(frozen=True)
class Heading:
    """One column of a preview: `withheld` says why its values are not shown, `masked` what they are shown through.

    `method` is how they are masked, `failed` how many of them could not be, and are empty instead.
    """

    name: str
    data_type: str = ""
    withheld: str = ""
    masked: str = ""
    method: str = ""
    failed: int = 0

    @property
    def is_number(self):
        """True for a column whose values stand to the right."""
        return bool(NUMBERS.match(self.data_type))


@dataclass(frozen=True)
class Cell:
    """One value: as text, perhaps cut; `kind` is `null`, `number`, `bytes`, `text` or `withheld`."""

    text: str = ""
    kind: str = "text"
    is_cut: bool = False
    is_number: bool = False  # the column's, for a value that is none


@dataclass(frozen=True)
class Preview:
    """Rows and facts; None for what the data does not tell. `more_columns` are beyond those that are shown."""

    headings: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    more_columns: int = 0
    more_rows: bool = False
    row_count: int | None = None
    bytes: int | None = None
    files: int | None = None
    changed_at: datetime.datetime | None = None
    unreadable: dict = field(default_factory=dict)

    @property
    def withheld(self):
        """How many of the columns that are shown withhold their values."""
        return sum(bool(heading.withheld) for heading in self.headings)


def asked(capsule, reader):
    """The `Asked` of a reader for a capsule that they may see."""
    visible = list(Column.objects.visible_to(reader).filter(capsule=capsule, retired_at=None))
    with acting(system("preview")):
        stored = Column._base_manager.filter(capsule=capsule, retired_at=None).values_list("name", flat=True)
        every = {name.casefold() for name in stored}
    hiding = masks(reader, visible)
    shown = {column.name.casefold(): (column, hiding.get(column.pk)) for column in visible}
    return Asked(capsule, shown, frozenset(every - set(shown)))


def look(asked):
    """The `Preview`. Raises `Unreadable` with a sentence where the data cannot be read now."""
    with open_engine(asked.capsule, deadline_s=DEADLINE_S, memory_mb=MEMORY_MB) as engine:
        try:
            return _looked(asked, engine)
        except Unanswered as error:
            raise Unreadable(_said(error), error.code) from None


def _looked(asked, engine):
    names = [name for name in engine.types() if name.casefold() not in asked.hidden]
    headings, hiding = [], []
    for name in names[:MOST_COLUMNS]:
        # What the catalogue does not know nobody has classified.
        _column, mask = asked.columns.get(name.casefold(), (None, Mask(_("not in the catalogue"))))
        applied = mask is not None and mask.apply is not None
        reason = "" if mask is None or applied else mask.because
        told = (mask.because, mask.method) if applied else ("", "")
        headings.append(Heading(name, engine.types()[name], reason, *told))
        hiding.append(mask)
    headings, rows = _rows(engine, headings, hiding)
    facts = _facts(engine)
    return Preview(
        headings=headings,
        rows=rows[:ROWS],
        more_columns=max(0, len(names) - MOST_COLUMNS),
        more_rows=len(rows) > ROWS,
        unreadable=_unreadable(engine, headings) if facts.get("bytes", 0) <= READ_WHOLE else {},
        **facts,
    )


def _rows(engine, headings, hiding):
    """(headings with what could not be masked, rows of cells)."""
    read = [heading.name for heading in headings if not heading.withheld]
    if not read:
        return headings, []
    # What conditions look at is read as well, and not shown by that.
    stored = {name.casefold(): name for name in engine.types()}
    needed = {name: stored.get(name.casefold()) for mask in hiding if mask for name in mask.needs}
    asked = list(dict.fromkeys([*read, *filter(None, needed.values())]))
    told = ", ".join(map(quoted, asked))
    found = engine.fetch(f"SELECT {told} FROM {engine.relation()} LIMIT {ROWS + 1}")  # noqa: S608 - quoted names
    clear = {name: [row[place] for row in found] for place, name in enumerate(asked)}
    rows = [
        {name: None if place is None else clear[place][at] for name, place in needed.items()}
        for at in range(len(found))
    ]
    columns, told = [], []
    for heading, mask in zip(headings, hiding, strict=True):
        cells, failed = _column(heading, mask, clear.get(heading.name), rows)
        columns.append(cells)
        told.append(replace(heading, failed=failed))
    return told, [list(row) for row in zip(*columns, strict=True)]


def _column(heading, mask, values, rows):
    """(cells of a column, how many values could not be masked)."""
    if heading.withheld:
        return [Cell(kind="withheld", is_number=heading.is_number)] * len(rows), 0
    shown = mask.apply(values, rows) if mask else Shown(values)
    return [replace(cell(value), is_number=heading.is_number) for value in shown.values], shown.failed


def _facts(engine):
    """Rows, bytes, files and the last change, as far as the data tells; counting may take a moment, not more."""
    facts = {}
    found = engine.metadata()
    if found is not None:
        facts = {"row_count": found.rows, "bytes": found.bytes, "files": found.files}
        if found.changed_at:
            facts["changed_at"] = datetime.datetime.fromtimestamp(found.changed_at, tz=datetime.UTC)
        return facts
    table = engine.described.table(SUBJECT)
    facts = _of_files(table.files) if table.files else {}
    try:
        counted = f"SELECT count(*) FROM {engine.relation()}"  # noqa: S608 - quoted names
        facts["row_count"] = engine.fetch(counted, deadline_s=COUNT_S)[0][0]
    except Unanswered:
        facts["row_count"] = None
    return facts


def _unreadable(engine, headings):
    """{column: how many of its values are not of its type} of those that are shown; none if counting takes too long."""
    shown = {heading.name for heading in headings if not heading.withheld}
    try:
        return {name: lost for name, lost in engine.unreadable().items() if name in shown}
    except Unanswered:
        return {}


def _of_files(paths):
    stats = [Path(path).stat() for path in paths]
    changed = max(one.st_mtime for one in stats)
    return {
        "bytes": sum(one.st_size for one in stats),
        "files": len(stats),
        "changed_at": datetime.datetime.fromtimestamp(changed, tz=datetime.UTC),
    }


def cell(value):
    """A value as people read it: cut where it is long, bytes as their number."""
    if value is None:
        return Cell(kind="null")
    if isinstance(value, bytes):
        return Cell(str(len(value)), "bytes")
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, int | Decimal):
        return Cell(str(value)[:LONGEST], "number")
    if isinstance(value, float):
        return Cell(repr(value) if math.isfinite(value) else str(value), "number")
    said = _said_of(value)
    return Cell(said[:LONGEST], "text", len(said) > LONGEST)


def _said_of(value):
    """Nested values with their names, times as ISO writes them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inner(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inner, value)) + "]"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def _inner(value):
    return "null" if value is None else cell(value).text


def _said(error):
    """A sentence for what an engine did not answer, without its words: these may hold values."""
    return {
        "deadline": _("The data did not answer in time. Look again, or ask its owner."),
        "memory": _("Its rows need more memory than a look may take."),
        "too_much": _("Its values are larger than a look may bring."),
        "forbidden": _("The account of the portal may not read this table."),
        "locked": _("Somebody holds a lock on the table. Try again later."),
        "no_table": _("The source has no such table."),
        "changed": _("The data changed while it was read. Look again."),
        "format": _("A file is damaged, or not of the format that the catalogue says."),
    }.get(error.code) or _("The data cannot be read now.")
