"""How many capsules each further filter would leave: counts beside the values of every facet.

Within a facet the values are alternatives: a chosen one leaves the counts of its siblings as they are. All
facets without a choice are counted in one pass over the narrow table; each facet with one, in a pass that
leaves out its own condition.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS, SENSITIVITY, Sensitivity

from . import counting
from .conditions import all_of, conditions
from .filters import (
    BAND_WORDS,
    BANDS,
    CHANGED_WORDS,
    COMPLETE_WORDS,
    CONTRACT,
    FRESHNESS_WORDS,
    HEALTH_WORDS,
    NONE,
    PRESENT,
    WORDS,
)
from .values import LISTS, VALUES, band_of

MOST_VALUES = 100  # of one facet; a longer list is searched, not read

TITLES = {
    "domain": _("Domain"),
    "layer": _("Layer"),
    "type": _("Type"),
    "sensitivity": _("Sensitivity"),
    "quality": _("Quality"),
    "contract": _("Contract"),
    "health": _("Promises"),
    "freshness": _("Freshness"),
    "has": _("Has"),
    "lacks": _("Lacks"),
    "owner": _("Owner"),
    "source": _("Source"),
    "pii": _("Personal data"),
    "masking": _("Masking"),
    "complete": _("Completeness"),
    "changed": _("Last change"),
    "tag": _("Tag"),
    "framework": _("Framework"),
}
# Facets of few values are counted in combination, which costs one pass instead of one each, and summed here.
COMBINED = (
    ("layer", "type"),
    ("sensitivity", "quality", "contract", "pii"),
    ("domain",),
    ("owner",),
    ("source",),
    ("present",),
    ("masking", "complete", "health"),
    ("freshness",),
    ("changed",),
)
TOGETHER = """
SELECT grouping({names}), count(*), {texts} FROM (
    SELECT {columns} FROM dcs.capsule_facts f WHERE {where}
) found GROUP BY GROUPING SETS ({sets})
"""
ONE = "SELECT value::text, count(*) FROM (SELECT {column} AS value FROM dcs.capsule_facts f WHERE {where}) found GROUP BY value"
LISTED = (
    "SELECT value, count(*) FROM dcs.capsule_facts f, unnest({column}) value WHERE {where} GROUP BY value"
)
UNLISTED = "SELECT NULL, count(*) FROM dcs.capsule_facts f WHERE {where} AND {column} = '{{}}'"
NAMES = """
SELECT id::text, name FROM dcs.domains WHERE visibility_rank <= %s
UNION ALL SELECT id::text, name FROM dcs.owners WHERE visibility_rank <= %s
UNION ALL SELECT id::text, name FROM dcs.source_systems WHERE visibility_rank <= %s
"""


@dataclass(frozen=True)
class Value:
    """One value of a facet: what the query says, what people read, how many capsules it leaves."""

    value: str
    label: str
    count: int
    chosen: bool = False


@dataclass(frozen=True)
class Facet:
    """One facet with the values that occur, or are chosen; `more` counts those left out."""

    slug: str
    title: str
    values: list
    more: int = 0


def facets(filters, reader, *, typed=None):
    """A `Facet` for each of `TITLES`, counted among what `reader` may see under `filters`.

    `typed` maps a facet to a text: of its values, only those that contain it, and the chosen ones.
    """
    known = counting.counted(filters, reader)
    named = _named(known, filters, reader)
    return [_facet(slug, filters, named[slug], (typed or {}).get(slug, "")) for slug in TITLES]


def _named(known, filters, reader):
    """{facet: {what the query says: (what people read, number)}, in the order in which it is shown}.

    What was counted in this process is named once for all who ask for it in one language.
    """
    names = _names(reader)
    if known is None:
        return _in_order(_parts(_counts(conditions(filters, reader))), names)
    asked = (get_language(), frozenset(names.items()), timezone.now().date())
    if asked not in known.named:
        known.named.clear()  # a name has changed, or the day
        known.named[asked] = _in_order(_parts(known.counts), names)
    return known.named[asked]


def _in_order(counts, names):
    return {slug: _named_values(slug, counts[slug], names) for slug in TITLES}


def _named_values(slug, counts, names):
    found = {}
    for raw, number in counts.items():
        value, label = _value(slug, raw, names)
        if value is not None and number:
            found[value] = (str(label), found.get(value, ("", 0))[1] + number)
    return dict(sorted(found.items(), key=_place(slug)))


def _counts(found):
    """{facet: {value as text or None: number}}, counted by the database."""
    chosen = [slug for slug in found if slug in VALUES or slug in LISTS]
    counts = {}
    free = [slug for slug in VALUES if slug not in chosen]
    for slug, value, n in _together(free, all_of(found)):
        counts.setdefault(slug, {})[value] = n
    for slug in (*chosen, *(slug for slug in LISTS if slug not in chosen)):
        counts[slug] = dict(_one(slug, all_of(found, but=slug)))
    return counts


def _parts(counts):
    """The counts of every facet of `TITLES`; `has` and `lacks` count parts."""
    present = counts.get("present", {})
    parts = {
        "has": {
            part: sum(n for bits, n in present.items() if int(bits) & bit) for part, bit in PRESENT.items()
        },
        "lacks": {
            part: sum(n for bits, n in present.items() if not int(bits) & bit)
            for part, bit in PRESENT.items()
        },
    }
    return {slug: parts[slug] if slug in parts else counts.get(slug, {}) for slug in TITLES}


def _together(free, where):
    """(facet, value as text or None, number) of all facets in `free`, some values in several pieces."""
    sets = [tuple(slug for slug in together if slug in free) for together in COMBINED]
    sets = [together for together in sets if together]
    query = TOGETHER.format(
        names=", ".join(f'"{slug}"' for slug in free),
        texts=", ".join(f'"{slug}"::text' for slug in free),
        columns=", ".join(f'{VALUES[slug]} AS "{slug}"' for slug in free),
        sets=", ".join("(" + ", ".join(f'"{slug}"' for slug in together) + ")" for together in sets),
        where=where.sql,
    )
    # grouping() has a bit for each column, the last one lowest, set where the row is not grouped by it.
    bit = {slug: 1 << len(free) - 1 - at for at, slug in enumerate(free)}
    places = {
        sum(bit[slug] for slug in free if slug not in together): [
            (slug, free.index(slug)) for slug in together
        ]
        for together in sets
    }
    counts = {}
    with connection.cursor() as cursor:
        cursor.execute(query, where.params)
        for grouped, number, *values in cursor:
            for slug, at in places[grouped]:
                counts[slug, values[at]] = counts.get((slug, values[at]), 0) + number
    return [(slug, value, number) for (slug, value), number in counts.items()]


def _one(slug, where):
    with connection.cursor() as cursor:
        if slug in LISTS:
            query = f"{LISTED} UNION ALL {UNLISTED}".format(column=LISTS[slug], where=where.sql)
            cursor.execute(query, [*where.params, *where.params])
        else:
            cursor.execute(ONE.format(column=VALUES[slug], where=where.sql), where.params)
        return [(value, number) for value, number in cursor if number]


def _names(reader):
    """{id as text: name} of domains, owners and sources."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [reader.clearance] * 3)
        return dict(cursor.fetchall())


def _facet(slug, filters, found, typed=""):
    taken = _taken(slug, getattr(filters, slug), found)
    absent = {
        value: (str(_value(slug, value, {value: value})[1]), 0) for value in taken if value not in found
    }
    if absent:
        found = dict(sorted({**found, **absent}.items(), key=_place(slug)))
    if typed:
        found = {
            value: (label, number)
            for value, (label, number) in found.items()
            if value in taken or typed.lower() in label.lower()
        }
    shown = [
        Value(value, label, number, value in taken)
        for at, (value, (label, number)) in enumerate(found.items())
        if at < MOST_VALUES or value in taken
    ]
    return Facet(slug, str(TITLES[slug]), shown, len(found) - len(shown))


def _taken(slug, chosen, found):
    """The chosen values; names are the same in either case."""
    if not chosen or slug not in ("domain", "owner", "source"):
        return set(chosen)
    exact = {value.lower(): value for value in found}
    return {exact.get(value.lower(), value) for value in chosen}


def _value(slug, raw, names):
    """What the query says for a stored value, and what people read; (None, "") for one that has no name."""
    if raw is None:
        return NONE, ABSENT.get(slug, _("none"))
    if slug in ("domain", "owner", "source"):
        return (names[raw], names[raw]) if raw in names else (None, "")
    if slug == "sensitivity":
        level = SENSITIVITY[int(raw) - 1] if raw.isdigit() else raw
        return level, Sensitivity(level).label
    raw = band_of(slug, raw) if raw not in WORDED.get(slug, ()) else raw
    if slug in WORDED:
        return raw, WORDED[slug][raw]
    if slug == "quality":
        return raw, BAND_WORDS[raw]
    if slug in ("has", "lacks"):
        return raw, WORDS[raw]
    known = {"layer": LAYERS, "type": CAPSULE_TYPES}.get(slug, {})
    return raw, known[raw].title if raw in known else raw


ABSENT = {"quality": BAND_WORDS[NONE], "health": HEALTH_WORDS[NONE], "freshness": FRESHNESS_WORDS[NONE]}
YES_OR_NO = {"yes": _("Yes"), "no": _("No")}
WORDED = {
    "pii": YES_OR_NO,
    "masking": YES_OR_NO,
    "complete": COMPLETE_WORDS,
    "health": HEALTH_WORDS,
    "freshness": FRESHNESS_WORDS,
    "changed": CHANGED_WORDS,
}
ORDERED = {
    "sensitivity": list(SENSITIVITY),
    "quality": list(BANDS),
    "contract": [*CONTRACT, NONE],
    "layer": list(LAYERS),
    "has": list(PRESENT),
    "lacks": list(PRESENT),
    **{slug: list(words) for slug, words in WORDED.items()},
}


def _place(slug):
    """How the values of a facet are sorted: by their own order, else most first; `none` last."""
    order = {value: at for at, value in enumerate(ORDERED.get(slug, ()))}

    def place(item):
        value, (label, number) = item
        if order:
            return value == NONE, order.get(value, len(order)), label
        return value == NONE, -number, label.lower()

    return place
