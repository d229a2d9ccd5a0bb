"""Patterns that mean the same in every engine (quality-engine.md, section 6). Pure.

The subset: literals, classes, groups, alternatives, greedy repetitions, `^`, `$`, `.` and `\\d \\w \\s \\b`, which stand
for ASCII. `$` is the end of the text, never before its last line break, and `.` is anything but a line break.
"""

from dataclasses import dataclass
from functools import lru_cache

from apps.dcs.regexes import compiled

from .refused import Refused

LONGEST = 1_000  # characters
REPEATED = 255  # PostgreSQL takes no more in {n,m}
CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\t\n\f\r "}
CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
SPELLED = {sign: "\\" + letter for letter, sign in CONTROLS.items()}
SPECIAL = set(r"\.^$|()[]{}*+?-&~/#")
WORD = "[A-Za-z0-9_]"
EDGE = f"(?:(?<!{WORD})(?={WORD})|(?<={WORD})(?!{WORD}))"
INSIDE = f"(?:(?<!{WORD})(?!{WORD})|(?<={WORD})(?={WORD}))"
# How what differs is written: end of the text, a word's edge, and inside or outside of a word.
RE2, POSTGRES, JAVA = {"$": "$", "b": r"\b", "B": r"\B"}, {"b": EDGE, "B": INSIDE}, {"b": EDGE, "B": INSIDE}
POSTGRES["$"], JAVA["$"] = "$", r"\z"
DIALECTS = {"duckdb": RE2, "postgres": POSTGRES, "databricks": JAVA, "spark": JAVA}


def check(pattern: str) -> None:
    """Raise `Refused` for a pattern outside the portable subset, or one that cannot be compiled."""
    _compiled(pattern)


def portable(pattern: str, dialect: str) -> str:
    """The pattern in the words of a dialect (duckdb, postgres, databricks). Raises `Refused` as `check` does."""
    _compiled(pattern)
    return _written(pattern, dialect)


def found(pattern: str, text: str) -> bool:
    """Does the pattern occur in the text? As the engines answer, in time linear in the text."""
    return _compiled(pattern).search(text) is not None


def literal(text: str) -> str:
    """A pattern of the subset that matches `text` as it is."""
    return "".join(_sign(sign) for sign in text)


@lru_cache(maxsize=512)
def _compiled(pattern):
    if not pattern:
        raise Refused("pattern_empty")
    if len(pattern) > LONGEST:
        raise Refused("pattern_long", most=LONGEST)
    try:
        return compiled(_written(pattern, "duckdb"))
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused("pattern_unreadable", why=str(error)) from None


@lru_cache(maxsize=512)
def _written(pattern, dialect):
    return "".join(_Reader(pattern, DIALECTS.get(dialect, JAVA)).read())


def _sign(sign):
    if sign in SPELLED:
        return SPELLED[sign]
    return "\\" + sign if sign in SPECIAL else sign


@dataclass
class _Reader:
    """One walk over a pattern that writes it again, sign by sign."""

    pattern: str
    words: dict
    at: int = 0

    def read(self):
        repeatable = False
        while (sign := self._next()) is not None:
            if sign in "*+?{":
                yield self._repetition(sign, repeatable)
                repeatable = False
            else:
                written = self._one(sign)
                repeatable = written not in ("(?:", "|", "^", *self.words.values())
                yield written

    def _next(self):
        if self.at >= len(self.pattern):
            return None
        self.at += 1
        return self.pattern[self.at - 1]

    def _ahead(self, length=1):
        return self.pattern[self.at : self.at + length]

    def _one(self, sign):
        if sign == "\\":
            return self._escape()
        if sign == "[":
            return self._class()
        if sign == "(":
            return self._group()
        if sign == ".":
            return r"[^\n]"
        if sign == "$":
            return self.words["$"]
        if sign in ")|^":
            return sign
        return self._literal(sign)

    def _literal(self, sign):
        if sign == "\0":
            raise Refused("pattern_unreadable", why=r"\0")
        return _sign(sign)

    def _group(self):
        if self._ahead() != "?":
            return "(?:"  # what a group catches is never asked for
        if self._ahead(2) == "?:":
            self.at += 2
            return "(?:"
        if self._ahead(2) in ("?=", "?!") or self._ahead(3) in ("?<=", "?<!"):
            raise Refused("pattern_lookaround", at=self.at)
        raise Refused("pattern_group", at=self.at)

    def _repetition(self, sign, repeatable):
        start = self.at
        if sign == "{":
            counts, closed, _ = self.pattern[self.at :].partition("}")
            least, comma, most = counts.partition(",")
            if not closed or not _digits(least) or (most and not _digits(most)):
                raise Refused("pattern_brace", at=start)
            if int(least) > REPEATED or int(most or 0) > REPEATED:
                raise Refused("pattern_repeated", most=REPEATED)
            self.at += len(counts) + 1
            sign = "{" + counts + "}"
        if not repeatable:
            raise Refused("pattern_repeats_nothing", at=start)
        if self._ahead() in ("?", "+"):
            raise Refused("pattern_lazy", at=self.at + 1)
        return sign

    def _escape(self):
        sign = self._next()
        if sign is None:
            raise Refused("pattern_escape", sign="\\")
        if sign in CLASSES:
            return f"[{CLASSES[sign]}]"
        if sign.lower() in CLASSES:
            return f"[^{CLASSES[sign.lower()]}]"
        if sign in "bB":
            return self.words[sign]
        if sign in "123456789":
            raise Refused("pattern_backreference", sign=sign)
        return self._escaped(sign)

    def _escaped(self, sign):
        if sign in CONTROLS:
            return "\\" + sign
        if sign.isalnum() or sign.isspace() or not sign.isprintable():
            raise Refused("pattern_escape", sign="\\" + sign)
        return _sign(sign)

    def _class(self):
        """A bracketed class; its members are written one by one, so that no engine reads more into them."""
        written, begins = "[", None  # where a range may begin, that is after a single sign
        if self._ahead() == "^":
            self.at += 1
            written += "^"
        while (sign := self._next()) != "]":
            if sign == "-" and begins is False and self._ahead() != "]":
                raise Refused("pattern_class_dash", at=self.at)
            if sign == "-" and begins and self._ahead() != "]":
                member, single = self._member(self._next())
                if not single:
                    raise Refused("pattern_class_dash", at=self.at)
                written, begins = f"{written}-{member}", False
            else:
                member, begins = self._member(sign)
                written += member
        if begins is None:
            raise Refused("pattern_class_empty")
        return written + "]"

    def _member(self, sign):
        """(A member of a class as it is written, whether it is a single sign.)"""
        if sign is None:
            raise Refused("pattern_class_open")
        if sign == "[":
            raise Refused("pattern_class_bracket")
        if sign != "\\":
            return self._literal(sign), True
        sign = self._next()
        if sign in CLASSES:
            return CLASSES[sign], False
        if sign is None or sign in "DWSbB":
            raise Refused("pattern_escape", sign="\\" + (sign or ""))
        return self._escaped(sign), True


def _digits(text):
    return text.isascii() and text.isdigit()
