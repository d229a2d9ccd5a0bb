"""Methods that can be undone by who has the key: encryption, and encryption that keeps the format. Pure.

Both are Python's alone: a key never stands in SQL that leaves the process.
"""

import base64
import binascii
import os
import string

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from .ff1 import FF1, LEAST_DOMAIN
from .kinds import TEXT
from .rules import Redacted, Unmaskable

VERSION = "v1"
CLASSES = {"digits": string.digits, "lower": string.ascii_lowercase, "upper": string.ascii_uppercase}
ALPHABETS = {
    "digits": ("digits",),
    "lower": ("lower",),
    "upper": ("upper",),
    "letters": ("lower", "upper"),
    "alphanumeric": ("digits", "lower", "upper"),
}
DETECTED = "detected"
TURNS = 400  # how often a cipher is applied until its result looks like the value; a handful in practice


# ---------- encryption ----------


def encryption(rule, keys):
    said = rule.urn.encode()
    if rule.option("mode", "gcm") == "siv":
        siv = AESSIV(keys.derive(f"siv\0{rule.urn}", length=64))
        return lambda value: _sealed(keys.kid, b"", siv.encrypt(value.encode(), [said]))
    gcm = AESGCM(keys.derive(f"gcm\0{rule.urn}"))

    def one(value):
        nonce = os.urandom(12)
        return _sealed(keys.kid, nonce, gcm.encrypt(nonce, value.encode(), said))

    return one


def _sealed(kid, nonce, sealed):
    return ".".join(
        (VERSION, kid, *(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (nonce, sealed)))
    )


def kid_of(text):
    """The name of the key with which a text was encrypted. Raises `Unmaskable` for one that is no such text."""
    parts = text.split(".")
    if len(parts) != 4 or parts[0] != VERSION:
        raise Unmaskable("not encrypted here")
    return parts[1]


def decrypted(rule, keys, text):
    """The value behind an encrypted text; `keys` are those of its kid. Raises `Unmaskable`."""
    kid_of(text)
    try:
        nonce, sealed = (_decoded(part) for part in text.split(".")[2:])
        if nonce:
            found = AESGCM(keys.derive(f"gcm\0{rule.urn}")).decrypt(nonce, sealed, rule.urn.encode())
        else:
            found = AESSIV(keys.derive(f"siv\0{rule.urn}", length=64)).decrypt(sealed, [rule.urn.encode()])
        return found.decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Unmaskable("not encrypted with this key") from error


def _decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# ---------- format-preserving encryption ----------


def formatted(rule, keys):
    """A function of a list of texts; a value that is too short for its domain becomes `Redacted`."""
    return lambda values: Formatted(rule, keys).run(values, forward=True)


def unformatted(rule, keys):
    """The function that undoes `formatted`."""
    return lambda values: Formatted(rule, keys).run(values, forward=False)


class Formatted:
    """FF1 over the letters and digits of texts: separators stay, and so does which classes of signs a text has.

    A result of other classes is encrypted again until it has those of the value (cycle walking), so that who undoes it
    finds the same alphabet. Numbers that pass the check of Luhn pass it afterwards, the others do not.
    """

    def __init__(self, rule, keys):
        self.rule, self.tweak = rule, rule.urn.encode()
        self.key = keys.derive(f"fpe\0{rule.urn}")
        self.is_number = rule.kind.name != TEXT
        cut = any(rule.option(name) for name in ("keep_prefix", "keep_suffix", "luhn"))
        self.takes_digits = (
            not self.is_number and not cut and rule.option("alphabet", DETECTED) in (DETECTED, "digits")
        )

    def run(self, values, *, forward):
        groups, found, of_digits = {}, [None] * len(values), {}
        for place, value in enumerate(values):
            if self.takes_digits and value.isascii() and value.isdigit():
                of_digits.setdefault(len(value), []).append(place)
                continue
            try:
                part = self._part(value)
            except Redacted as error:
                found[place] = error
                continue
            groups.setdefault((part["classes"], len(part["signs"]), part["check"]), []).append((place, part))
        for (classes, length, check), parts in groups.items():
            alphabet = "".join(CLASSES[name] for name in classes)
            for (place, part), signs in zip(
                parts, self._walked(alphabet, classes, length, check, parts, forward), strict=True
            ):
                found[place] = self._whole(part, signs)
        for length, places in of_digits.items():
            sealed = self._digits_of([values[place] for place in places], length, forward)
            for place, text in zip(places, sealed, strict=True):
                found[place] = text
        return found

    def _digits_of(self, values, length, forward):
        """Texts of nothing but digits, all of one length: the common case, without taking each apart."""
        if 10**length < LEAST_DOMAIN:
            return [Redacted("too few signs")] * len(values)
        cipher = FF1(self.key, 10)
        step = cipher.encrypt if forward else cipher.decrypt
        numerals = np.frombuffer("".join(values).encode(), np.uint8).reshape(-1, length) - ord("0")
        told = (step(numerals, self.tweak) + ord("0")).astype(np.uint8).tobytes().decode()
        return [told[at : at + length] for at in range(0, len(told), length)]

    def _part(self, value):
        """What of a value is encrypted: the signs between what is kept, their classes, whether a check digit follows."""
        wanted = self.rule.option("alphabet", DETECTED)
        present = tuple(name for name, signs in CLASSES.items() if any(sign in signs for sign in value))
        classes = present if wanted == DETECTED else ALPHABETS[wanted]
        alphabet = "".join(CLASSES[name] for name in classes)
        places = [place for place, sign in enumerate(value) if sign in alphabet]
        if any(sign.isalnum() or sign > "\x7f" for sign in value if sign not in alphabet):
            raise Redacted("signs outside of the alphabet")
        kept = self.rule.option("keep_prefix", 0), self.rule.option("keep_suffix", 0)
        inner = places[kept[0] : len(places) - kept[1]]
        check = None
        if self.rule.option("luhn", False) and classes == ("digits",):
            check = luhn_valid("".join(value[place] for place in places))
            inner = inner[:-1] if check else inner
        if len(alphabet) ** len(inner) < LEAST_DOMAIN or len(inner) < 2:
            raise Redacted("too few signs")
        if wanted == DETECTED:
            shown = tuple(name for name in classes if any(value[place] in CLASSES[name] for place in inner))
            classes = shown
            if len("".join(CLASSES[name] for name in classes)) ** len(inner) < LEAST_DOMAIN:
                raise Redacted("too few signs")
        signs = "".join(value[place] for place in inner)
        return {
            "value": value,
            "places": inner,
            "all": places,
            "signs": signs,
            "classes": classes,
            "check": check,
        }

    def _walked(self, alphabet, classes, length, check, parts, forward):
        cipher = FF1(self.key, len(alphabet))
        step = cipher.encrypt if forward else cipher.decrypt
        index = {sign: number for number, sign in enumerate(alphabet)}
        numerals = np.array([[index[sign] for sign in part["signs"]] for _place, part in parts], np.int64)
        waiting = np.arange(len(parts))
        for _turn in range(TURNS):
            numerals[waiting] = step(numerals[waiting], self.tweak)
            looks = [
                self._fits(parts[at][1], "".join(alphabet[n] for n in numerals[at]), classes, check)
                for at in waiting
            ]
            waiting = waiting[~np.array(looks, bool)]
            if not len(waiting):
                break
        lost = set(waiting.tolist())
        return [
            None if at in lost else "".join(alphabet[number] for number in row)
            for at, row in enumerate(numerals)
        ]

    def _fits(self, part, signs, classes, check):
        if self.is_number and signs[0] == "0" and part["places"][0] == part["all"][0]:
            return False
        is_detected = self.rule.option("alphabet", DETECTED) == DETECTED
        if is_detected and any(not set(CLASSES[name]).intersection(signs) for name in classes):
            return False
        return check is not False or not luhn_valid(self._digits(part, signs))

    def _digits(self, part, signs):
        whole = self._filled(part, signs)
        return "".join(whole[place] for place in part["all"])

    def _filled(self, part, signs):
        whole = list(part["value"])
        for place, sign in zip(part["places"], signs, strict=True):
            whole[place] = sign
        return whole

    def _whole(self, part, signs):
        if signs is None:
            return Redacted("no result of this form")
        whole = self._filled(part, signs)
        if part["check"]:
            digits = [whole[place] for place in part["all"][:-1]]
            whole[part["all"][-1]] = luhn_digit("".join(digits))
        return "".join(whole)


def luhn_sum(digits):
    """The sum of Luhn's check (ISO/IEC 7812-1, annex B) over digits of which the last is the check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total


def luhn_valid(digits):
    """True for digits whose last one is their check digit."""
    return bool(digits) and luhn_sum(digits) % 10 == 0


def luhn_digit(digits):
    """The digit that makes the digits pass when it is put behind them."""
    return str(-luhn_sum(digits + "0") % 10)
