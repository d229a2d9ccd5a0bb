"""Lists as CSV that a spreadsheet opens without running anything: text that looks like a formula is marked as text."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from io import StringIO

# Signs that begin a formula, also behind quotes and blanks and in their full-width forms (trust.md, section 7).
FORMULA = re.compile(r"[\s\"'\u200b\ufeff]*[=+\-@]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?%?")
BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8


def safe(value):
    """`value` as a cell: None is empty, numbers stay numbers, text that could be a formula gets a `'` before it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        value = str(value)
    if FORMULA.match(unicodedata.normalize("NFKC", value[:64])) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def lines(head: Iterable, rows: Iterable[Iterable]):
    """The lines of a CSV file, one at a time: `head`, then `rows`, each cell made safe."""
    yield BYTE_ORDER_MARK + _line(head)
    for row in rows:
        yield _line(row)


def _line(cells):
    buffer = StringIO()
    csv.writer(buffer).writerow([safe(cell) for cell in cells])
    return buffer.getvalue()
