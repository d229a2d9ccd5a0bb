"""Search as people type: words and their beginnings, pieces, misspellings, columns; with the first page behind it."""

import random
import re

from django.db import connection

from apps.catalog.models import Capsule
from apps.discovery import facets, matching, rows, search, spelling
from apps.discovery.filters import Filters

from .catalogue import READER
from .measure import clock, tell

PAGE_MS, SQL_MS = 50, 5


def run(small):
    asked = typed(random.Random(3), 40 if small else 80)
    for name, texts in asked.items():
        instead = None
        if name in ("the beginning of a word", "two words"):
            instead = clock(ranked_by_scan, texts[: 6 if small else 4])
        tell(
            f"ranked capsules, {name}",
            clock(lambda text: search.search(text, READER, kinds=["capsule"]), texts),
            limit=SQL_MS,
            instead=instead,
            of="icontains over names and descriptions",
        )
    tell(
        "ranked columns",
        clock(lambda text: search.search(text, READER, kinds=["column"]), asked["a column"]),
        limit=SQL_MS,
    )
    mixed = [text for texts in asked.values() for text in texts[:: 4 if small else 5]]
    tell("suggestions of all kinds", clock(lambda text: search.suggest(text, READER), mixed), limit=PAGE_MS)
    tell("first page of the catalogue with facets", clock(first_page, mixed), limit=PAGE_MS)
    words = [word for text in asked["a wrong spelling"] for word in re.findall("[a-z]+", text)]
    tell("other spellings of a word", clock(spelling.alternatives, words))


def typed(chance, number):
    """Texts as they are while being typed, made of names that exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM dcs.capsules ORDER BY md5(id::text) LIMIT 2000")
        names = [name for (name,) in cursor]
        cursor.execute("SELECT name FROM dcs.column_names ORDER BY md5(name) LIMIT 500")
        columns = [name for (name,) in cursor]
    words = [[word for word in re.split("[^a-z]+", name.lower()) if len(word) > 2] for name in names]
    found = {
        "the beginning of a word": [],
        "two words": [],
        "a whole name": [],
        "a piece of a name": [],
        "a wrong spelling": [],
    }
    for _ in range(number):
        own = chance.choice(words)
        word = chance.choice(own)
        found["the beginning of a word"].append(word[: chance.randint(2, len(word))])
        one, other = chance.sample(own, 2)
        found["two words"].append(f"{one} {other[: chance.randint(1, len(other))]}")
        name = chance.choice(names)
        found["a whole name"].append(name)
        begin = chance.randrange(len(name) - 6)
        found["a piece of a name"].append(name[begin : begin + chance.randint(4, 6)])
        long = max(own, key=len)
        at = chance.randrange(1, len(long))
        found["a wrong spelling"].append(long[:at] + chance.choice("xqz") + long[at:])
    found["a column"] = [chance.choice(columns) for _ in range(number)]
    return found


def ranked_by_scan(text):
    """What a portal without a search design does."""
    found = Capsule.objects.visible_to(READER).current()
    for word in text.split():
        found = found.filter(name__icontains=word) | found.filter(description__icontains=word)
    return list(found.order_by("name").values_list("pk", "name")[:20])


def first_page(text):
    filters = Filters.parse({"q": text})
    found = rows.page(filters, READER)
    facets.facets(filters, READER)
    return found, matching
