"""JSON as the API writes and reads it: fast, strict, and without rounding."""

import json
from decimal import Decimal
from json import JSONDecodeError

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.dcs.periods import Period

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
DEEPEST = 64  # levels of nesting that a body may have
LARGEST = 2**63  # integers beyond it are written digit by digit
MOST_DIGITS = 1000  # of one number


def encode(data):
    """`data` as JSON bytes: times in UTC with `Z`, decimals and large integers digit by digit, periods in ISO 8601."""
    try:
        return orjson.dumps(data, default=_plain, option=OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_with_large_integers(data), default=_plain, option=OPTIONS)


def _plain(value):
    if isinstance(value, Decimal):
        text = format(value, "f")
        return orjson.Fragment(text.rstrip("0").rstrip(".") or "0" if "." in text else text)
    if isinstance(value, Period):
        return value.iso()
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")


def _with_large_integers(value):
    if isinstance(value, dict):
        return {key: _with_large_integers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_large_integers(item) for item in value]
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        return orjson.Fragment(str(value))
    return value


def decode(text):
    """The value that a JSON text holds; fractions are `Decimal`, so that nothing is rounded on the way.

    Raises `ParseError` with a sentence for what is not JSON, is nested too deeply or cannot be stored as text.
    """
    try:
        value = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse_constant)
    except JSONDecodeError as error:
        raise ParseError(
            _("This is not JSON: line %(line)d, character %(column)d.")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except (RecursionError, ValueError) as error:
        problem = _("it is nested too deeply") if isinstance(error, RecursionError) else str(error)
        raise ParseError(_("This is not JSON: %(problem)s.") % {"problem": problem}) from None
    _check(value, 1)
    return value


def _decimal(text):
    if len(text) > MOST_DIGITS:
        raise ValueError("a number is too long")
    number = Decimal(text)
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError("a number is too large")
    return number


def _integer(text):
    if len(text) > MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _refuse_constant(word):
    raise ValueError(f"{word} is not a number")


def _check(value, depth):
    """PostgreSQL stores neither NUL characters nor half of a surrogate pair."""
    if depth > DEEPEST:
        raise ParseError(_("The body is nested more than %(most)d levels deep.") % {"most": DEEPEST})
    if isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, str):
        _check_text(value)


def _check_text(text):
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ParseError(_("A text holds a character that cannot be stored."))


class JSONRenderer(BaseRenderer):
    """Answers in JSON, in UTF-8."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"" if data is None else encode(data)


class JSONParser(BaseParser):
    """Reads a JSON body, in UTF-8. Too large is 413, everything unreadable 400."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            return decode(body.decode("utf-8"))
        except UnicodeDecodeError:
            raise ParseError(_("The body is not UTF-8.")) from None
