"""From the bytes of a file to one tree a document: encoding, size, and which of the two languages it is."""

import re

from . import json_files, yaml_files
from .problems import Lines, Problems, Unreadable

BYTE_ORDER_MARK = "\ufeff"
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
SEVERAL = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[|^---\s[\s\S]*^---\s", re.MULTILINE)


class File:
    """One file read: `trees` is [(number from 1, tree)], `problems` what was wrong with the text itself.

    `whole` is false when reading had to stop, so that what came after is unknown.
    """

    def __init__(self, data, limits):
        self.trees, self.whole = [], True
        self.problems = Problems(Lines(""))
        try:
            self._parse(self._text(data, limits), limits)
        except Unreadable as error:
            self.problems.stop(error, error.document)
            self.whole = False

    def _text(self, data, limits):
        """The file as text, its byte order mark dropped. Raises `Unreadable` E001, E010 or E015."""
        if isinstance(data, str):
            # Half a surrogate pair becomes bytes that are no UTF-8, and is reported like any other.
            data = data.encode(errors="surrogatepass")
        if len(data) > limits.bundle:
            if SEVERAL.search(data[: limits.document]):
                message = f"The bundle is longer than {limits.bundle:,} bytes."
                raise Unreadable("E015", 0, message, "Split it into several files.")
            message = f"This document is longer than {limits.document:,} bytes."
            raise Unreadable("E010", 0, message, "Split it; one document describes one capsule.")
        if data.startswith(OTHER_ENCODINGS):
            raise Unreadable("E001", 0, "The file is UTF-16, not UTF-8.", "Save it as UTF-8.")
        try:
            text = data.decode().removeprefix(BYTE_ORDER_MARK)
        except UnicodeDecodeError as error:
            # One character a byte, so that the place can be named.
            self.problems.lines = Lines(data.decode("latin-1"))
            message = f"Byte 0x{data[error.start]:02x} is not UTF-8."
            raise Unreadable("E001", error.start, message, "Save the file as UTF-8.") from None
        self.problems.lines = Lines(text)
        return text

    def _parse(self, text, limits):
        if "\x00" in text:
            raise Unreadable("E004", text.index("\x00"), "The file holds a NUL character.", "Remove it.")
        if text.lstrip()[:1] not in ("{", "["):
            return self._read(yaml_files, text, limits)
        problems = self.problems
        try:
            return self._read(json_files, text, limits)
        except Unreadable as error:
            if error.code != "E005":
                raise
            # Braces begin YAML's flow style too; if it is neither, it was meant as JSON.
            self.problems, self.trees = Problems(problems.lines), []
            try:
                return self._read(yaml_files, text, limits)
            except Unreadable as other:
                if other.code != "E005":
                    raise
                self.problems, self.trees = problems, []
                raise error from None

    def _read(self, language, text, limits):
        for number, tree in language.documents(text, limits, self._report):
            self.trees.append((number, tree))
        return

    def _report(self, code, document, path, offset, message, hint=""):
        if code == "E003":
            key, first, second = message
            lines = [self.problems.lines.at(place)[0] for place in (first, second)]
            message = (
                f"The key {key!r} stands twice in one object: on line {lines[0]} and on line {lines[1]}."
            )
        self.problems.add(code, document, path, offset, message, hint)
