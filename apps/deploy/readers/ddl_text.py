"""The text of a file with SQL: its statements with their lines, and their words. Pure.

Rows are skipped without being read: `COPY … FROM stdin` up to `\\.`, and whatever begins with INSERT. So are lines for
psql (`\\c shop`), `GO` of T-SQL, `/` of Oracle and `DELIMITER` of MySQL.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

ESCAPING = frozenset({"mysql", "bigquery", "databricks", "spark", "hive", "clickhouse", "snowflake"})
BACKTICKED = frozenset({"mysql", "bigquery", "databricks", "spark", "hive", "sqlite", "clickhouse"})
BRACKETED = frozenset({"tsql", "sqlite"})
HASHED = frozenset({"mysql", "bigquery"})
DOLLARS = frozenset({"postgres", "snowflake", "duckdb", "redshift", "databricks"})
WHOLE = re.compile(  # statements whose bodies have semicolons of their own
    r"\s*CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:(?:NON)?EDITIONABLE\s+)?(?:FUNCTION|PROC(?:EDURE)?|TRIGGER|PACKAGE|TYPE\s+BODY)\b|"
    r"\s*(?:DECLARE|BEGIN)\b(?!\s*(?:;|TRAN|WORK|$))",
    re.I,
)
ATOMIC = re.compile(r"\bBEGIN\s+ATOMIC\b", re.I)
ENDED = re.compile(r"\bEND\s*\Z", re.I)
COPY = re.compile(r"\s*COPY\b.*\bFROM\s+stdin\b", re.I | re.S)
END_OF_COPY = re.compile(r"^\\\.[ \t]*\r?$", re.M)
LIKE_E = re.compile(r"(?<![\w$])[eE]\Z")  # the letter of a string with backslashes, not the end of a name
FIRST = re.compile(r"\s*([A-Za-z_]+)")
WORDS = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*)
    |(?P<string>[eEnNbBxXrR]?')
    |(?P<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w]*)?\$)
    |(?P<name>["`\[])
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$\#]*|[@\#]{1,2}\w+)
    |(?P<sign>::|<=|>=|<>|!=|\|\||:=|->>|->|.)""",
    re.X | re.S,
)


class Unclosed(ValueError):
    """A quote or comment that nobody closes; `at` is where it opens."""

    def __init__(self, at, what):
        super().__init__(f"A {what} is never closed.")
        self.at = at


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a statement: `kind` is word, name (quoted), string, number or sign; `value` without its quotes."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def upper(self):
        """A bare word or a sign for comparing; what is quoted is never a keyword."""
        return self.value.upper() if self.kind == "word" else self.value if self.kind == "sign" else ""


@dataclass(frozen=True)
class Statement:
    """One statement: its text, and the line of its first word."""

    text: str
    line: int
    dialect: str
    unclosed: str = ""

    @cached_property
    def first(self):
        """Its first word in capitals, empty for none."""
        found = FIRST.match(self.text)
        return found[1].upper() if found else ""

    @cached_property
    def short(self):
        """Its beginning on one line, as people recognise it."""
        return " ".join(self.text[:400].split())[:160]

    def words(self):
        """Its words, without blanks and comments. Raises `Unclosed`."""
        return list(_words(self.text, self.dialect))


class Script:
    """The statements of a text, and how many tables it makes by its own words."""

    def __init__(self, text, dialect):
        self.text, self.dialect = text, dialect
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self.statements = list(self._split())

    def line(self, offset):
        """The line of an offset, from 1."""
        return bisect_right(self._ends, offset - 1) + 1

    def _split(self):
        dialect, delimiter = self.dialect, ";"
        position = start = 0
        bare = []  # pieces of the statement without quotes and comments, to tell what it is
        special = _special(dialect)
        while (found := special.search(self.text, position)) is not None:
            kind, begin = found.lastgroup, found.start()
            bare.append(self.text[position:begin])
            position = found.end()
            if kind in ("open", "name", "dollar", "comment"):
                try:
                    position = _closed(self.text, begin, dialect)
                except Unclosed as error:
                    yield from self._statement(start, len(self.text), str(error))
                    return
                bare.append(" ")
                continue
            if kind == "command":
                if "".join(bare).strip():
                    bare.append(found[0])  # within a statement it is part of it
                    continue
                word = re.match(r"\s*DELIMITER\s+(\S+)", found[0], re.I)
                delimiter = word[1] if word else delimiter
                special = _special(dialect, delimiter)
            elif kind == "end" and _goes_on("".join(bare), dialect, delimiter):
                bare.append(found[0])
                continue
            else:
                yield from self._statement(start, begin)
                if kind == "end" and COPY.match(self.text, start, begin):
                    ended = END_OF_COPY.search(self.text, position)
                    if ended is None:
                        yield self._made(
                            start + _first_word(self.text[start:begin]),
                            "COPY … FROM stdin",
                            "The rows of a COPY never end.",
                        )
                        return
                    position = ended.end()
            start, bare = position, []
        yield from self._statement(start, len(self.text))

    def _statement(self, start, end, unclosed=""):
        text = self.text[start:end]
        first = _first_word(text)
        if first < len(text):
            yield self._made(start + first, text[first:].rstrip(), unclosed)

    def _made(self, start, text, unclosed=""):
        return Statement(text, self.line(start), self.dialect, unclosed)


def bare(text, dialect):
    """`text` with quoted things and comments blanked out; what nobody closes is left as it is."""
    pieces, position = [], 0
    special = _special(dialect)
    while (found := special.search(text, position)) is not None:
        if found.lastgroup in ("open", "name", "dollar", "comment"):
            try:
                after = _closed(text, found.start(), dialect)
            except Unclosed:
                pieces.append(text[position : found.end()])
                position = found.end()
                continue
            pieces += [text[position : found.start()], '""' if found.lastgroup == "name" else " "]
            position = after
        else:
            pieces.append(text[position : found.end()])
            position = found.end()
    return "".join(pieces) + text[position:]


def _special(dialect, delimiter=";", cache={}):  # noqa: B006 - compiled once for each pair
    """What the scan for the ends of statements stops at."""
    if (dialect, delimiter) not in cache:
        names = '"' + ("`" if dialect in BACKTICKED else "") + (r"\[" if dialect in BRACKETED else "")
        parts = [r"(?P<comment>--|/\*" + (r"|\#" if dialect in HASHED else "") + ")", "(?P<open>')"]
        parts += [f"(?P<name>[{names}])", f"(?P<end>{re.escape(delimiter)})"]
        parts += [r"(?P<command>^[ \t]*\\[^\n]*|^[ \t]*DELIMITER[ \t][^\n]*)"]
        if dialect in DOLLARS:
            parts.append(r"(?P<dollar>(?<![\w$])\$(?:[A-Za-z_\u0080-\uffff]\w*)?\$)")
        if dialect == "tsql":
            parts.append(r"(?P<batch>^[ \t]*GO(?:[ \t]+\d+)?[ \t]*;?[ \t]*\r?$)")
        if dialect == "oracle":
            parts.append(r"(?P<batch>^[ \t]*/[ \t]*\r?$)")
        cache[dialect, delimiter] = re.compile("|".join(parts), re.M | re.I)
    return cache[dialect, delimiter]


def _goes_on(said, dialect, delimiter):
    """True if this end of a statement is within the body of a function."""
    if delimiter != ";":
        return False
    if dialect in ("oracle", "tsql"):
        return WHOLE.match(said) is not None
    return WHOLE.match(said) is not None and ATOMIC.search(said) is not None and ENDED.search(said) is None


def _closed(text, start, dialect):
    """Where the quoted thing or comment that opens at `start` is over. Raises `Unclosed`."""
    sign = text[start]
    if text.startswith("--", start) or (sign == "#" and dialect in HASHED):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    if text.startswith("/*", start):
        return _comment(text, start, nested=dialect in ("postgres", "tsql", "duckdb"))
    if sign == "$":
        tag = text[start : text.index("$", start + 1) + 1]
        end = text.find(tag, start + len(tag))
        if end < 0:
            raise Unclosed(start, "dollar quote")
        return end + len(tag)
    if sign == "'":
        escaped = dialect in ESCAPING or LIKE_E.search(text, max(start - 2, 0), start) is not None
        return _quoted(text, start, "'", escaped)
    return _quoted(text, start, "]" if sign == "[" else sign, sign == "`" and dialect == "bigquery")


def _quoted(text, start, mark, escaped):
    position = start + 1
    while (end := text.find(mark, position)) >= 0:
        if escaped:
            slashes = len(text[position:end]) - len(text[position:end].rstrip("\\"))
            if slashes % 2:
                position = end + 1
                continue
        if text.startswith(mark, end + 1):
            position = end + 2
            continue
        return end + 1
    raise Unclosed(start, "quote")


def _comment(text, start, nested):
    depth, position = 0, start
    for found in re.compile(r"/\*|\*/").finditer(text, start):
        if found[0] == "*/":
            depth -= 1
        elif nested or not depth:
            depth += 1
        position = found.end()
        if not depth:
            return position
    raise Unclosed(start, "comment")


def _first_word(text):
    """Where the first word of a statement stands, behind blanks and comments."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text.startswith("--", position):
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif text.startswith("/*", position):
            try:
                position = _comment(text, position, nested=True)
            except Unclosed:
                return position
        else:
            return position
    return position


def _words(text, dialect):
    position = 0
    while found := WORDS.match(text, position):
        kind, start = found.lastgroup or "sign", position
        position = found.end()
        if kind == "blank":
            if found[0] == "/*":
                position = _closed(text, start, dialect)
        elif kind == "string":
            position = _closed(text, position - 1, dialect)
            body = text[start:position]
            yield Word("string", body[body.index("'") + 1 : -1].replace("''", "'"), start, position)
        elif kind == "dollar" and dialect in DOLLARS:
            position = _closed(text, start, dialect)
            yield Word("string", text[found.end() : position - len(found[0])], start, position)
        elif kind == "name" and _is_name(found[0], dialect):
            position = _closed(text, start, dialect)
            close = "]" if found[0] == "[" else found[0]
            yield Word("name", text[start + 1 : position - 1].replace(close * 2, close), start, position)
        elif found[0] == "#" and dialect in HASHED:
            position = _closed(text, start, dialect)
        else:
            kind = "sign" if kind in ("name", "dollar") else kind
            yield Word(kind, found[0], start, position)


def _is_name(sign, dialect):
    if sign == "[":
        return dialect in BRACKETED
    return sign == '"' or dialect in BACKTICKED
