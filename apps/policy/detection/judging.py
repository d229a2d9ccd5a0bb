"""From counts to a judgement: which personal data a column holds, how surely, and because of what (trust.md, section 5). Pure.

The share of values that fit over the column is the signal, never single hits. A strong format tells by itself from 60 % on; a
weak one, which strings of digits pass by chance, when 97 % of the values of its shape pass, and 60 % of all; others only
bear out what the name says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.catalog import pii_names

from . import formats, names, national

VERSION = 1  # of the rules; a refusal remembers it
QUEUED, PROPOSED = 0.5, 0.9  # confidence from which a person is asked, and from which the level rises at once
ENOUGH, ALMOST_ALL, FEW = 0.6, 0.97, 20
FITS, SOME = 0.5, 0.1  # shares that bear a name out, or at least do not refute it
LOOKED_AT = 40  # values that are tried as numbers of a region

STRONG = {
    "email": ("email",),
    "bank_account": ("iban",),
    "ip_address": ("ipv4", "ipv6"),
    "device_id": ("mac",),
    "address": ("street",),
    "ssn": tuple(number.key for number in national.NUMBERS if number.telling),
}
WEAK = {
    "credit_card": ("card",),
    "device_id": ("imei",),
    "health": ("blood_group",),
    "ssn": tuple(number.key for number in national.NUMBERS if not number.telling),
}
CONFIRMING = {
    "phone": ("phone_written",),
    "address": ("postcode",),
    "name": ("person_name",),
    "date_of_birth": ("date",),
    "health": ("icd", "person_name"),
    "device_id": ("uuid", "opaque"),
    "biometric": ("opaque",),
    "ssn": ("digits",),
    "bank_account": ("digits",),
    "credit_card": ("digits",),
    "direct_identifier": ("plate", "user_name"),
}
# No format could refute these.
FREE = frozenset({"health", "biometric", "direct_identifier"})
KINDS = (
    *STRONG,
    "phone",
    *(kind for kind in CONFIRMING if kind not in STRONG and kind != "phone"),
    "credit_card",
)
PHONE_SHARE = 0.25  # of the numbers that must be written as only phone numbers are


@dataclass(frozen=True)
class Detection:
    """A type of personal data for a column: `confidence` 0–1, `evidence` name, values or both.

    `match_rate` is the share (0–1) of `sample_size` values that pass the test `test`, `counts` how many pass each test of the
    type, `word` the words of the name that speak for it. No value is in here.
    """

    pii_type: str
    confidence: float
    evidence: str
    match_rate: float
    sample_size: int
    test: str = ""
    word: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_proposed(self):
        return self.confidence >= PROPOSED


@dataclass(frozen=True)
class _Sample:
    """What the tests found in a sample: how many values there are, which have the shape of a test, which pass it."""

    size: int
    shaped: Counter
    passed: Counter
    regional: tuple[str, ...]  # grouped digits that may be somebody's phone number

    def rate(self, test):
        return self.passed[test] / self.size if self.size else 0.0

    def best(self, tests):
        """(test, share) of the one that most values pass."""
        test = max(tests, key=lambda one: self.passed[one], default="")
        return test, self.rate(test) if test else 0.0


def detect(column_name: str, values: Iterable = (), data_type: str = "") -> Detection | None:
    """The most likely personal data in a column, or None. `values` are those of a sample, as they come from the source.

    Below `QUEUED` nothing is told. A boolean holds none.
    """
    if data_type.lower() in ("bool", "boolean", "bit"):
        return None
    told, sample = names.said(column_name), _counted(values)
    found = [one for kind in dict.fromkeys(KINDS) if (one := _judged(kind, told, sample)) is not None]
    best = max(found, key=lambda one: (one.confidence, one.match_rate), default=None)
    return best if best is not None and best.confidence >= QUEUED else None


def _counted(values):
    size, shaped, passed, regional = 0, Counter(), Counter(), []
    for value in values:
        text = "" if value is None else str(value).strip()
        if not text:
            continue
        size += 1
        has, holds = formats.formats(text)
        shaped.update(has)
        passed.update(holds)
        if "phone_grouped" in holds and len(regional) < LOOKED_AT:
            regional.append(text)
    return _Sample(size, shaped, passed, tuple(regional))


def _judged(kind, told, sample):
    tests = (*STRONG.get(kind, ()), *WEAK.get(kind, ()), *CONFIRMING.get(kind, ()))
    by_values = _by_phone(told, sample) if kind == "phone" else _by_values(kind, told, sample)
    if told.pii_type == kind:
        return _named(kind, told.phrase, tests, by_values, sample)
    if word := told.hints.get(kind):
        return _hinted(kind, word, tests, by_values, told, sample)
    if by_values is None:
        return None
    test, rate, confidence = by_values
    return _detection(kind, confidence, "values", test, rate, "", tests, sample)


def _named(kind, word, tests, by_values, sample):
    """The name says it outright: values bear it out, refute it, or are missing."""
    if not sample.size:
        return _detection(kind, 0.8, "name", "", 0.0, word, tests, sample)
    test, rate = sample.best(tests)
    if by_values is not None and by_values[1] > rate:
        test, rate = by_values[:2]
    if rate >= FITS:
        return _detection(kind, 0.92 + 0.07 * rate, "both", test, rate, word, tests, sample)
    if rate >= SOME:
        return _detection(kind, 0.75, "both", test, rate, word, tests, sample)
    # A digest or a token of what the name says still stands for a person.
    confidence = 0.8 if kind in FREE else 0.6 if sample.rate("opaque") >= FITS else 0.4
    return _detection(kind, confidence, "name", "", 0.0, word, tests, sample)


def _hinted(kind, word, tests, by_values, told, sample):
    """The name only hints at it: nothing without values that fit."""
    if by_values is not None:
        test, rate, confidence = by_values
        return _detection(kind, max(0.92, confidence), "both", test, rate, word, tests, sample)
    test, rate = sample.best(tests)
    if rate < FITS or told.is_thing or pii_names.about_things(told.words):
        return None
    loose = test in CONFIRMING.get(kind, ())
    return _detection(kind, 0.7 if loose else 0.9, "both", test, rate, word, tests, sample)


def _by_values(kind, told, sample):
    """(test, share, confidence) where the values tell by themselves."""
    strong = STRONG.get(kind, ())
    if strong and not (kind == "ip_address" and told.is_numbering):
        test, rate = sample.best(strong)
        if kind == "ip_address":
            rate = min(1.0, sum(sample.rate(one) for one in strong))
        if rate >= ENOUGH:
            return test, rate, _sure(rate, sample.size)
    for test in WEAK.get(kind, ()):
        if told.is_thing or sample.shaped[test] < FEW or sample.rate(test) < ENOUGH:
            continue
        # Nine of ten random codes pass the rules for US numbers: only many that all pass say something.
        if test == "ssn_us" and sample.shaped[test] < 2 * FEW:
            continue
        if sample.passed[test] >= ALMOST_ALL * sample.shaped[test]:
            return test, sample.rate(test), 0.7
    return None


def _by_phone(told, sample):
    written = sample.rate("phone_written")
    plain = sample.passed["phone_international"] + sample.passed["phone_notation"]
    if not sample.size or written < ENOUGH or told.is_thing:
        return None
    if plain >= ENOUGH * sample.size:
        return "phone_written", written, _sure(plain / sample.size, sample.size)
    if plain >= PHONE_SHARE * sample.size:
        return "phone_written", written, 0.75
    tried = sample.regional
    enough = len(tried) >= FEW and len(tried) >= ENOUGH * min(sample.size, LOOKED_AT)
    if enough and any(_dialled_in(region, tried) for region in formats.REGIONS):
        return "phone_grouped", sample.rate("phone_grouped"), 0.7
    return None


def _dialled_in(region, tried):
    """True if almost all of these are numbers of the region; trying one costs 50 µs, so it ends when too many are not."""
    left = len(tried) - ALMOST_ALL * len(tried)
    for text in tried:
        if not formats.dialled(text, region):
            left -= 1
            if left < 0:
                return False
    return True


def _sure(rate, size):
    """0.8 at 60 % to 0.98 at all; a handful of values says little."""
    confidence = 0.8 + 0.18 * (rate - ENOUGH) / (1 - ENOUGH)
    return min(confidence, 0.6 if size < 5 else 0.85 if size < FEW else 1.0)


def _detection(kind, confidence, evidence, test, rate, word, tests, sample):
    counts = {one: sample.passed[one] for one in tests if sample.passed[one]}
    if kind == "phone":
        counts |= {
            one: sample.passed[one]
            for one in ("phone_international", "phone_notation", "phone_grouped")
            if sample.passed[one]
        }
    return Detection(kind, round(confidence, 3), evidence, round(rate, 4), sample.size, test, word, counts)
