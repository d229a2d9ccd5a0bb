"""Filters as SQL over `capsule_facts f`: a condition a facet, so that a facet can be counted without its own."""

import datetime

from apps.catalog.vocabularies import LAYERS, sensitivity_rank

from . import matching
from .filters import BANDS, MANY, NONE, PRESENT
from .matching import Condition
from .values import LISTS, days

NAMED = {
    "domain": ("f.domain_id", "SELECT id FROM dcs.domains WHERE lower(name) = ANY (%s)"),
    "owner": ("f.owner_id", "SELECT id FROM dcs.owners WHERE lower(name) = ANY (%s)"),
    "source": ("f.source_system_id", "SELECT id FROM dcs.source_systems WHERE lower(name) = ANY (%s)"),
}
PLAIN = {
    "layer": "f.layer",
    "type": "f.capsule_type",
    "contract": "f.contract_status",
    "health": "f.health",
}
RANKS = {layer: at for at, layer in enumerate(LAYERS, start=1)}
TRUE_OR_NOT = {"pii": "f.pii_columns > 0", "masking": "f.has_masking"}
MOMENTS = {"changed": "f.updated_at", "freshness": "f.data_updated_at"}
COMPLETE = {
    "all": "f.completeness = 7",
    "most": "f.completeness BETWEEN 4 AND 6",
    "few": "f.completeness < 4",
}


def conditions(filters, reader):
    """{facet or "": Condition} that a capsule must meet to be listed; "" is what holds for every facet."""
    found = {"": _visible(filters, reader)}
    if filters.q:
        _asked, found["q"] = matching.catalogue(filters.q, reader)
    for key in MANY:
        if values := getattr(filters, key):
            found[key] = _condition(key, values)
    return found


def all_of(found, but=None):
    """The conditions as one, leaving out that of the facet `but`."""
    chosen = [condition for key, condition in found.items() if key != but]
    return Condition(
        " AND ".join(condition.sql for condition in chosen),
        tuple(param for condition in chosen for param in condition.params),
    )


def _visible(filters, reader):
    sql = "f.visible_from <= %s AND f.visible_to >= %s"
    retired = {"": " AND NOT f.retired", "only": " AND f.retired", "include": ""}[filters.retired]
    return Condition(sql + retired, (reader.clearance, reader.clearance))


def _condition(key, values):
    without = NONE in values
    named = [value for value in values if value != NONE]
    if key in NAMED:
        column, ids = NAMED[key]
        return _either(
            Condition(f"{column} = ANY (ARRAY({ids}))", ([value.lower() for value in named],))
            if named
            else None,
            Condition(f"{column} IS NULL") if without else None,
        )
    if key in PLAIN:
        column = PLAIN[key]
        return _either(
            # One alone may begin an index that goes on in the order of the list.
            _one(key, column, named[0]) if len(named) == 1 else None,
            Condition(f"{column} = ANY (%s)", (named,)) if len(named) > 1 else None,
            Condition(f"{column} IS NULL") if without else None,
        )
    if key in LISTS:
        column = LISTS[key]
        return _either(
            Condition(f"{column} && %s::text[]", (named,)) if named else None,
            Condition(f"{column} = '{{}}'") if without else None,
        )
    if key == "sensitivity":
        return Condition("f.sensitivity_rank = ANY (%s)", ([sensitivity_rank(value) for value in values],))
    if key in TRUE_OR_NOT:
        sql = TRUE_OR_NOT[key]
        return _either(*(Condition(sql if value == "yes" else f"NOT ({sql})") for value in values))
    if key == "complete":
        return _either(*(Condition(COMPLETE[value]) for value in values))
    if key in MOMENTS:
        return _either(*(_changed(MOMENTS[key], value) for value in values))
    if key == "quality":
        return _either(*(_band(value) for value in values))
    bits = sum(PRESENT[value] for value in values)
    return Condition("f.present & %s = %s", (bits, bits if key == "has" else 0))


def _one(key, column, value):
    """One value; a layer by its rank too, by which a list of it is sorted in an index."""
    if key == "layer" and value in RANKS:
        return Condition(f"{column} = %s AND f.layer_rank = %s", (value, RANKS[value]))
    return Condition(f"{column} = %s", (value,))


def _changed(column, band):
    if band == NONE:
        return Condition(f"{column} IS NULL")
    first, last = days(band)
    found = [] if first is None else [(f"{column} >= %s", _midnight(first))]
    found += [] if last is None else [(f"{column} < %s", _midnight(last + datetime.timedelta(1)))]
    return Condition(" AND ".join(sql for sql, _at in found), tuple(at for _sql, at in found))


def _midnight(day):
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


def _band(name):
    if name == NONE:
        return Condition("f.quality_score IS NULL")
    lowest, below = BANDS[name]
    sql = [
        sql
        for sql, bound in (("f.quality_score >= %s", lowest), ("f.quality_score < %s", below))
        if bound is not None
    ]
    return Condition(" AND ".join(sql), tuple(bound for bound in (lowest, below) if bound is not None))


def _either(*conditions):
    chosen = [condition for condition in conditions if condition is not None]
    if len(chosen) == 1:
        return chosen[0]
    return Condition(
        "(" + " OR ".join(f"({condition.sql})" for condition in chosen) + ")",
        tuple(param for condition in chosen for param in condition.params),
    )
