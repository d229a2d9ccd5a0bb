"""CSV files: a header, and types that are guessed from the first rows and marked as such. Pure."""

import csv
import gzip
import io
import re
import zlib

from .files_fields import MOST, Field, Shape, unique
from .found import Note, ReaderError

SAMPLE = 1_000_000  # bytes that are looked at
ROWS = 1_000
DELIMITERS = ",;\t|"
NOTHING = {"", "na", "n/a", "nan", "null", "none", "\\n"}
INTEGER = re.compile(r"[+-]?\d{1,18}")
NUMBER = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?")
DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
MOMENT = re.compile(DATE.pattern + r"[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
DOUBTFUL = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{2,4}/\d{1,2}/\d{1,2}")
TRUTH = {"true", "false"}


def shape(path):
    """The `Shape` of a CSV file, packed with gzip or not. Raises `ReaderError`."""
    data = _beginning(path)
    text, encoding = _text(data, path.name)
    if "\x00" in text:
        raise ReaderError("binary", f"{path.name} holds NUL characters: it is no CSV.", "Export it again.")
    if len(data) >= SAMPLE:
        text = text.rpartition("\n")[0]
    if not text.strip():
        raise ReaderError("empty", f"{path.name} is empty.", "Send a file with a header.")
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, path.name)
    found = Shape("csv", [], compression="gzip" if path.suffix == ".gz" else "")
    found.facts = {"delimiter": delimiter, "encoding": encoding}
    names, rows = _header(rows, found, path.name)
    if len(names) > MOST:
        raise ReaderError("too_many", f"{path.name} has {len(names):,} columns, more than {MOST:,}.")
    uneven = sum(len(row) != len(names) for row in rows)
    if uneven:
        words = f"{path.name}: {uneven:,} of the first {len(rows):,} rows have another number of columns than the header."
        found.notes.append(Note("warning", "uneven_rows", words))
    for position, name in enumerate(names):
        values = [row[position].strip() for row in rows if position < len(row)]
        kind, doubt = guessed([value for value in values if value.lower() not in NOTHING])
        if doubt:
            found.notes.append(Note("warning", doubt[0], f"{path.name}: {name} {doubt[1]}"))
        found.fields.append(Field(name, kind, meta={"type_guessed": True}))
    unique(found.fields, found.notes, path.name)
    return found


def guessed(values):
    """(type as DuckDB spells it, (code, words) of what was doubtful or None) of the values of a column."""
    if not values:
        return "VARCHAR", None
    if all(value.lower() in TRUTH for value in values):
        return "BOOLEAN", None
    if any(_has_leading_zero(value) for value in values):
        return "VARCHAR", None  # a code, not a number
    if all(INTEGER.fullmatch(value) for value in values):
        return ("VARCHAR", None) if any(value[0] == "+" for value in values) else ("BIGINT", None)
    if all(NUMBER.fullmatch(value) for value in values):
        return "DOUBLE", None
    if all(DATE.fullmatch(value) for value in values):
        return "DATE", None
    if all(MOMENT.fullmatch(value) for value in values):
        zoned = all(value.endswith("Z") or value[-6:-5] in "+-" for value in values)
        return ("TIMESTAMP WITH TIME ZONE" if zoned else "TIMESTAMP"), None
    if all(DOUBTFUL.fullmatch(value) for value in values):
        return "VARCHAR", (
            "ambiguous_dates",
            "looks like dates whose day and month cannot be told apart; it stays text.",
        )
    return "VARCHAR", None


def _has_leading_zero(value):
    digits = value.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit() and digits.isdigit()


def _beginning(path):
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return file.read(SAMPLE)
        with path.open("rb") as file:
            return file.read(SAMPLE)
    except (OSError, EOFError, zlib.error) as error:
        raise ReaderError("damaged", f"{path.name} cannot be read: {error}.", "Is it whole?") from None


def _text(data, name):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="ignore"), "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError as error:
            if encoding == "utf-8-sig" and len(data) >= SAMPLE and error.start > len(data) - 4:
                return data[: error.start].decode("utf-8-sig"), "utf-8"  # cut within a letter
    return data.decode("latin-1"), "latin-1"


def _delimiter(text):
    """The sign that divides the first lines into the same number of columns, the most of them."""
    lines = text.splitlines()[:20]
    best, most = ",", 0.0
    for sign in DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=sign) if row]
        except csv.Error:
            continue
        even = counts.count(counts[0]) / len(counts) if counts else 0
        if counts and (score := counts[0] * even) > most and counts[0] > 1:
            best, most = sign, score
    return best


def _rows(text, delimiter, name):
    found = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            if row:
                found.append(row)
            if len(found) > ROWS:
                break
    except csv.Error as error:
        raise ReaderError("damaged", f"{name} cannot be read: {error}.", "Is it a CSV file?") from None
    if not found:
        raise ReaderError("empty", f"{name} is empty.", "Send a file with a header.")
    return found


def _header(rows, found, name):
    """(names of columns, the other rows): numbers only are no header."""
    first = [cell.strip() for cell in rows[0]]
    if all(NUMBER.fullmatch(cell) or not cell for cell in first):
        found.facts["header"] = False
        found.notes.append(Note("warning", "no_header", f"{name} has no header; its columns are numbered."))
        return [f"column{number}" for number in range(1, len(first) + 1)], rows
    return [(cell or f"column{number}")[:255] for number, cell in enumerate(first, 1)], rows[1:]
