"""What somebody would see of columns, and why: asked of the code that decides for real readers (trust.md, section 4.4)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.catalog.models import Column
from apps.catalog.vocabularies import SENSITIVITY
from apps.people.reader import Reader
from apps.people.roles import CONFIDENTIAL, ROLES

from . import examples
from .deciding import CLEAR, DENIED, MASKED
from .maskers import carried_out, known_to
from .masking import kind_of
from .masking_rows import decisions_of, viewer_of
from .models import MaskingMethod
from .reasons import sentence


@dataclass(frozen=True)
class Example:
    """A made-up value of a column, and what stands in its place for rows under `condition`; None is NULL."""

    outcome: str
    value: Any
    shown: Any
    condition: str = ""

    @property
    def said(self):
        """The value as data shows it; None if there is none."""
        return None if self.value is None else str(self.value)

    @property
    def answered(self):
        """What stands in its place; None for NULL."""
        return None if self.shown is None else str(self.shown)


@dataclass(frozen=True)
class Answer:
    """What one reader would see of one column: `clear`, `masked`, `denied` or `conditional`.

    `chain` says why, the first that holds for a row first; `method` is how it is masked. A column that the reader may
    not know of is denied, and `known` is false.
    """

    column: Column
    outcome: str
    known: bool
    because: str
    chain: tuple[str, ...]
    method: str = ""
    examples: tuple[Example, ...] = ()

    @property
    def level(self):
        """The word of the column's rank."""
        return SENSITIVITY[self.column.sensitivity_rank - 1]

    @property
    def method_word(self):
        """How it is masked, as people read it."""
        return str(MaskingMethod(self.method).label).lower() if self.method else ""


def of_role(name, **about):
    """The `Reader` that somebody is who holds one role and nothing else; `about` may name `purpose` and `region`."""
    return Reader(name=name, roles=frozenset({name}), clearance=ROLES[name].clearance, via="session", **about)


def answers(who, columns, asker, *, on=None):
    """[`Answer`] for `columns`, in their order, as the reader `who` would have it; names what `asker` may know of."""
    (found,) = several([who], columns, asker, on=on)
    return found


def outcomes(readers, columns, *, on=None, instead=()):
    """[{column id: outcome}] for each of several readers, where the policies of `instead` count as they are in memory."""
    decided = decisions_of([viewer_of(reader) for reader in readers], columns, on=on, instead=instead)
    seen = {clearance: _seen(clearance, columns) for clearance in {reader.clearance for reader in readers}}
    return [
        {key: found.outcome if key in seen[reader.clearance] else DENIED for key, found in each.items()}
        for reader, each in zip(readers, decided, strict=True)
    ]


def several(readers, columns, asker, *, on=None, instead=()):
    """[[`Answer`]] for each of several readers; seven queries, and one for each clearance among them.

    The policies of `instead` count as they are in memory.
    """
    columns = list(columns)
    decided = decisions_of([viewer_of(reader) for reader in readers], columns, on=on, instead=instead)
    named = known_to(asker, [decision for each in decided for decision in each.values()])
    seen = {clearance: _seen(clearance, columns) for clearance in {reader.clearance for reader in readers}}
    return [
        [
            _answer(column, each[column.pk], named, asker) if column.pk in seen[reader.clearance] else _unknown(column)
            for column in columns
        ]
        for reader, each in zip(readers, decided, strict=True)
    ]  # fmt: skip


def _seen(clearance, columns):
    """The keys of the columns that readers of a clearance may know of."""
    keys = [column.pk for column in columns]
    found = Column.objects.visible_to(Reader(clearance=clearance)).filter(pk__in=keys)
    return set(found.values_list("pk", flat=True))


def _unknown(column):
    words = _("above their clearance: for them it does not exist")
    return Answer(column, DENIED, False, words, (words,))


def _answer(column, decision, named, asker):
    main = decision.main
    return Answer(
        column=column,
        outcome=decision.outcome,
        known=True,
        because=sentence(main.reasons, named),
        chain=tuple(_said(way, named, asker) for way in decision.ways),
        method=main.rule.method if main.outcome == MASKED and main.rule else "",
        examples=tuple(_example(column, way, asker) for way in decision.ways),
    )


def _said(way, named, asker):
    why = sentence(way.reasons, named)
    if not way.condition:
        return why
    return _("%(reason)s, where %(condition)s") % {"reason": why, "condition": _condition(way, asker)}


def _condition(way, asker):
    # What a rule asks of a row is a facet of its own (trust.md, section 1.2).
    return way.condition if asker.clearance >= CONFIDENTIAL else _("some rows say so")


def _example(column, way, asker):
    value = examples.of(column.pii_type, kind_of(column.data_type))
    if way.outcome == CLEAR:
        shown = value
    elif way.outcome == DENIED or way.rule is None or value is None:
        shown = None
    else:
        (shown,), _failed = carried_out([value], way.rule)
    return Example(way.outcome, value, shown, _condition(way, asker) if way.condition else "")
