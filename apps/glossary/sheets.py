"""Terms as a sheet: CSV that opens in every spreadsheet without running anything, and comes back unchanged.

One row a term, the columns of the design (interop.md, section 7) and `examples`. Lists are parted by `;` in a
cell (`\\;` for the sign itself), examples by line breaks.
"""

import csv
import unicodedata
from io import StringIO

from django.utils.translation import gettext as _

from apps.ui import spreadsheets

from .plans import Entry

COLUMNS = {
    "term_name": "name",
    "display_name": "display_name",
    "definition": "definition",
    "abbreviation": "abbreviation",
    "synonyms": "synonyms",
    "domain": "domain",
    "category": "category",
    "owner": "owner",
    "steward_email": "steward_email",
    "approval_status": "status",
    "tags": "tags",
    "examples": "examples",
}
REQUIRED = ("term_name", "definition")
MOST_BYTES, MOST_ROWS = 10 * 1024 * 1024, 50_000
STATES = ("draft", "under_review", "approved", "deprecated")
# What a new term becomes when the import is approved; what says nothing else is approved with it.
ENTERS_AS = {"draft": "draft", "under_review": "draft", "deprecated": "deprecated"}


class Unreadable(ValueError):
    """The file is no such file at all; the sentence says where and why."""


def write(terms):
    """The lines of the CSV file for `terms`, dicts with the fields of an entry and `status`."""
    rows = ([_cell(column, term.get(name)) for column, name in COLUMNS.items()] for term in terms)
    return spreadsheets.lines(COLUMNS, rows)


def read(data):
    """The entries of a CSV file (bytes): UTF-8 with or without a mark, parted by `,` or `;` as the header is.

    Raises `Unreadable` if it is no such sheet. An entry without a column says nothing about that field.
    """
    text = _text(data)
    header = text.split("\n", 1)[0].strip("\r")
    separator = max(",;", key=lambda sign: len(_known(next(csv.reader([header], delimiter=sign), []))))
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    entries, line = [], 1
    try:
        columns = _columns(next(reader, []))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                entries.append(_entry(f"row {line}", columns, cells))
            if len(entries) > MOST_ROWS:
                raise Unreadable(_("A sheet may have %d rows; part it.") % MOST_ROWS)
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(_("Row %(line)d cannot be read: %(why)s.") % {"line": line, "why": error}) from None
    return entries


def _text(data):
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %d MiB.") % (MOST_BYTES // 1024**2))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(_("Line %d is not UTF-8. Save the sheet as “CSV UTF-8”.") % line) from None
    if not text.strip():
        raise Unreadable(_("The file is empty."))
    return text


def _known(names):
    return [name for name in names if _plain(name) in COLUMNS]


def _plain(name):
    return name.strip().lower().replace(" ", "_")


def _columns(names):
    """The header in the words of the sheet. Raises `Unreadable` if it is none of ours."""
    found = [_plain(name) for name in names]
    if missing := [name for name in REQUIRED if name not in found]:
        raise Unreadable(
            _("The first row names the columns; missing: %(missing)s. Known are %(known)s.")
            % {"missing": ", ".join(missing), "known": ", ".join(COLUMNS)}
        )
    if unknown := [name for name in found if name and name not in COLUMNS]:
        raise Unreadable(
            _("Nobody knows the column %(unknown)s. Known are %(known)s.")
            % {"unknown": ", ".join(unknown), "known": ", ".join(COLUMNS)}
        )
    if repeated := sorted({name for name in found if name and found.count(name) > 1}):
        raise Unreadable(_("A column stands there twice: %s.") % ", ".join(repeated))
    return found


def _entry(place, columns, cells):
    entry = Entry(place, {})
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        entry.problems.append(
            _("The row has %(cells)d cells, the header %(columns)d. A cell with the separator needs quotes.")
            % {"cells": len(cells), "columns": len(columns)}
        )
    for column, cell in zip(columns, cells, strict=False):
        if column:
            entry.values[COLUMNS[column]] = _value(column, unescaped(cell))
    status = (entry.values.pop("status", None) or "").lower()
    if status and status not in STATES:
        entry.problems.append(_("“%s” is no state of a term.") % status)
    elif status in ENTERS_AS:
        entry.values["enters_as"] = ENTERS_AS[status]
    return entry


def _value(column, text):
    text = unicodedata.normalize("NFC", text.strip().replace("\r\n", "\n"))
    if column in ("synonyms", "tags"):
        return _parted(text)
    if column == "examples":
        return [line.strip() for line in text.split("\n") if line.strip()]
    return text


def unescaped(cell):
    """A cell without the `'` that keeps a spreadsheet from running it: the exact reverse of `spreadsheets.safe`."""
    return cell[1:] if cell.startswith("'") and spreadsheets.safe(cell[1:]) == cell else cell


def _parted(text):
    """The words of a cell: `a; b\\;c` gives ["a", "b;c"]."""
    words, word, escaped = [], "", False
    for sign in text:
        if escaped:
            word, escaped = word + (sign if sign in ";\\" else f"\\{sign}"), False
        elif sign == "\\":
            escaped = True
        elif sign == ";":
            words.append(word)
            word = ""
        else:
            word += sign
    words.append(word + ("\\" if escaped else ""))
    return list(dict.fromkeys(found for one in words if (found := one.strip())))


def _cell(column, value):
    if column in ("synonyms", "tags"):
        return "; ".join(word.replace("\\", "\\\\").replace(";", "\\;") for word in value or [])
    if column == "examples":
        return "\n".join(" ".join(example.split()) for example in value or [])
    return "" if value is None else str(value)
