"""The questions that the glossary answers."""

import re

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connections
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Left, Lower, Upper

from apps.dcs.models import VisibleQuerySet

# What a search looks through; the index is built on this very expression (errata row C28).
DOCUMENT = SearchVector("name", "display_name", "abbreviation", "definition", "synonyms", config="english")
MOST_WORDS = 8
OTHERS = "#"  # the letter of names that begin with none


def prefixes(text):
    """The query for all words of `text`, each perhaps unfinished; None if it has none."""
    words = re.findall(r"\w+", text.replace("_", " "))[:MOST_WORDS]
    if not words:
        return None
    return SearchQuery(" & ".join(f"{word}:*" for word in words), config="english", search_type="raw")


class TermQuerySet(VisibleQuerySet):
    def awaiting_review(self):
        """Terms that somebody has submitted and nobody has decided on."""
        return self.filter(status=self.model.Status.UNDER_REVIEW)

    def approved(self):
        """Terms whose meaning is agreed."""
        return self.filter(status=self.model.Status.APPROVED)

    def called(self, name):
        """The term of a name, in any case."""
        return self.annotate(plain_name=Lower("name")).filter(plain_name=name.lower())

    def known_as(self, words):
        """The terms whose name or display name is among `words`, which are in lower case."""
        found = self.annotate(plain_name=Lower("name"), plain_display=Lower("display_name"))
        return found.filter(Q(plain_name__in=words) | Q(plain_display__in=words))

    def called_any(self, names):
        """The stored names among `names`, which are in lower case."""
        found = self.annotate(plain_name=Lower("name")).filter(plain_name__in=names)
        return list(found.values_list("name", flat=True))

    def matching(self, text):
        """Terms that `text` finds, annotated with `stage`: 0 by exact name or abbreviation, 1 by its beginning, 2 by words.

        Looks through name, display name, abbreviation, synonyms and definition; the last word may be unfinished.
        """
        plain, query = " ".join(text.lower().split()), prefixes(text)
        exact = Q(plain_name=plain) | Q(plain_display=plain) | Q(plain_abbreviation=plain)
        begins = Q(plain_name__startswith=plain)
        found = self.annotate(
            plain_name=Lower("name"),
            plain_display=Lower("display_name"),
            plain_abbreviation=Lower("abbreviation"),
            stage=Case(
                When(exact, then=Value(0)),
                When(begins, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            ),
        )
        if query is None:
            return found.filter(begins) if plain else found
        return found.alias(document=DOCUMENT).filter(document=query)

    def beginning_with(self, letter):
        """Terms whose name begins with a letter in either case, or, for `#`, with none from A to Z."""
        found = self.annotate(plain_name=Lower("name"))
        if letter == OTHERS:
            return found.exclude(plain_name__gte="a", plain_name__lt="{")
        return found.filter(plain_name__gte=letter.lower(), plain_name__lt=chr(ord(letter.lower()) + 1))

    def letters(self):
        """The first letters of these terms, in one query: {"A", "R", "#"}."""
        found = self.order_by().values_list(Upper(Left("name", 1)), flat=True).distinct()
        return {letter if "A" <= letter <= "Z" else OTHERS for letter in found}

    def initials(self):
        """Like `letters`, by 28 look-ups in the index of names instead of a walk through all rows."""
        terms, values = self.order_by().values(plain_name=Lower("name")).query.sql_with_params()
        # Written out: built as 28 conditions of the ORM the question takes longer to ask than to answer.
        asked = (
            "SELECT DISTINCT place FROM unnest(%s::text[], %s::text[], %s::text[]) t(place, least, most)"  # noqa: S608
            f" WHERE EXISTS (SELECT FROM ({terms}) named WHERE plain_name >= least AND plain_name < most)"
        )
        plain = "abcdefghijklmnopqrstuvwxyz"
        places = [*plain.upper(), OTHERS, OTHERS]
        least = [*plain, "", "{"]
        most = [*plain[1:], "{", "a", chr(0x10FFFF)]
        with connections[self.db].cursor() as cursor:
            cursor.execute(asked, [places, least, most, *values])
            return {place for (place,) in cursor.fetchall()}

    def used(self, wanted=True):
        """Terms that explain something, or nothing."""
        links = self.model._meta.get_field("links").related_model.objects.filter(term=OuterRef("pk"))
        return self.filter(Exists(links) if wanted else ~Exists(links))

    def categories(self, *, most=1000):
        """The categories of these terms in their order, each found by one step in the index."""
        terms, values = self.order_by().values(word=F("category")).query.sql_with_params()
        # However many terms there are, PostgreSQL reads one of each category; DISTINCT would read them all.
        further = f"(SELECT min(word) FROM ({terms}) named WHERE word > %s)"  # noqa: S608
        asked = (
            f"WITH RECURSIVE found(word, place) AS (SELECT {further}, 1 UNION ALL"  # noqa: S608
            f" SELECT {further.replace('word > %s', 'word > found.word')}, place + 1 FROM found"
            " WHERE word IS NOT NULL AND place < %s)"
            " SELECT word FROM found WHERE word IS NOT NULL ORDER BY place"
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(asked, [*values, "", *values, most])
            return [word for (word,) in cursor.fetchall()]

    def by_domain(self):
        """{domain key or None: number of terms}, in one query."""
        return dict(self.order_by().values_list("domain").annotate(terms=Count("*")))

    def pointing_at(self, name, *, relation):
        """Terms that name `name` under a relation such as `broader`."""
        return self.filter(meta__relations__contains={relation: [name]})

    def in_name_order(self):
        return self.annotate(plain_name=Lower("name")).order_by("plain_name", "pk")

    def as_rows(self, *further):
        """The terms as lists show them: dicts of what a `Line` is made of, with `further` annotations."""
        found = self.annotate(plain_name=Lower("name"))
        return found.values("id", "name", "display_name", "definition", "status", "plain_name", *further)

    def as_entries(self):
        """The terms as the plans and files of imports know them: dicts, in one query."""
        rows = self.in_name_order().values(
            "id",
            "name",
            "display_name",
            "definition",
            "abbreviation",
            "synonyms",
            "category",
            "steward_email",
            "status",
            "tags",
            "meta",
            "visibility_rank",
            domain_name=F("domain__name"),
            owner_name=F("owner__name"),
        )
        for row in rows.iterator(chunk_size=2000):
            meta = row.pop("meta")
            row["domain"], row["owner"] = row.pop("domain_name"), row.pop("owner_name")
            row |= {"examples": meta.get("examples", []), "relations": meta.get("relations", {})}
            row["skos"] = meta.get("skos")
            yield row
