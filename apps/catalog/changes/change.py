"""One change between two versions of a capsule, judged for those who read the data and those who deliver it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from .sentences import Sentence, sentence


class Verdict(IntEnum):
    """How much a change matters to one side, least first."""

    METADATA = 1
    COMPATIBLE = 2
    NOTICE = 3
    BREAKING = 4

    def __str__(self):
        return self.name.lower()


M, C, N, B = Verdict
TOLD = ("action", "kind", "name", "pointer", "old", "new", "code")


@dataclass(frozen=True, slots=True)
class Change:
    """What one code of breaking-changes.md section 3 says about one thing.

    `pointer` is a JSON Pointer into the new document, for things that left into the old one. `old` and `new` are
    plain JSON values for a side-by-side view, None where there was nothing. `impact` names who or what is
    concerned: roles, regions, rules, keys. An undetermined change counts as notice and says so.
    """

    dimension: str
    action: str  # create, change, retire
    kind: str
    name: str
    pointer: str
    old: Any
    new: Any
    code: str
    consumer: Verdict
    producer: Verdict
    undetermined: bool = False
    needs_approval: bool = False
    impact: tuple[str, ...] = ()

    @classmethod
    def of(cls, dimension: str, item: Mapping[str, Any]) -> "Change":
        """The change that a stored plan tells as `item`; the reverse of `item()`."""
        told: dict[str, Any] = {key: item[key] for key in TOLD}
        return cls(
            dimension,
            **told,
            consumer=Verdict[item["consumer"].upper()],
            producer=Verdict[item["producer"].upper()],
            undetermined=item.get("undetermined", False),
            needs_approval=item.get("needs_approval", False),
            impact=tuple(item.get("impact", ())),
        )

    @property
    def fingerprint(self) -> str:
        """Names this very change wherever its thing stands in the document: 32 hexadecimal digits.

        What comes or goes whole is the same however it is described; what becomes something else is another change
        when it becomes something else than was told.
        """
        values = [self.old, self.new]
        if None in values:
            values = [None if value is None else isinstance(value, dict) or value for value in values]
        field = "" if None in values else self.pointer.rpartition("/")[2]
        said = json.dumps([self.code, self.kind, self.name, field, *values], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    @property
    def why_consumer(self) -> Sentence:
        """What the change means to those who read the data."""
        return sentence("consumer", self.code, str(self.consumer), self._words())

    @property
    def why_producer(self) -> Sentence:
        """What the change asks of those who deliver the data."""
        return sentence("producer", self.code, str(self.producer), self._words())

    def _words(self):
        return {
            "name": self.name,
            "kind": self.kind.replace("_", " "),
            "old": self.old,
            "new": self.new,
            "impact": self.impact,
        }

    def item(self) -> dict[str, Any]:
        """The change as an item of a plan (capsule-document.md section 7), JSON values only."""
        found = {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "pointer": self.pointer,
            "old": self.old,
            "new": self.new,
            "code": self.code,
            "consumer": str(self.consumer),
            "producer": str(self.producer),
        }
        if self.undetermined:
            found["undetermined"] = True
        if self.needs_approval:
            found["needs_approval"] = True
        if self.impact:
            found["impact"] = list(self.impact)
        return found


def verdict(changes) -> tuple[Verdict, Verdict]:
    """The highest verdict of all changes, for consumers and for producers; metadata where nothing changed."""
    return (
        max((change.consumer for change in changes), default=M),
        max((change.producer for change in changes), default=M),
    )


def pointer(*parts) -> str:
    """The JSON Pointer (RFC 6901) made of these keys and positions."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
