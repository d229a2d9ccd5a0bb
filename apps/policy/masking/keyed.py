"""Keyed hashing that SQL can express alike: KH(v) = sha256(k || hex(sha256(k || v))) (trust.md, section 4.2). Pure."""

import hashlib

PER_COLUMN, SYSTEM = "per_column", "use_system_salt"
ALGORITHMS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512, "blake2b": hashlib.blake2b}
CHUNK = 15  # hex digits that are read as one number
UNIFORM = 13  # hex digits of a uniform number: its 52 bits fit a double
LOWER, UPPER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
LETTERS = LOWER + UPPER + DIGITS


def key_text(keys, *infos):
    """The key for some uses as hexadecimal text, which is what engines put before a value."""
    return "".join(keys.derive(info).hex() for info in infos)


def infos(rule):
    """What the key of a rule is derived for; two of them where a pepper is added."""
    if rule.method == "pseudonymization":
        return (f"pseudonym\0{rule.option('namespace', rule.urn)}",)
    if rule.method == "hashing":
        salt = "hash" if rule.option("salt", PER_COLUMN) == SYSTEM else f"hash\0{rule.urn}"
        return (salt, "pepper") if rule.option("pepper", True) else (salt,)
    return (f"{rule.method}\0{rule.urn}",)


def kh(key, text, algorithm="sha256"):
    """The keyed hash of a text, in lower-case hexadecimal."""
    once = ALGORITHMS[algorithm]
    return once((key + once((key + text).encode()).hexdigest()).encode()).hexdigest()


def numbered(digest, most):
    """A number from 0 up to `most`, without it."""
    return int(digest[:CHUNK], 16) % most


def uniform(digest):
    """A number between 0 and 1, without both."""
    return (int(digest[:UNIFORM], 16) + 0.5) / 2**52


def scrambled(key):
    """Letters and digits in another order, none at its own place and each within its class."""
    return "".join(_deranged(key, alphabet) for alphabet in (LOWER, UPPER, DIGITS))


def _deranged(key, alphabet):
    """One cycle through all signs (Sattolo 1986): none stays."""
    signs = list(alphabet)
    for place in range(len(signs) - 1, 0, -1):
        other = numbered(kh(key, f"{alphabet}{place}"), place)
        signs[place], signs[other] = signs[other], signs[place]
    return "".join(signs)
