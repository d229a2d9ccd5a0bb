"""Terms that could explain a column or a capsule, each with the evidence; what somebody refused stays refused.

Found by name, abbreviation and synonym first, then by the words of the description. Nothing is linked and nothing is
approved by itself: a person takes a suggestion or refuses it (errata row B35).
"""

import re
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from apps.audit.context import acting
from apps.catalog.access import may_edit
from apps.catalog.models import Capsule, Column
from apps.dcs.refusals import Conflict

from . import writing
from .models import Refusal, Term, TermLink

PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
LAYERS = frozenset("stg src raw int dim fct fact mart marts base tmp vw view tbl table id key pk fk".split())
LONG = re.compile(r"\w{5,}")
MOST, ALIKE, COMMON = 5, 70, 500
LOOKED_AT, SHOWN = 60, 2  # columns of a page of the semantics tab, and candidates for each
SHORTEST = 20  # characters of a description from which its words say something


@dataclass(frozen=True)
class Suggestion:
    """A term for a subject: how strong (0–100) and the sentence that says why."""

    term: Term
    score: int
    evidence: str


def spoken(name):
    """A name of a column or capsule as people would say it: `stg_orderTotal` is "order total"."""
    parts = [part.lower() for part in PARTS.findall(name)]
    kept = [part for part in parts if part not in LAYERS]
    return " ".join(kept or parts)


def singular(text):
    return text[:-1] if text.endswith("s") and not text.endswith("ss") and len(text) > 3 else text


def terms_for(subjects, reader):
    """{key: [Suggestion]} for capsules or columns (all of one kind) that the reader knows.

    In three queries, and one more that reads all terms when one has changed since they were read last.
    """
    subjects = list(subjects)
    if not subjects:
        return {}
    kind = "column" if isinstance(subjects[0], Column) else "capsule"
    keys = [subject.pk for subject in subjects]
    answered = set(TermLink.objects.filter(**{f"{kind}__in": keys}).values_list(f"{kind}_id", "term_id"))
    answered |= set(Refusal.objects.filter(**{f"{kind}__in": keys}).values_list(f"{kind}_id", "term_id"))
    vocabulary = known_words(reader)
    found = {}
    for subject in subjects:
        wanted = vocabulary.candidates(subject)
        found[subject.pk] = [one for one in wanted if (subject.pk, one.term.pk) not in answered][:MOST]
    return found


def for_capsule(capsule, columns, reader):
    """[(subject, [Suggestion])] for a capsule without a term and for those of its `columns` without one.

    `columns` carry their `terms`; the first LOOKED_AT of those without are looked at, and the best SHOWN candidates told.
    """
    bare = [column for column in columns if not column.terms][:LOOKED_AT]
    found = terms_for([capsule], reader) if not capsule.term_links.exists() else {}
    found |= terms_for(bare, reader)
    for column in bare:
        column.capsule = capsule
    subjects = [capsule, *bare]
    return [(subject, found[subject.pk][:SHOWN]) for subject in subjects if found.get(subject.pk)]


def known_words(reader):
    """The `Vocabulary` of what the reader may know of: kept by the process until a term changes."""
    visible = Term.objects.visible_to(reader).exclude(status=Term.Status.DEPRECATED)
    mark = tuple(visible.aggregate(latest=Max("updated_at"), number=Count("pk")).values())
    kept = _kept.get(reader.clearance)
    if kept is None or kept[0] != mark:
        kept = _kept[reader.clearance] = (mark, Vocabulary(visible))
    return kept[1]


_kept: dict = {}


class Vocabulary:
    """Terms by what they are called and by the words of their definitions, read once."""

    def __init__(self, rows):
        self.words, self.definitions, self.by_word = {}, [], {}
        for term in rows.only(
            "pk", "name", "display_name", "abbreviation", "synonyms", "definition", "status", "domain"
        ):
            for rank, (text, why) in enumerate(_calls(term)):
                self.words.setdefault(singular(spoken(text)), []).append((rank, term, text, why))
            for word in set(LONG.findall(term.definition.lower())):
                self.by_word.setdefault(word, []).append(len(self.definitions))
            self.definitions.append(term)

    def candidates(self, subject):
        """The suggestions for one subject, best first."""
        found = {}
        name = singular(spoken(subject.name))
        for rank, term, text, why in self.words.get(name, ()):
            score = 100 - 5 * rank
            said = {"name": subject.name, "word": text}
            self._note(found, term, score, why % said)
        words = name.split()
        for size in range(len(words) - 1, 0, -1):
            for start in range(len(words) - size + 1):
                part = singular(" ".join(words[start : start + size]))
                if len(part) < 4:
                    continue
                for rank, term, text, _why in self.words.get(part, ()):
                    score = 60 + 20 * size // len(words) - 5 * rank
                    said = _("A part of its name, “%(part)s”, is “%(word)s”.") % {"part": part, "word": text}
                    self._note(found, term, score, said)
        for term, score in self._described(subject):
            self._note(found, term, score, _("Its description is close to the definition (%d %%).") % score)
        return sorted(found.values(), key=lambda one: (-one.score, one.term.name.lower()))

    def _described(self, subject):
        text = (subject.description or "").strip()
        if len(text) < SHORTEST:
            return
        places = (self.by_word.get(word, ()) for word in set(LONG.findall(text.lower())))
        # What stands in hundreds of definitions says nothing about one of them.
        shared = Counter(at for found in places if len(found) <= COMMON for at in found)
        for at, number in shared.most_common(20):
            if number >= 2:
                term = self.definitions[at]
                score = round(fuzz.token_sort_ratio(text.lower(), term.definition.lower()))
                if score >= ALIKE:
                    yield term, score

    def _note(self, found, term, score, evidence):
        if term.pk not in found or found[term.pk].score < score:
            found[term.pk] = Suggestion(term, score, evidence)


def _calls(term):
    yield term.name, _("Its name %(name)s is the term's name.")
    if term.display_name:
        yield term.display_name, _("Its name %(name)s is what the term is shown as.")
    if term.abbreviation:
        yield term.abbreviation, _("Its name %(name)s is the abbreviation “%(word)s”.")
    for synonym in term.synonyms:
        yield synonym, _("Its name %(name)s is the synonym “%(word)s”.")


# ---------- subjects that nobody has explained ----------


def unexplained(reader):
    """Columns in use without a term."""
    links = TermLink.objects.filter(column=OuterRef("pk"))
    return (
        Column.objects.visible_to(reader)
        .filter(retired_at__isnull=True, capsule__retired_at__isnull=True)
        .filter(~Exists(links))
        .select_related("capsule__owner", "capsule__domain")
    )


def named_like_terms(reader):
    """Unexplained columns whose name is that of a term, so that a page of suggestions is full of them."""
    plain = Term.objects.visible_to(reader).exclude(status=Term.Status.DEPRECATED)
    names = set()
    for row in plain.values_list("name", "display_name", "abbreviation", "synonyms"):
        for text in (*row[:3], *row[3]):
            if text:
                word = spoken(text)
                names |= {word.replace(" ", "_"), singular(word).replace(" ", "_"), word.replace(" ", "")}
    return (
        unexplained(reader)
        .annotate(plain_name=Lower("name"))
        .filter(Q(plain_name__in=names) | Q(description__gt=""))
        .order_by("capsule__name", F("ordinal_position").asc(nulls_last=True), "pk")
    )


# ---------- answers ----------


def accept(term, subject, *, by, relationship=TermLink.Relationship.IMPLEMENTS):
    """Link a term that was suggested. Raises `PermissionDenied` for those who may not edit the capsule."""
    capsule = subject.capsule if isinstance(subject, Column) else subject
    may_edit(by, capsule).or_refuse()
    return writing.link(
        term, **_subject(subject), relationship=relationship, by=by, reason=_("Suggested term taken")
    )


def refuse(term, subject, *, by, reason=""):
    """Remember that a term does not explain a subject; it is not suggested there again."""
    capsule = subject.capsule if isinstance(subject, Column) else subject
    may_edit(by, capsule).or_refuse()
    with acting(by, reason=reason or _("Suggested term refused")):
        made, new = Refusal.objects.get_or_create(
            term=term, **_subject(subject), defaults={"refused_by": by.name, "reason": reason}
        )
    if not new:
        raise Conflict(_("This was refused before, by %s.") % made.refused_by, code="already_exists")
    return made


def reconsider(term, subject, *, by):
    """Forget a refusal. Returns True if there was one."""
    capsule = subject.capsule if isinstance(subject, Column) else subject
    may_edit(by, capsule).or_refuse()
    with acting(by, reason=_("Refusal taken back")):
        return bool(Refusal.objects.filter(term=term, **_subject(subject)).delete()[0])


def _subject(subject):
    return {"capsule": subject} if isinstance(subject, Capsule) else {"column": subject}


# ---------- the backfill ----------


def drafts_from_descriptions(capsules, *, by):
    """Draft terms from descriptions of columns that several capsules share; returns the new terms.

    A name and one description that at least two capsules agree on is a word people use. Names that a term has
    already are left out, so a second run changes nothing. Nothing is approved and nothing is linked.
    """
    rows = (
        Column.objects.visible_to(by)
        .filter(capsule__in=capsules, retired_at__isnull=True, description__gt="")
        .annotate(plain_name=Lower("name"))
        .values_list("plain_name", "description", "capsule_id")
    )
    said = {}
    for name, description, capsule in rows:
        text = description.strip()
        if len(text) >= SHORTEST:
            said.setdefault(spoken(name), {}).setdefault(text, set()).add(capsule)
    taken = {spoken(name) for name in Term.objects.values_list("name", flat=True)}
    made = []
    for name, texts in sorted(said.items()):
        text, places = max(texts.items(), key=lambda item: (len(item[1]), item[0]))
        if name not in taken and len(places) >= 2:
            made.append(
                writing.create(
                    {"name": name.capitalize(), "definition": text, "meta": {"origin": "descriptions"}},
                    by=by,
                    reason=_("Drafted from the descriptions of %d capsules") % len(places),
                )
            )
    return made
