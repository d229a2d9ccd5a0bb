"""JSON, read so that every entry keeps its place and equal keys are seen; the standard reader does neither."""

import re
import unicodedata
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]

from .numbers import Inexact, number
from .problems import Unreadable
from .trees import Mapping, Sequence

BLANK = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
WORD = re.compile(r"-?[A-Za-z]+")
WORDS = {"true": True, "false": False, "null": None}
ENDLESS = {"NaN", "Infinity", "-Infinity"}
HALF = re.compile("[\ud800-\udfff]")


def documents(text, limits, report):
    """Yield (number from 1, tree) for the object, or for every item of the list, that `text` is.

    `report` and what is raised are as in `yaml_files.documents`; text that is no JSON is `Unreadable` E005.
    """
    reader = Reader(text, limits, report)
    try:
        yield from reader.stream()
    except JSONDecodeError as error:
        failure = Unreadable("E005", error.pos, f"This is no JSON: {error.msg}.", "Check the quotes here.")
        failure.document = reader.document
        raise failure from None
    except Unreadable as error:
        error.document = reader.document
        raise


class Reader:
    """A recursive descent over one text; `limits.depth` bounds the recursion."""

    def __init__(self, text, limits, report):
        self.text, self.limits, self._report = text, limits, report
        self.document, self.nodes, self.start, self.path = 1, 0, 0, []

    def stream(self):
        position = self._blank(0)
        if self.text[position : position + 1] != "[":
            tree, position = self._document(position)
            self._end(position)
            yield 1, tree
            return
        position = self._blank(position + 1)
        if self.text[position : position + 1] == "]":
            return self._end(position + 1)
        while True:
            if self.document > self.limits.documents:
                message = f"The bundle has more than {self.limits.documents:,} documents."
                self._fail("E015", position, message, "Split it into several files.")
            tree, position = self._document(position)
            yield self.document, tree
            position = self._blank(position)
            sign = self.text[position : position + 1]
            if sign == "]":
                return self._end(position + 1)
            if sign != ",":
                self._fail(
                    "E005", position, "This is no JSON: a comma or ] is missing.", "Write one of the two."
                )
            self.document += 1
            position = self._blank(position + 1)

    def _document(self, position):
        self.nodes, self.start, self.path = 0, position, []
        tree, end = self._value(position, 1)
        if end - position > self.limits.document // 4:
            self._measure(len(self.text[position:end].encode(errors="replace")))
        return tree, end

    def _measure(self, size):
        if size > self.limits.document:
            message = f"This document is longer than {self.limits.document:,} bytes."
            self._fail("E010", self.start, message, "Split it; one document describes one capsule.")

    def _blank(self, position):
        found = BLANK.match(self.text, position)
        return found.end() if found else position

    def _end(self, position):
        position = self._blank(position)
        if position < len(self.text):
            self._fail(
                "E005",
                position,
                "This is no JSON: there is text after its end.",
                "Remove it, or write a list.",
            )

    def _fail(self, code, offset, message, hint=""):
        raise Unreadable(code, offset, message, hint, tuple(self.path))

    def report(self, code, offset, message, hint):
        self._report(code, self.document, tuple(self.path), offset, message, hint)

    def _value(self, position, depth):
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            self._fail(
                "E013", position, f"The document has more than {self.limits.nodes:,} values.", "Split it."
            )
        self._measure(position - self.start)
        sign = self.text[position : position + 1]
        if sign == '"':
            return self._string(position)
        if sign in ("{", "["):
            if depth > self.limits.depth:
                message = f"Values are nested more than {self.limits.depth} levels deep."
                self._fail("E011", position, message, "Flatten them.")
            return (self._object if sign == "{" else self._list)(position, depth)
        if found := NUMBER.match(self.text, position):
            return self._number(position, found)
        return self._word(position)

    def _string(self, position):
        found, end = scanstring(self.text, position + 1)
        if "\x00" in found:
            self.report("E004", position, "The text holds a NUL character.", "Remove it.")
        elif not found.isascii() and HALF.search(found):
            self.report(
                "E004", position, "The text holds half a character.", "Write the whole pair, or remove it."
            )
            found = HALF.sub("\N{REPLACEMENT CHARACTER}", found)
        return found, end

    def _number(self, position, found):
        word = WORD.match(self.text, found.end()) if found.end() < len(self.text) else None
        if word:
            self._fail("E005", position, "This is no JSON: letters follow a number.", "Put it in quotes.")
        try:
            return number(found.group()), found.end()
        except Inexact as error:
            self.report("E004", position, str(error), "Put the number in quotes, or write fewer digits.")
            return 0, found.end()

    def _word(self, position):
        word = WORD.match(self.text, position)
        if word and word.group() in WORDS:
            return WORDS[word.group()], word.end()
        if word and word.group() in ENDLESS:
            self.report("E004", position, f"{word.group()} is no value.", "Leave the key out.")
            return 0, word.end()
        return self._fail("E005", position, "This is no JSON: a value is missing.", "Check the text here.")

    def _most(self, count, position):
        most = self.limits.of_items(tuple(self.path)) if len(self.path) <= 3 else None
        if most and count > most[0]:
            self._fail(
                "E016", position, f"A capsule has at most {most[0]:,} {most[1]}.", "Split the capsule."
            )

    def _list(self, position, depth):
        found = Sequence(position)
        position = self._blank(position + 1)
        if self.text[position : position + 1] == "]":
            return found, position + 1
        while True:
            self._most(len(found) + 1, position)
            self.path.append(len(found))
            found.marks.append(position)
            value, position = self._value(position, depth + 1)
            self.path.pop()
            found.append(value)
            position = self._blank(position)
            sign = self.text[position : position + 1]
            if sign == "]":
                return found, position + 1
            if sign != ",":
                self._fail(
                    "E005", position, "This is no JSON: a comma or ] is missing.", "Write one of the two."
                )
            position = self._blank(position + 1)

    def _object(self, position, depth):
        found, normal = Mapping(position), {}
        position = self._blank(position + 1)
        if self.text[position : position + 1] == "}":
            return found, position + 1
        while True:
            at = position
            if self.text[position : position + 1] != '"':
                self._fail(
                    "E005", position, "This is no JSON: a key in double quotes is missing.", "Write it here."
                )
            key, position = self._string(position)
            self._most(len(found) + 1, at)
            self.path.append(key)
            position = self._blank(position)
            if self.text[position : position + 1] != ":":
                self._fail(
                    "E005", position, "This is no JSON: the colon after a key is missing.", "Write it here."
                )
            same = key if key.isascii() else unicodedata.normalize("NFC", key)
            if same in normal:
                self._report(
                    "E003",
                    self.document,
                    tuple(self.path),
                    at,
                    (key, normal[same], at),
                    "Keep one of the two.",
                )
            normal.setdefault(same, at)
            value, position = self._value(self._blank(position + 1), depth + 1)
            self.path.pop()
            if key not in found:
                found[key] = value
                found.marks[key] = at
            position = self._blank(position)
            sign = self.text[position : position + 1]
            if sign == "}":
                return found, position + 1
            if sign != ",":
                self._fail(
                    "E005", position, "This is no JSON: a comma or } is missing.", "Write one of the two."
                )
            position = self._blank(position + 1)
