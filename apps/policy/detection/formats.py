"""Which formats of personal data one value has. Pure; nothing here asks the network.

`formats(value)` gives the names of tests: those whose shape the value has, and those that it passes.
"""

import ipaddress
import re

import phonenumbers
from stdnum import iban, luhn

from . import national

LONGEST = 300  # characters of a value that are looked at
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "BR")

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", re.I)
_CARD = re.compile(r"(?:\d[ -]?){12,18}\d")
_MAC = re.compile(
    r"(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.I
)
_IMEI = re.compile(r"\d{15}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_V4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_V6 = re.compile(r"[0-9a-f:]{2,39}(?::\d{1,3}(?:\.\d{1,3}){3})?", re.I)
_PHONE = re.compile(r"\+?[\d\s()./-]{7,25}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.I)
# What nobody writes but in a number that is dialled: a country's code, an area in brackets, an extension.
_NOTATION = re.compile(
    r"\+\d.*|(?:00|0)?\d{0,3}\s?\(\d{1,5}\)\s?[\d\s./-]{4,}.*|.*\d\s?(?:x|ext\.?)\s?\d{1,6}", re.I
)
_DIGITS = re.compile(r"\d(?:[ ./-]?\d){5,24}")
_DATE = re.compile(
    r"(?P<y>(?:18|19|20)\d\d)([-/.]?)(?P<m>\d\d)\2(?P<d>\d\d)(?:[T ][\d:.+Z ]*)?"
    r"|(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<z>(?:18|19|20)\d\d)"
)
_STREET = re.compile(
    r"\b(?:street|st|avenue|ave|av|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|bd|highway|hwy|way|square|terrace|"
    r"place|pl|plaza|parkway|pkwy|rue|chemin|impasse|allée|allee|quai|route|calle|c/|avenida|avda|paseo|pasaje|camino|"
    r"ronda|glorieta|rambla|vial|cuesta|acceso|callejón|urbanización|via|viale|corso|piazza|rua|travessa|ulica|ul|al|"
    r"platz|weg|gasse|ring|damm|ufer|straße|strasse|str|laan|straat|plein)\b"
    r"|\w(?:straße|strasse|str\.|platz|weg|gasse|allee|ring|damm|ufer|straat|laan|plein)(?:\b|\s)",
    re.I,
)
_POSTCODE = re.compile(
    r"\d{4,5}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{2}-\d{3}",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.\-]*(?:[ '’.\-]+[^\W\d_]+\.?){0,5}")
_ICD = re.compile(r"[A-TV-Z]\d[\dA-Z](?:\.[\dA-Z]{1,4})?")
_BLOOD = re.compile(
    r"(?:AB|A|B|O|0)(?: ?[+-−]| ?(?:pos|neg|positiv|negativ|positive|negative)| ?rh[+-])", re.I
)
_OPAQUE = re.compile(r"(?:[0-9a-f]{24,}|[A-Za-z0-9+/_-]{24,}={0,2})", re.I)
_PLATE = re.compile(r"[A-ZÄÖÜ0-9]{1,4}(?:[ ·-]?[A-Z0-9]{1,5}){1,3}")
_USER = re.compile(r"[A-Za-z][\w.\-]{2,39}")


def formats(value: str) -> tuple[set[str], set[str]]:
    """({tests whose shape the value has}, {tests that it passes}); a test that passes has its shape."""
    value = value.strip()[:LONGEST]
    shaped: set[str] = set()
    passed: set[str] = set()

    def found(test, holds=True):
        shaped.add(test)
        if holds:
            passed.add(test)

    if not value:
        return shaped, passed
    digits = sum(map(str.isdigit, value))
    if "@" in value:
        if _EMAIL.fullmatch(value):
            found("email")
        return shaped, passed
    if digits:
        _with_digits(value, digits, found)
    else:
        if _BLOOD.fullmatch(value):
            found("blood_group")
        if len(value) <= 60 and _NAME.fullmatch(value):
            found("person_name")
    if value.count(":") >= 2 and _V6.fullmatch(value):
        found("ipv6", _ip(value))
    if len(value) >= 24 and _OPAQUE.fullmatch(value):
        found("opaque")
    if len(value) <= 40 and " " not in value and _USER.fullmatch(value):
        found("user_name")
    return shaped, passed


def _with_digits(value, digits, found):
    if _V4.fullmatch(value):
        found("ipv4", _address_of_a_host(value))
    if _IBAN.fullmatch(value):
        found("iban", iban.is_valid(value))
    if _CARD.fullmatch(value):
        bare = value.replace(" ", "").replace("-", "")
        if _issued(bare):
            found("card", luhn.is_valid(bare))
    if _MAC.fullmatch(value):
        found("mac")
    if _IMEI.fullmatch(value):
        found("imei", luhn.is_valid(value))
    if len(value) == 36 and _UUID.fullmatch(value):
        found("uuid")
    for number in national.candidates(value):
        found(number.key, national.holds(number, value))
    if 7 <= digits <= 17 and _PHONE.fullmatch(value) and not _V4.fullmatch(value):
        found("phone_written")
        if value.startswith("+"):
            found("phone_international", _phone(value))
        elif _NOTATION.fullmatch(value):
            found("phone_notation")
        elif not value.isdigit() and value.count(".") != 1:
            found("phone_grouped")
    if _DIGITS.fullmatch(value):
        found("digits")
    if (date := _DATE.fullmatch(value)) and _day(date):
        found("date")
    if len(value) <= 10 and _POSTCODE.fullmatch(value):
        found("postcode")
    if len(value) >= 6 and " " in value and _STREET.search(value):
        found("street")
    if len(value) <= 8 and _ICD.fullmatch(value):
        found("icd")
    if len(value) <= 3 and _BLOOD.fullmatch(value):
        found("blood_group")
    if 5 <= len(value) <= 12 and _PLATE.fullmatch(value):
        found("plate")


def _ip(value):
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _address_of_a_host(value):
    """An IPv4 address, and neither a mask nor a number of a version, whose parts are small."""
    if not _ip(value):
        return False
    first, *rest = map(int, value.split("."))
    if first in (0, 255):
        return False
    return first >= 10 and max(first, *rest) >= 32


def _issued(bare):
    """True for the lengths and first digits that issuers of cards use."""
    if len(bare) == 15:
        return bare[:2] in ("34", "37", "18", "21")
    if len(bare) == 14:
        return bare[:2] in ("30", "36", "38", "39")
    if bare[0] == "4":
        return len(bare) in (13, 16, 19)
    if len(bare) in (12, 13, 17, 18, 19):
        return bare[:2] in ("50", "56", "57", "58", "60", "63", "67")
    return (
        bare[:2] in ("51", "52", "53", "54", "55", "60", "62", "64", "65", "35")
        or "2221" <= bare[:4] <= "2720"
    )


def _phone(value):
    """A number with its country's code that may exist; "+49 (0) 30 …" as people write it, too."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value.replace("(0)", ""), None))
    except phonenumbers.NumberParseException:
        return False


def dialled(value: str, region: str) -> bool:
    """True if the number may be dialled in a region; slow, so asked for few values."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False


def _day(date):
    parts = date.groupdict()
    if parts["y"]:
        return 1 <= int(parts["m"]) <= 12 and 1 <= int(parts["d"]) <= 31
    first, second = int(parts["a"]), int(parts["b"])
    return 1 <= min(first, second) <= 12 and max(first, second) <= 31
