"""Methods that hide signs of a text: redaction, partial redaction, shape and scramble. Pure.

Each has a function of Python's and one that writes SQL; tests hold the two together on hostile texts.
"""

import re

from . import keyed
from .dialects import BEYOND_ASCII
from .kinds import TEXT

RUN = 8  # marks of a redaction that tells no length (errata row D8)
SIGNS = r"[A-Za-z0-9]|[^\x01-\x7f]"  # letters and digits; whatever lies beyond ASCII counts as a letter
DOMAIN = "@[^@]*$"
PLAIN = keyed.LOWER + keyed.UPPER + keyed.DIGITS
SHAPES = "x" * 26 + "X" * 26 + "9" * 10
_BEYOND, _SIGNS = re.compile(BEYOND_ASCII), re.compile(SIGNS)


def char(rule):
    return rule.option("redaction_char", "*")


def redaction(rule, keys):
    constant = rule.config.get("constant")

    def one(value):
        if rule.kind.name != TEXT or constant is not None:
            return constant_of(rule)
        if keeps_signs(rule):
            return _SIGNS.sub(lambda _found: char(rule), value)
        return char(rule) * (len(value) if rule.preserve_length else RUN)

    return one


def keeps_signs(rule):
    return rule.preserve_format or not rule.option("full_redaction", True)


def constant_of(rule):
    """What stands for a value of which nothing is told."""
    from .kinds import read

    constant = rule.config.get("constant")
    if constant is not None:
        return read(str(constant).lower() if isinstance(constant, bool) else str(constant), rule.kind)
    return char(rule) * RUN if rule.kind.name == TEXT and rule.method == "redaction" else None


def redaction_sql(rule, keys, to, value):
    constant = rule.config.get("constant")
    if rule.kind.name != TEXT or constant is not None:
        return constant_sql(rule, to)
    if keeps_signs(rule):
        return to.replaced(value, SIGNS, char(rule))
    return f"repeat({to.text(char(rule))}, {to.length(value) if rule.preserve_length else RUN})"


def constant_sql(rule, to):
    found = constant_of(rule)
    return (
        "NULL"
        if found is None
        else to.cast(to.text(str(found).lower() if found in (True, False) else str(found)), rule.kind)
    )


def partial(rule, keys):
    prefix, suffix = rule.option("preserve_prefix", 0), rule.option("preserve_suffix", 0)
    least = rule.option("min_masked", 1)
    at_domain = rule.option("preserve_domain", False)

    def one(value):
        local, domain = value, ""
        if at_domain and "@" in value:
            local, domain = value[: value.rindex("@")], value[value.rindex("@") :]
        if not local:
            return char(rule) * len(value)
        size = len(local)
        shown = max(0, min(suffix, size - least - prefix))
        ahead = max(0, min(prefix, size - least - shown))
        return local[:ahead] + char(rule) * (size - ahead - shown) + local[size - shown :] + domain

    return one


def partial_sql(rule, keys, to, value):
    prefix, suffix = rule.option("preserve_prefix", 0), rule.option("preserve_suffix", 0)
    least, mark = rule.option("min_masked", 1), to.text(char(rule))
    domain = to.found(value, DOMAIN) if rule.option("preserve_domain", False) else "''"
    local = f"left({value}, {to.length(value)} - {to.length(domain)})" if domain != "''" else value
    size = to.length(local)
    shown = f"greatest(0, least({suffix}, {size} - {least} - {prefix}))"
    ahead = f"greatest(0, least({prefix}, {size} - {least} - {shown}))"
    told = f"left({local}, {ahead}) || repeat({mark}, {size} - {ahead} - {shown}) || right({local}, {shown}) || {domain}"
    return f"CASE WHEN {local} = '' THEN repeat({mark}, {to.length(value)}) ELSE {told} END"


def shape(rule, keys):
    changed = str.maketrans(PLAIN, _alphabet(rule, keys))

    def one(value):
        return _BEYOND.sub("x", value).translate(changed)

    return one


def _alphabet(rule, keys):
    if rule.option("mode", "shape") == "shape":
        return SHAPES
    return keyed.scrambled(keyed.key_text(keys, *keyed.infos(rule)))


def shape_sql(rule, keys, to, value):
    if rule.option("mode", "shape") == "shape":
        alphabet = to.text(SHAPES)
    else:
        alphabet = to.alphabet(keys, *keyed.infos(rule))
    return f"translate({to.replaced(value, BEYOND_ASCII, 'x')}, {to.text(PLAIN)}, {alphabet})"
