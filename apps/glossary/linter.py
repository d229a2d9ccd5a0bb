"""Hints on a definition while it is written: what a careful reader would ask. Pure; nothing is refused for a hint.

    hints(draft, others, abbreviations={"VAT"}, columns=[…])

`draft` and `others` are dicts with `name`, `definition` and, if known, `display_name`, `abbreviation`, `synonyms`,
`examples`, `domain`. Good definitions name a genus and a difference and do not use what they define (ISO 704).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from .plans import NO_DEFINITION, folded

SHORT, LONG = 4, 120  # words
ALIKE_NAME, ALIKE_TEXT = 90, 88  # percent
MOST_ALIKE = 3
COMMON = frozenset(
    "ID IDS OK AND OR NOT NULL TRUE FALSE EUR USD GBP CHF UTC ISO CSV JSON XML SQL API URL PDF EU US UK USA HTML".split()
)
ABBREVIATION = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{1,5}(?![\w-])")
BEGINS = r"^\W*(?:(?:a|an|the)\s+)?{name}\s*(?:\b(?:is|are|means|refers to|describes|denotes)\b|:|–|-)\s*"


@dataclass(frozen=True)
class Hint:
    """One remark: a stable `code`, a sentence, and the name of the other term it speaks of, if any."""

    code: str
    text: str
    term: str = ""


def hints(
    draft: Mapping[str, Any],
    others: Iterable[Mapping[str, Any]] = (),
    *,
    abbreviations: Iterable[str] = (),
    columns: Iterable[Mapping[str, Any]] = (),
) -> list[Hint]:
    """The remarks on `draft`, worst first. `columns` are the profiles of what it explains (`conflicts`)."""
    others = [other for other in others if folded(other["name"]) != folded(draft.get("name") or "")]
    definition = (draft.get("definition") or "").strip()
    found = []
    if not definition or definition == NO_DEFINITION:
        return [Hint("no_definition", _("There is no definition yet.")), *homonyms(draft, others)]
    found += circular(draft, others)
    found += conflicts(definition, columns)
    found += homonyms(draft, others)
    found += duplicates(draft, others)
    found += undefined(draft, others, abbreviations)
    length = len(definition.split())
    if length < SHORT:
        found.append(
            Hint(
                "too_short",
                _("The definition has %d words: say what kind of thing it is, and which.") % length,
            )
        )
    if length > LONG:
        said = _("The definition has %d words: keep what it is, move rules and history to the examples.")
        found.append(Hint("too_long", said % length))
    if not draft.get("examples"):
        found.append(Hint("no_example", _("There is no example.")))
    return found


def words_of(term: Mapping[str, Any]) -> list[str]:
    """All that a term is called."""
    said = [
        term.get("name"),
        term.get("display_name"),
        term.get("abbreviation"),
        *(term.get("synonyms") or []),
    ]
    return list(dict.fromkeys(word.replace("_", " ") for word in said if word))


def mentions(text: str, word: str) -> bool:
    """True if the word stands in the text as a whole, in any case."""
    if len(word) < 2:
        return False
    return re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", folded(text.replace("_", " "))) is not None


def circular(draft, others):
    """The definition explains the word by itself, or by a term that is explained by this one."""
    definition = draft.get("definition") or ""
    called = words_of(draft)
    for word in called:
        rest = re.sub(BEGINS.format(name=re.escape(word)), "", definition, count=1, flags=re.IGNORECASE)
        if mentions(rest, word):
            return [Hint("circular", _("The definition uses “%s”, which it is to explain.") % word)]
    for other in others:
        if any(mentions(definition, word) for word in words_of(other)[:2]) and any(
            mentions(other.get("definition") or "", word) for word in called[:2]
        ):
            said = _("“%(name)s” is explained by this term, and this term by it.") % {"name": other["name"]}
            return [Hint("circular", said, other["name"])]
    return []


def homonyms(draft, others):
    """Other terms that go by the same word."""
    called = {folded(word) for word in words_of(draft)}
    found = []
    for other in others:
        if shared := [word for word in words_of(other) if folded(word) in called]:
            said = {"name": other["name"], "word": shared[0]}
            text = _("“%(name)s” is called “%(word)s” as well. Say the domain when you use either.") % said
            found.append(Hint("homonym", text, other["name"]))
    return found[:MOST_ALIKE]


def duplicates(draft, others):
    """Terms whose name or definition is nearly the same: perhaps one term is enough."""
    called = {folded(word) for word in words_of(draft)}
    different = [other for other in others if not called & {folded(word) for word in words_of(other)}]
    names = {at: _plain(other["name"]) for at, other in enumerate(different)}
    found = {}
    for name in (draft.get("name"), draft.get("display_name")):
        if name:
            for _name, score, at in process.extract(
                _plain(name), names, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE_NAME, limit=MOST_ALIKE
            ):
                found[at] = (score, _("Its name is nearly that of “%s”.") % different[at]["name"])
    text = _plain(draft.get("definition") or "")
    if len(text.split()) >= SHORT:
        texts = {
            at: _plain(other["definition"])
            for at, other in enumerate(different)
            if other.get("definition") and other["definition"] != NO_DEFINITION
        }
        for _text, score, at in process.extract(
            text, texts, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE_TEXT, limit=MOST_ALIKE
        ):
            found.setdefault(
                at, (score, _("“%s” is defined in nearly the same words.") % different[at]["name"])
            )
    best = sorted(found.items(), key=lambda item: -item[1][0])[:MOST_ALIKE]
    return [Hint("near_duplicate", said, different[at]["name"]) for at, (_score, said) in best]


def undefined(draft, others, abbreviations=()):
    """Abbreviations that no term explains and the definition does not spell out."""
    definition = draft.get("definition") or ""
    known = {word.upper() for word in abbreviations} | COMMON
    known |= {word.upper() for term in (draft, *others) for word in words_of(term)}
    found = []
    for word in dict.fromkeys(ABBREVIATION.findall(definition)):
        spelled = re.search(rf"\(\s*{word}\s*\)|{word}\s*\(", definition)
        if word not in known and not spelled and not definition.isupper():
            found.append(Hint("abbreviation", _("Nobody explains the abbreviation %s.") % word))
    return found


# ---------- what the data says ----------

CLAIMS = (
    # (pattern in the definition, what a profile says against it, sentence)
    (r"never negative|not negative|non-negative|always positive|at least zero", "negative"),
    (r"\b(?:share|percentage|per ?cent|proportion)\b", "share"),
    (r"\bunique(?:ly)?\b|identifies one\b|exactly one\b", "repeated"),
    (r"always present|never (?:empty|missing|null)|\bmandatory\b", "missing"),
)


def conflicts(definition: str, columns: Iterable[Mapping[str, Any]]) -> list[Hint]:
    """Where a definition claims what the profile of a column contradicts.

    A column is {"name", "row_count", "null_percentage", "distinct_count", "min_value", "max_value"}, unknown ones left out.
    """
    found = []
    claims = [claim for pattern, claim in CLAIMS if re.search(pattern, definition, re.IGNORECASE)]
    for column in columns:
        for claim in claims:
            if text := _against(claim, column):
                found.append(Hint("profile", text))
    return found[:MOST_ALIKE]


def _against(claim, column):
    least, most = _number(column.get("min_value")), _number(column.get("max_value"))
    said = {"column": column.get("name"), "least": least, "most": most}
    if claim == "negative" and least is not None and least < 0:
        return _("It says never negative; the smallest %(column)s is %(least)s.") % said
    if claim == "share" and (least is not None and least < 0 or most is not None and most > 100):
        return _("It says a share; %(column)s runs from %(least)s to %(most)s.") % said
    rows, distinct = _number(column.get("row_count")), _number(column.get("distinct_count"))
    nulls = _number(column.get("null_percentage"))
    if claim == "repeated" and rows and distinct is not None and distinct < rows * (1 - (nulls or 0) / 100):
        return _("It says unique; values of %(column)s repeat.") % said
    if claim == "missing" and nulls:
        return _("It says always present; %(nulls)s %% of %(column)s is missing.") % {
            **said,
            "nulls": f"{nulls:g}",
        }
    return ""


def _number(value):
    try:
        return float(value) if not isinstance(value, bool) and value is not None else None
    except (TypeError, ValueError):
        return None


def _plain(text):
    text = unicodedata.normalize("NFKD", text.replace("_", " ")).lower()
    return " ".join(re.findall(r"\w+", text))
