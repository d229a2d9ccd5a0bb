"""What a column can hold, as far as masks must know: which values fit, and how a value reads as text. Pure."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

TEXT, INTEGER, DECIMAL, FLOAT, DATE, MOMENT, BOOLEAN, OTHER = (
    "text", "integer", "decimal", "float", "date", "moment", "boolean", "other",
)  # fmt: skip
NUMBERS = frozenset({INTEGER, DECIMAL, FLOAT})
# What a value is compared by where it is keyed: floats by their millionths, since engines write them differently.
MILLIONTHS, MOST_MILLIONTHS = 1e6, 9e18
LARGEST, LEAST = 1e290, 1e-290  # of floats that are reckoned with: engines end a query at an overflow
EXACT = Context(prec=100)
WIDTHS = {
    8: "TINYINT|INT1",
    16: "SMALLINT|INT2|SMALLSERIAL",
    32: "INT|INTEGER|INT4|MEDIUMINT|SERIAL",
    64: "BIGINT|INT8|LONG|BIGSERIAL|INT64",
}
TYPE = re.compile(
    r"\s*(\w+(?: \w+)*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*( with(?:out)? time zone)?\s*", re.I
)
TEXTS = re.compile(
    r"TEXT|STRING|CLOB|N?VARCHAR2?|N?CHAR|CHARACTER(?: VARYING)?|BPCHAR|NAME|TINYTEXT|LONGTEXT|MEDIUMTEXT",
    re.I,
)


@dataclass(frozen=True)
class Kind:
    """A kind of values; `length` bounds a text, `precision` and `scale` a decimal, `bits` an integer."""

    name: str
    length: int | None = None
    precision: int = 38
    scale: int = 0
    bits: int = 64

    @property
    def lowest(self) -> int:
        """The least that a number may be, in units of its last place."""
        return -(2 ** (self.bits - 1)) if self.name == INTEGER else 1 - 10**self.precision

    @property
    def highest(self) -> int:
        """The most that a number may be, in units of its last place."""
        return 2 ** (self.bits - 1) - 1 if self.name == INTEGER else 10**self.precision - 1

    @property
    def size(self) -> int | None:
        """How many values there are of the kind, None for more than anybody counts."""
        if self.name == BOOLEAN:
            return 2
        if self.name == INTEGER:
            return 2**self.bits
        if self.name == DECIMAL:
            return 10**self.precision
        if self.name == TEXT and self.length is not None and self.length < 16:
            return 95**self.length
        return None


def kind_of(data_type: str | None) -> Kind:
    """The `Kind` of a type as the catalogue spells it; `other` for one that no mask understands."""
    found = TYPE.fullmatch(data_type or "")
    if found is None:
        return Kind(OTHER)
    word, first, second, zone = found[1].upper(), found[2], found[3], (found[4] or "").lower()
    if TEXTS.fullmatch(word):
        return Kind(TEXT, length=int(first) if first else (1 if word in ("CHAR", "BPCHAR") else None))
    for bits, words in WIDTHS.items():
        if re.fullmatch(words, word):
            return Kind(INTEGER, bits=bits)
    if word in ("DECIMAL", "NUMERIC", "NUMBER"):
        if first is None:
            return Kind(DECIMAL, precision=38, scale=10)
        return Kind(DECIMAL, precision=int(first), scale=int(second or 0))
    if word in ("DOUBLE", "DOUBLE PRECISION", "FLOAT8", "FLOAT64"):
        return Kind(FLOAT)
    if word == "DATE":
        return Kind(DATE)
    if word in ("TIMESTAMP", "DATETIME", "TIMESTAMP_NTZ") and zone != " with time zone":
        return Kind(MOMENT)
    return Kind(BOOLEAN) if word in ("BOOLEAN", "BOOL") else Kind(OTHER)


def said(value: Any, kind: Kind) -> str:
    """A value as the text that keyed methods work on, alike in every engine. Raises `ValueError`."""
    if kind.name == FLOAT:
        number = steady(value)
        # Beyond 9e12 the millionths do not fit: all such values are keyed alike.
        return str(int(math.floor(max(-MOST_MILLIONTHS, min(MOST_MILLIONTHS, number * MILLIONTHS)))))
    if kind.name == DECIMAL:
        return f"{Decimal(str(value)).quantize(Decimal(1).scaleb(-kind.scale), context=EXACT):f}"
    if kind.name == MOMENT:
        return f"{value:%Y-%m-%d %H:%M:%S.%f}".rjust(26, "0")
    if kind.name == DATE:
        return value.isoformat()
    if kind.name == INTEGER:
        return str(int(value))
    return unicodedata.normalize("NFC", str(value))


def steady(value: Any) -> float:
    """A float that engines reckon with: none so small that it underflows. Raises `ValueError` for one beyond them."""
    number = float(value)
    if not abs(number) < LARGEST:
        raise ValueError("beyond what is reckoned with")
    return 0.0 if abs(number) < LEAST else number


def read(text: str, kind: Kind) -> Any:
    """What a text says as a value of the kind. Raises `ValueError` for one that does not fit."""
    if kind.name == TEXT:
        if kind.length is not None and len(text) > kind.length:
            raise ValueError("too long")
        return text
    if kind.name == INTEGER:
        return fitting(int(text), kind)
    if kind.name == DECIMAL:
        try:
            found = Decimal(text)
            units = found.scaleb(kind.scale, EXACT)
        except ArithmeticError as error:
            raise ValueError("no number") from error
        if units != units.to_integral_value(context=EXACT):
            raise ValueError("too many places")
        fitting(int(units), kind)
        return found.quantize(Decimal(1).scaleb(-kind.scale), context=EXACT)
    if kind.name == FLOAT:
        return float(text)
    if kind.name == DATE:
        return date.fromisoformat(text)
    if kind.name == MOMENT:
        return datetime.fromisoformat(text)
    if kind.name == BOOLEAN and text in ("true", "false"):
        return text == "true"
    raise ValueError("does not fit")


def fitting(units: int, kind: Kind) -> int:
    """The units of a number if the kind can hold them. Raises `ValueError`."""
    if not kind.lowest <= units <= kind.highest:
        raise ValueError("out of range")
    return units


def units_of(value: Any, kind: Kind) -> int:
    """An integer or decimal in units of its last place."""
    return int(Decimal(str(value)).scaleb(kind.scale, EXACT)) if kind.name == DECIMAL else int(value)


def from_units(units: int, kind: Kind) -> Any:
    """The number of so many units. Raises `ValueError` if the kind cannot hold it."""
    fitting(units, kind)
    return Decimal(units).scaleb(-kind.scale, EXACT) if kind.name == DECIMAL else units
