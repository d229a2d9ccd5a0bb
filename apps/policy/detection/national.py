"""Numbers that states give to people: which shapes they have, and which check digits hold. Pure."""

import importlib
import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Number:
    """A number of one state: its module in python-stdnum, its shape without separators, and whether its check is telling.

    A check is telling if one number in twenty or fewer passes by chance.
    """

    key: str
    module: str
    shape: re.Pattern
    telling: bool = True

    def holds(self, text: str) -> bool:
        return _module(self.module).is_valid(text)


@cache
def _module(name):
    return importlib.import_module(f"stdnum.{name}")


def _number(key, module, shape, telling=True):
    return Number(key, module, re.compile(shape), telling)


NUMBERS = (
    _number("ssn_us", "us.ssn", r"\d{9}", telling=False),
    _number("nir_fr", "fr.nir", r"[1-478]\d{5}[\dAB]\d{8}"),
    _number("dni_es", "es.dni", r"\d{8}[A-Z]"),
    _number("nie_es", "es.nie", r"[XYZ]\d{7}[A-Z]"),
    _number(
        "codice_fiscale_it",
        "it.codicefiscale",
        r"[A-Z]{6}[\dL-V]{2}[A-EHLMPRST][\dL-V]{2}[A-Z][\dL-V]{3}[A-Z]",
    ),
    _number("pesel_pl", "pl.pesel", r"\d{11}"),
    _number("cpf_br", "br.cpf", r"\d{11}"),
    _number("idnr_de", "de.idnr", r"[1-9]\d{10}"),
    _number("nrn_be", "be.nn", r"\d{11}"),
    _number("oib_hr", "hr.oib", r"\d{11}", telling=False),
    _number("fnr_no", "no.fodselsnummer", r"\d{11}"),
    _number("bsn_nl", "nl.bsn", r"\d{9}", telling=False),
    _number("sin_ca", "ca.sin", r"\d{9}", telling=False),
    _number("personnummer_se", "se.personnummer", r"(?:\d{6}|\d{8})[-+]\d{4}"),
    _number("hetu_fi", "fi.hetu", r"\d{6}[-+A]\d{3}[\dA-Z]"),
    _number("ssn_ch", "ch.ssn", r"756\d{10}"),
    _number("cnp_ro", "ro.cnp", r"[1-9]\d{12}"),
    _number("rc_cz", "cz.rc", r"\d{10}", telling=False),
    _number("tckimlik_tr", "tr.tckimlik", r"[1-9]\d{10}"),
    _number("curp_mx", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[\dA-Z]\d"),
    _number("aadhaar_in", "in_.aadhaar", r"[2-9]\d{11}", telling=False),
    _number("nino_gb", "", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]"),
    # The German pension insurance number has no module: area, date of birth, initial, serial, check digit.
    _number("rvnr_de", "", r"\d{8}[A-Z]\d{3}"),
)
_SEPARATORS = str.maketrans("", "", " .-/")
_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_KEPT = frozenset({"personnummer_se", "hetu_fi"})  # their separator says the century


def candidates(value: str) -> list[Number]:
    """The numbers whose shape the value has."""
    bare = value.translate(_SEPARATORS).upper()
    if not 9 <= len(bare) <= 18:
        return []
    return [n for n in NUMBERS if n.shape.fullmatch(value.upper() if n.key in _KEPT else bare)]


def holds(number: Number, value: str) -> bool:
    """True if the check of the number holds, or its stricter shape where it has none."""
    bare = value.translate(_SEPARATORS).upper()
    if number.key == "nino_gb":
        return bare[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
    if number.key == "rvnr_de":
        return _rvnr(bare)
    return number.holds(value if number.key in _KEPT else bare)


def _rvnr(bare):
    day, month = int(bare[2:4]), int(bare[4:6])
    if not (1 <= day % 50 <= 31 and 1 <= month <= 12):
        return False
    digits = bare[:8] + f"{ord(bare[8]) - 64:02}" + bare[9:11]
    total = sum(sum(divmod(w * int(d), 10)) for w, d in zip(_WEIGHTS, digits, strict=True))
    return total % 10 == int(bare[11])
