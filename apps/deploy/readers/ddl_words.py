"""Walking over the words of one statement. Pure."""

import re

from .ddl_model import Name

UPPER = frozenset({"oracle", "snowflake"})  # dialects that fold names to capitals
AS_WRITTEN = frozenset(
    {"mysql", "tsql", "sqlite", "bigquery", "duckdb", "databricks", "spark", "hive", "clickhouse"}
)
GENERIC = frozenset({"STRUCT", "ARRAY", "MAP"})  # types that have others between < and >
OPENING, CLOSING = {"(": ")", "[": "]"}, {")", "]"}


class Misread(ValueError):
    """The statement says something that is not expected here; the message says what."""


class Walk:
    """A place among words; what it takes, it passes."""

    def __init__(self, words, text, dialect):
        self.words, self.text, self.dialect, self.at = words, text, dialect, 0

    @property
    def done(self):
        """True behind the last word."""
        return self.at >= len(self.words)

    def see(self, ahead=0):
        """The next word in capitals, or the sign; empty for a quoted thing, a number, and the end."""
        place = self.at + ahead
        return self.words[place].upper if place < len(self.words) else ""

    def sees(self, phrase):
        """True if these words come next."""
        return all(self.see(ahead) == word for ahead, word in enumerate(phrase.split()))

    def take(self, *phrases):
        """Pass the first of these phrases that comes next and return it; empty if none does."""
        for phrase in phrases:
            if self.sees(phrase):
                self.at += len(phrase.split())
                return phrase
        return ""

    def need(self, *phrases):
        """As `take`. Raises `Misread` if none comes next."""
        return self.take(*phrases) or self._expected(" or ".join(phrases))

    def _expected(self, what):
        found = self.words[self.at] if not self.done else None
        said = self.text[found.start : found.end][:40] if found else "the end"
        raise Misread(f"{what} is expected, and {said} is there.")

    def next(self):
        """Pass one word and return it. Raises `Misread` at the end."""
        if self.done:
            self._expected("Something")
        self.at += 1
        return self.words[self.at - 1]

    def name(self):
        """Pass a name and return it as its dialect folds it. Raises `Misread`."""
        if self.done or self.words[self.at].kind not in ("word", "name"):
            self._expected("A name")
        word = self.next()
        if word.kind == "name":
            return word.value
        return folded(word.value, self.dialect)

    def qualified(self):
        """Pass a name of up to four parts with points between them; returns the parts."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name() if self.see() != "." else "")
        return parts

    def table(self):
        """Pass the name of a table; returns a `Name`."""
        parts = self.qualified()
        if self.dialect == "bigquery" and len(parts) == 1:
            parts = parts[0].split(".")  # `project.dataset.table` is one name there
        parts = parts[-3:]
        database, schema, name = ["", "", *parts][-3:]
        return Name(name, schema, database)

    def names(self):
        """Pass a bracket with names, such as those of the columns of a key, their order and length left out."""
        found = []
        for item in self.items():
            found.append(item.name())
            item.ordering()
            if not item.done:
                item._expected("A comma")
        return found

    def ordering(self):
        """Pass what may follow a column in a key: a length, a class of operators, an order."""
        if self.see() == "(":
            self.bracket()
        self.take("ASC", "DESC")
        self.take("NULLS FIRST", "NULLS LAST")

    def string(self):
        """Pass a string in quotes and return what it holds; strings that follow each other are one."""
        if self.done or self.words[self.at].kind != "string":
            self._expected("A text in quotes")
        return self.next().value

    def bracket(self):
        """Pass a bracket with everything in it; returns a walk over its inside. Raises `Misread`."""
        if self.see() != "(":
            self._expected("A bracket")
        start = self.at
        self.skip()
        return self.between(start + 1, self.at - 1)

    def skip(self):
        """Pass one word, or a bracket as a whole. Raises `Misread` if it is not closed."""
        stack = []
        while True:
            sign = self.next()
            if sign.kind == "sign":
                if sign.value == "<" and self.at > 1 and self.words[self.at - 2].upper in GENERIC:
                    stack.append(">")
                elif sign.value == ">" and stack and stack[-1] == ">":
                    stack.pop()
                elif sign.value in OPENING:
                    stack.append(OPENING[sign.value])
                elif sign.value in CLOSING and (not stack or stack.pop() != sign.value):
                    raise Misread("A bracket is closed that is not open.")
            if not stack:
                return
            if self.done:
                raise Misread("A bracket is not closed.")

    def items(self):
        """Pass a bracket; returns a walk for each of its parts between commas."""
        inside = self.bracket()
        found = []
        while not inside.done:
            start = inside.at
            while not inside.done and inside.see() != ",":
                inside.skip()
            found.append(inside.between(start, inside.at))
            if inside.take(",") and inside.done:
                raise Misread("Nothing follows a comma.")
        return found

    def until(self, stop):
        """Pass everything before a word at which `stop(self)` is true; returns its text."""
        start = self.at
        while not self.done and not stop(self):
            self.skip()
        return self.said(start, self.at)

    def between(self, start, end):
        """A walk over the words from `start` to before `end`."""
        return Walk(self.words[start:end], self.text, self.dialect)

    def said(self, start=0, end=None):
        """The text of these words, blanks and comments between them as one blank."""
        words = self.words[start : len(self.words) if end is None else end]
        pieces = []
        for before, word in zip([None, *words], words, strict=False):
            if before is not None and before.end != word.start:
                pieces.append(" ")
            pieces.append(self.text[word.start : word.end])
        return "".join(pieces)

    def raw(self, start=0):
        """The text from a word on as it was written, line breaks too."""
        if start >= len(self.words):
            return ""
        return self.text[self.words[start].start : self.words[-1].end]

    def rest(self):
        """The text of what is left; everything is passed then."""
        start, self.at = self.at, len(self.words)
        return self.said(start)


def folded(name, dialect):
    """A name that is not quoted, as its dialect stores it."""
    if dialect in AS_WRITTEN:
        return name
    return name.upper() if dialect in UPPER else name.lower()


def unwrapped(expression):
    """An expression without the brackets around all of it."""
    while len(expression) > 1 and expression[0] == "(" and _closing(expression) == len(expression) - 1:
        expression = expression[1:-1].strip()
    return expression


def _closing(text):
    depth = 0
    for found in re.finditer(r"'(?:[^']|'')*'|\"[^\"]*\"|[()]", text):
        depth += (found[0] == "(") - (found[0] == ")")
        if not depth and found[0] == ")":
            return found.start()
    return -1
