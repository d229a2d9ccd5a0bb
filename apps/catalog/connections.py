"""What may be written down about reaching a data source: facts and names of secrets, never a secret (errata row B11).

A secret is named by an environment variable: `{"host": "warehouse", "password_env": "WAREHOUSE_PASSWORD"}`.
"""

import math
import re
from collections import Counter

SECRET_WORDS = re.compile(
    r"(^|[_\-.])(pass(word|wd|phrase)?|pwd|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key|credentials?"
    r"|account[_\-]?key|connection[_\-]?string|dsn)($|[_\-.])",
    re.IGNORECASE,
)
BY_NAME = re.compile(r"_(env|var|variable)$", re.IGNORECASE)
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
REFERENCE = re.compile(r"(env|file|vault):\S+")
IN_ADDRESS = re.compile(
    r"://[^/\s:@]*:[^/\s@]+@|[;?&\s](password|pwd|secret|token|sig|key)=[^;&\s]+", re.IGNORECASE
)
KNOWN_FORMS = re.compile(
    r"-----BEGIN|^(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|sk-|dapi|dcs_|eyJ[A-Za-z0-9_-]{10,}\.)|^dop_v1_"
)


def problems(connection, path=""):
    """What must not be stored in `connection` (nested dicts and lists): {dotted path: sentence}."""
    found = {}
    for key, value in connection.items() if isinstance(connection, dict) else enumerate(connection):
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict | list):
            if SECRET_WORDS.search(str(key)) and isinstance(value, list):
                found[name] = "Name environment variables here, one a key that ends in _env."
            else:
                found |= problems(value, name)
        elif sentence := _problem(str(key), value):
            found[name] = sentence
    return found


def _problem(key, value):
    if BY_NAME.search(key):
        if not isinstance(value, str) or not VARIABLE.fullmatch(value):
            return "Write the name of an environment variable, such as WAREHOUSE_PASSWORD."
        return ""
    if value is None or isinstance(value, bool) or value == "":
        return ""
    text = str(value)
    if SECRET_WORDS.search(key) and not REFERENCE.fullmatch(text):
        return f"A secret is never stored. Write {key}_env with the name of an environment variable."
    if looks_secret(text):
        return "This looks like a secret. Keep it in an environment variable and write its name, in a key that ends in _env."
    return ""


def looks_secret(text):
    """True for a password in an address, a token of a known form, or a long text without order."""
    if IN_ADDRESS.search(text) or KNOWN_FORMS.search(text):
        return True
    return any(_without_order(word) for word in re.split(r"[\s/.,;:@]+", text))


def _without_order(word):
    """Shannon's entropy above 4 bits a letter, in a word of letters of both cases and digits."""
    if len(word) < 24 or not (
        re.search("[a-z]", word) and re.search("[A-Z]", word) and re.search("[0-9]", word)
    ):
        return False
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values()) > 4
