"""YAML, read event by event: limits hold before anything is built, and every entry keeps its place.

The safe part of YAML 1.2: the core scalars, no tags of one's own. PyYAML's own loaders know YAML 1.1 (`no` is
false, `1.10` is 1.1), keep the last of two equal keys, and expand what aliases multiply.
"""

import unicodedata
from typing import Any

import yaml

from .numbers import Inexact, number
from .problems import Unreadable
from .trees import Mapping, Scalar, Sequence

Parser: Any
try:
    from yaml import cyaml

    Parser = cyaml.CParser  # type: ignore[attr-defined]
except ImportError:  # a PyYAML built without libyaml
    Parser = yaml.SafeLoader

STANDARD = "tag:yaml.org,2002:"
MARKER = "\n---"
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
MAYBE = frozenset("-+.0123456789tTfFnN~")
MERGE = "<<"
SLOW = object()  # not a value: the scalar needs a closer look
TABS = "Indent with blanks, not with tabs."


def documents(text, limits, report):
    """Yield (number from 1, tree) for every document of the stream that says anything.

    `report(code, document, path, offset, message, hint)` takes what can be read past: tags, equal keys, bad
    values. Raises `Unreadable` when a limit is passed or the text is no YAML.
    """
    _measure(text, limits)
    composer = Composer(text, limits, report)
    try:
        yield from composer.stream()
    except Unreadable as error:
        raise _numbered(error, composer) from None
    except yaml.MarkedYAMLError as error:
        raise _numbered(_syntax(error, text), composer) from None
    except yaml.reader.ReaderError as error:
        sign = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "?")
        message = f"The character U+{sign:04X} may not stand in YAML."
        at = text.find(chr(sign))
        hint = "Remove it, or write it as an escape in double quotes."
        raise _numbered(Unreadable("E004", max(at, 0), message, hint), composer) from None


def _numbered(error, composer):
    error.document = max(composer.document, 1)
    return error


def _measure(text, limits):
    """Refuse too long documents and too many of them by their separators alone."""
    starts = [0, *_markers(text), len(text)]
    for start, end in zip(starts, starts[1:], strict=False):
        # Characters first: encoding a text to count its bytes is only needed near the limit.
        if end - start > limits.document // 4 and len(text[start:end].encode()) > limits.document:
            raise Unreadable(
                "E010",
                start,
                f"This document is longer than {limits.document:,} bytes.",
                "Split it; one document describes one capsule.",
            )
    if len(starts) - 2 > limits.documents + 1:
        _too_many(starts[limits.documents + 1], limits)


def _markers(text):
    """Where lines begin that end one document and begin the next; they do so in quotes too."""
    found = text.find(MARKER)
    while found >= 0:
        if text[found + 4 : found + 5].isspace() or found + 4 == len(text):
            yield found + 1
        found = text.find(MARKER, found + 4)


def _too_many(offset, limits):
    raise Unreadable(
        "E015",
        offset,
        f"The bundle has more than {limits.documents:,} documents.",
        "Split it into several files.",
    )


def _normal(key):
    """The form in which keys are compared: two spellings of one letter are one (as when hashing)."""
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def _syntax(error, text):
    mark = error.problem_mark or error.context_mark
    at = getattr(mark, "index", 0)
    said = ", ".join(part for part in (error.context, error.problem) if part)
    hint = "Check the indentation, the quotes and the brackets around this place."
    return Unreadable("E005", at, f"This is no YAML: {said}.", TABS if text[at : at + 1] == "\t" else hint)


class Composer:
    """Builds trees from the events of one stream."""

    next: Any

    def __init__(self, text, limits, report):
        self.parser = Parser(text)
        self.next = self.parser.get_event
        self.limits, self._report = limits, report
        self.document = 0

    def stream(self):
        count = 0
        while not isinstance(event := self.next(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            self.document = count + 1
            self.anchors, self.open, self.aliases, self.nodes = {}, set(), 0, 0
            self.path = []
            event = self.next()
            if self._says_nothing(event):
                continue
            count += 1
            if count > self.limits.documents:
                _too_many(event.start_mark.index, self.limits)
            yield count, self._node(event, 1)

    @staticmethod
    def _says_nothing(event):
        return isinstance(event, yaml.ScalarEvent) and event.value == "" and event.implicit[0]

    def report(self, code, offset, message, hint=""):
        self._report(code, self.document, tuple(self.path), offset, message, hint)

    def _fail(self, code, event, message, hint=""):
        raise Unreadable(code, event.start_mark.index, message, hint, tuple(self.path))

    def _count(self, event, nodes):
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            message = f"The document has more than {self.limits.nodes:,} values, aliases expanded."
            self._fail("E013", event, message, "Split it, or use fewer aliases.")

    def _node(self, event, depth):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._count(event, 1)
            value = self._scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = value
            return value
        if kind is yaml.AliasEvent:
            return self._alias(event, depth)
        if depth > self.limits.depth:
            self._too_deep(event)
        self._count(event, 1)
        if event.tag and event.tag not in (
            "!",
            STANDARD + ("map" if kind is yaml.MappingStartEvent else "seq"),
        ):
            self._tag(event)
        found = (Mapping if kind is yaml.MappingStartEvent else Sequence)(event.start_mark.index)
        if event.anchor:
            self.anchors[event.anchor] = found
            self.open.add(id(found))
        if kind is yaml.MappingStartEvent:
            self._mapping(found, depth)
        else:
            self._sequence(found, depth)
        self.open.discard(id(found))
        return found

    def _quick(self, event):
        """The value of the most common scalars: texts, and short whole numbers; `SLOW` for all others."""
        text = event.value
        if event.tag or event.anchor or "\x00" in text:
            return SLOW
        if event.implicit[0] and (not text or text[0] in MAYBE):
            if len(text) > 15 or not (text.isascii() and text.isdecimal()):
                return SLOW
            text = Scalar(int(text), text)
        self.nodes += 1
        return text if self.nodes <= self.limits.nodes else SLOW

    def _too_deep(self, event):
        self._fail(
            "E011", event, f"Values are nested more than {self.limits.depth} levels deep.", "Flatten them."
        )

    def _most(self):
        return self.limits.of_items(tuple(self.path)) if len(self.path) <= 3 else None

    def _check_items(self, count, most, event):
        if count > most[0]:
            self._fail("E016", event, f"A capsule has at most {most[0]:,} {most[1]}.", "Split the capsule.")

    def _sequence(self, found, depth):
        most, path, marks = self._most(), self.path, found.marks
        event = self.next()
        while type(event) is not yaml.SequenceEndEvent:
            if most:
                self._check_items(len(found) + 1, most, event)
            marks.append(event.start_mark.index)
            value = self._quick(event) if type(event) is yaml.ScalarEvent else SLOW
            if value is SLOW:
                path.append(len(found))
                value = self._node(event, depth + 1)
                path.pop()
                self._grow(found, value)
            else:
                found.size += 1
            found.append(value)
            event = self.next()

    @staticmethod
    def _grow(found, value):
        if isinstance(value, Mapping | Sequence):
            found.size += value.size
            found.height = max(found.height, value.height + 1)
        else:
            found.size += 1

    def _mapping(self, found, depth):
        most, path = self._most(), self.path
        merged, normal = [], {}
        event = self.next()
        while type(event) is not yaml.MappingEndEvent:
            at = event.start_mark.index
            key = self._key(event, depth)
            is_merge = key == MERGE and type(event) is yaml.ScalarEvent and event.implicit[0]
            path.append(key)
            same = _normal(key)
            if same in normal:
                self._twice(key, normal[same], at)
            normal.setdefault(same, at)
            event = self.next()
            value_at = event.start_mark
            value = self._quick(event) if type(event) is yaml.ScalarEvent else SLOW
            if value is SLOW:
                value = self._node(event, depth + 1)
            found.size += 1
            if is_merge:
                merged.append((value, value_at.index))
            elif key not in found:
                if most:
                    self._check_items(len(found) + 1, most, event)
                found[key] = value
                found.marks[key] = at
                self._grow(found, value)
            path.pop()
            event = self.next()
        for value, at in merged:
            self._merge(found, normal, value, at)

    def _twice(self, key, first, at):
        self._report(
            "E003",
            self.document,
            tuple(self.path),
            at,
            (key, first, at),
            "Keep one of the two.",
        )

    def _key(self, event, depth):
        at = event.start_mark.index
        if type(event) is yaml.ScalarEvent:
            self._count(event, 1)
            if event.tag and event.tag not in ("!", STANDARD + "str"):
                self._tag(event)
            if "\x00" in event.value:
                self.report("E004", at, "A key holds a NUL character.", "Remove it.")
            if event.anchor:
                self.anchors[event.anchor] = event.value
            return event.value
        if type(event) is yaml.AliasEvent:
            value = self._alias(event, depth)
            if isinstance(value, str | Scalar):
                return value if isinstance(value, str) else value.text
        return self._fail("E004", event, "A key must be a text.", "Write the key as one word or in quotes.")

    def _merge(self, found, normal, value, at):
        sources = value if isinstance(value, Sequence) else [value]
        for source in sources:
            if not isinstance(source, Mapping):
                hint = "Write << with an alias of an object, such as <<: *defaults."
                self.report("E004", at, "A merge key takes an object, or a list of objects.", hint)
                return
            for key, entry in source.items():
                same = _normal(key)
                if same not in normal:
                    normal[same] = at
                    found[key] = entry
                    found.marks[key] = source.marks[key]
                    self._grow(found, entry)

    def _alias(self, event, depth):
        self.aliases += 1
        if self.aliases > self.limits.aliases:
            self._fail(
                "E012",
                event,
                f"Aliases are used more than {self.limits.aliases} times.",
                "Write the values out.",
            )
        if event.anchor not in self.anchors:
            message = f"The alias *{event.anchor} names no anchor above it."
            self._fail("E005", event, message, f"Write &{event.anchor} before the value that it stands for.")
        value = self.anchors[event.anchor]
        if id(value) in self.open:
            self._fail(
                "E014",
                event,
                f"The alias *{event.anchor} stands within its own anchor.",
                "Write the value out.",
            )
        if isinstance(value, Mapping | Sequence):
            if depth + value.height - 1 > self.limits.depth:
                self._too_deep(event)
            self._count(event, value.size)
        else:
            self._count(event, 1)
        return value

    def _tag(self, event):
        said = event.tag.replace(STANDARD, "!!")
        self.report(
            "E002",
            event.start_mark.index,
            f"The tag {said} is not read: a document holds plain values only.",
            f"Remove {said}.",
        )

    def _scalar(self, event):
        text = event.value
        if "\x00" in text:
            self.report("E004", event.start_mark.index, "The text holds a NUL character.", "Remove it.")
            return text
        tag = event.tag
        if not tag:
            if not event.implicit[0] or (text and text[0] not in MAYBE):
                return text
        elif tag == "!" or tag == STANDARD + "str":
            return text
        elif tag[len(STANDARD) :] not in ("int", "float", "bool", "null") or not tag.startswith(STANDARD):
            self._tag(event)
            return text
        if text in NULLS:
            return Scalar(None, text)
        if text in BOOLEANS:
            return Scalar(BOOLEANS[text], text)
        return self._number(event, text, tag)

    def _number(self, event, text, tag):
        try:
            value = number(text)
        except Inexact as error:
            # As text it is harmless: a key of the document that wants text takes it as it is written.
            return Scalar(error, text)
        if value is None:
            if tag:
                message = f"{text} does not fit its tag {tag.replace(STANDARD, '!!')}."
                self.report("E004", event.start_mark.index, message, "Remove the tag.")
            return text
        return Scalar(value, text)
