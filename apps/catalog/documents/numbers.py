"""Numbers as YAML and JSON write them: kept exactly, or refused."""

import re
from decimal import Decimal, InvalidOperation

LONGEST = 60  # characters; also keeps int() and Decimal() from working for seconds
DIGITS = 40  # of a whole number
PLAIN = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Inexact(ValueError):
    """A number that would come back different from what was written."""


def number(text):
    """The number that `text` spells in YAML 1.2's core or in JSON; None if it spells none.

    Whole values are `int` (`1.0` and `1e3` too), others `float`. Raises `Inexact` for infinity, NaN, whole
    numbers of more than 40 digits, and decimals that a double cannot give back as written.
    """
    if ENDLESS.fullmatch(text):
        raise Inexact("Infinity and NaN are no values.")
    if OCTAL.fullmatch(text) or HEXADECIMAL.fullmatch(text):
        if len(text) > LONGEST:
            raise Inexact(f"A number of {len(text)} characters is too long.")
        return int(text[2:], 8 if text[1] == "o" else 16)
    if not PLAIN.fullmatch(text):
        return None
    if len(text) > LONGEST:
        raise Inexact(f"A number of {len(text)} characters is too long.")
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise Inexact("The exponent is too large.") from None
    if exact and not -400 < exact.adjusted() < DIGITS:
        raise Inexact(f"A number is kept with at most {DIGITS} digits before the point.")
    if exact == exact.to_integral_value():
        return int(exact)
    if Decimal(repr(float(exact))) != exact:
        raise Inexact("A decimal is kept with at most 15 digits.")
    return float(exact)
