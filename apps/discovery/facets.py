"""How many capsules each further filter would leave: counts beside the values of every facet.

Within a facet the values are alternatives: a chosen one leaves the counts of its siblings as they are. All
facets without a choice are counted in one pass over the narrow table; each facet with one, in a pass that
leaves out its own condition.
"""

from dataclasses import dataclass
from hashlib import blake2b

from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS, SENSITIVITY, Sensitivity
from apps.provenance import counters

from .conditions import all_of, conditions
from .filters import BAND_WORDS, BANDS, CONTRACT, NONE, PRESENT, WORDS

MOST_VALUES = 100  # of one facet; a longer list is searched, not read
KEPT_SECONDS = 3600

TITLES = {
    "domain": _("Domain"),
    "layer": _("Layer"),
    "type": _("Type"),
    "sensitivity": _("Sensitivity"),
    "quality": _("Quality"),
    "contract": _("Contract"),
    "has": _("Has"),
    "lacks": _("Lacks"),
    "owner": _("Owner"),
    "source": _("Source"),
    "pii": _("Personal data"),
    "tag": _("Tag"),
    "framework": _("Framework"),
}
BAND = "CASE WHEN f.quality_score >= 95 THEN 'good' WHEN f.quality_score >= 90 THEN 'fair' WHEN f.quality_score IS NOT NULL THEN 'poor' END"
VALUES = {
    "domain": "f.domain_id",
    "layer": "f.layer",
    "type": "f.capsule_type",
    "sensitivity": "f.sensitivity_rank",
    "quality": BAND,
    "contract": "f.contract_status",
    "owner": "f.owner_id",
    "source": "f.source_system_id",
    "pii": "f.pii_columns > 0",
    "present": "f.present",
}
LISTS = {"tag": "f.tags", "framework": "f.frameworks"}
# Facets of few values are counted in combination, which costs one pass instead of one each, and summed here.
COMBINED = (
    ("layer", "type"),
    ("sensitivity", "quality", "contract", "pii"),
    ("domain",),
    ("owner",),
    ("source",),
    ("present",),
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
    found = conditions(filters, reader)
    counts = _counts(found, counters.count("catalogue"))
    names = _names(reader)
    return [_facet(slug, filters, counts[slug], names, (typed or {}).get(slug, "")) for slug in TITLES]


def _counts(found, number):
    """{facet: {value as text or None: number}}; `has` and `lacks` count parts.

    `number` counts the changes of the catalogue: answers are kept under it.
    """
    chosen = [slug for slug in found if slug in VALUES or slug in LISTS]
    counts = {}
    free = [slug for slug in VALUES if slug not in chosen]
    whole = all_of(found)
    for slug, value, n in _kept(number, ("together", *free), whole, lambda: _together(free, whole)):
        counts.setdefault(slug, {})[value] = n
    for slug in (*chosen, *(slug for slug in LISTS if slug not in chosen)):
        where = all_of(found, but=slug)
        counts[slug] = dict(_kept(number, (slug,), where, lambda slug=slug, where=where: _one(slug, where)))
    present = counts.pop("present", {})
    counts["has"] = {
        part: sum(n for bits, n in present.items() if int(bits) & bit) for part, bit in PRESENT.items()
    }
    counts["lacks"] = {
        part: sum(n for bits, n in present.items() if not int(bits) & bit) for part, bit in PRESENT.items()
    }
    return {slug: counts.get(slug, {}) for slug in TITLES}


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


def _kept(number, what, where, compute):
    """The answer kept since the catalogue last changed, else a new one."""
    if number is None:
        return compute()
    asked = repr((connection.settings_dict["NAME"], number, what, where.sql, where.params))
    key = f"facets:{blake2b(asked.encode(), digest_size=16).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = compute()
        cache.set(key, found, KEPT_SECONDS)
    return found


def _names(reader):
    """{id as text: name} of domains, owners and sources."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [reader.clearance] * 3)
        return dict(cursor.fetchall())


def _facet(slug, filters, counts, names, typed=""):
    chosen = getattr(filters, slug)
    found = {}
    for raw, number in counts.items():
        value, label = _value(slug, raw, names)
        if value is not None:
            found[value] = (label, found.get(value, (label, 0))[1] + number)
    exact = {value.lower(): value for value in found} if slug in ("domain", "owner", "source") else {}
    taken = {exact.get(value.lower(), value) if exact else value for value in chosen}
    for value in taken - found.keys():
        found[value] = (_value(slug, value, {value: value})[1], 0)
    values = [
        Value(value, str(label), number, value in taken)
        for value, (label, number) in found.items()
        if number or value in taken
    ]
    if typed:
        values = [value for value in values if value.chosen or typed.lower() in value.label.lower()]
    values.sort(key=_place(slug))
    shown = [value for at, value in enumerate(values) if at < MOST_VALUES or value.chosen]
    return Facet(slug, str(TITLES[slug]), shown, len(values) - len(shown))


def _value(slug, raw, names):
    """What the query says for a stored value, and what people read; (None, "") for one that has no name."""
    if raw is None:
        return NONE, BAND_WORDS[NONE] if slug == "quality" else _("none")
    if slug in ("domain", "owner", "source"):
        return (names[raw], names[raw]) if raw in names else (None, "")
    if slug == "sensitivity":
        level = SENSITIVITY[int(raw) - 1] if raw.isdigit() else raw
        return level, Sensitivity(level).label
    if slug == "pii":
        return ("yes", _("Yes")) if raw in ("true", "yes") else ("no", _("No"))
    if slug == "quality":
        return raw, BAND_WORDS[raw]
    if slug in ("has", "lacks"):
        return raw, WORDS[raw]
    known = {"layer": LAYERS, "type": CAPSULE_TYPES}.get(slug, {})
    return raw, known[raw].title if raw in known else raw


ORDERED = {
    "sensitivity": list(SENSITIVITY),
    "quality": list(BANDS),
    "contract": [*CONTRACT, NONE],
    "layer": list(LAYERS),
    "has": list(PRESENT),
    "lacks": list(PRESENT),
    "pii": ["yes", "no"],
}


def _place(slug):
    """How the values of a facet are sorted: by their own order, else most first; `none` last."""
    order = {value: at for at, value in enumerate(ORDERED.get(slug, ()))}

    def place(value):
        if order:
            return value.value == NONE, order.get(value.value, len(order)), value.label
        return value.value == NONE, -value.count, value.label.lower()

    return place
