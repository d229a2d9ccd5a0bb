"""Values as lines of JSON between a child and its parent: typed ones survive, nothing in a line is code. Pure."""

import base64
import datetime
import json
import math
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

# A value that JSON does not know is an object of one key, which says what it is.
TAGS: dict[str, Callable] = {
    "float": float,
    "decimal": Decimal,
    "date": datetime.date.fromisoformat,
    "moment": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
    "span": lambda parts: datetime.timedelta(*parts),
    "bytes": base64.b64decode,
    "uuid": UUID,
    "map": lambda pairs: {_untagged(key): _untagged(value) for key, value in pairs},
}


def line(message):
    """A message, made of dicts with text keys, lists and values, as one line of bytes."""
    return json.dumps(_outer(message), separators=(",", ":")).encode() + b"\n"


def message(data):
    """What a line says. Raises `ValueError` for a line that is none."""
    try:
        return _inner(json.loads(data))
    except (KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _outer(said):
    return {key: tagged(value) for key, value in said.items()}


def _inner(said):
    return {key: _untagged(value) for key, value in said.items()}


def tagged(value):
    """The value as JSON holds it; of a kind that nobody knows as its text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list | tuple):
        return [tagged(one) for one in value]
    return _special(value)


def _special(value):
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime.datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    if isinstance(value, datetime.time):
        return {"time": value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"span": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, UUID):
        return {"uuid": str(value)}
    if isinstance(value, dict):
        return {"map": [[tagged(key), tagged(one)] for key, one in value.items()]}
    return str(value)


def _untagged(value):
    if isinstance(value, list):
        return [_untagged(one) for one in value]
    if isinstance(value, dict):
        ((tag, inner),) = value.items()
        return TAGS[tag](inner)
    return value
