"""Where policies in force contradict each other: no data can do what all of them ask.

Pure: reads an `Effective`. Until somebody settles it the strictest holds, so a contradiction never widens access.
"""

from dataclasses import dataclass

from .effective import ANYWHERE, Effective, Source

RETENTION, HOLD, RESIDENCY, REGIONS, ROLES, PURPOSES = (
    "retention", "hold", "residency", "regions", "roles", "purposes",
)  # fmt: skip
KINDS = (RETENTION, HOLD, RESIDENCY, REGIONS, ROLES, PURPOSES)
# A region that lies in another: data in Germany is data in the EU.
MEMBERS = {
    "EU": frozenset(
        "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()
    ),
}
MEMBERS["EEA"] = MEMBERS["EU"] | {"EU", "IS", "LI", "NO"}


@dataclass(frozen=True)
class Contradiction:
    """Two sides that cannot both be met, and the facet whose value holds meanwhile."""

    kind: str
    sides: tuple[Source, ...]
    facet: str
    holds: object

    @property
    def keys(self):
        """The keys of the policies that it is between."""
        return frozenset(source.key for source in self.sides)


def within(region, other):
    """True if a region is the other one, or lies in it."""
    return region == other or region in MEMBERS.get(other, ())


def contradictions(found: Effective) -> tuple[Contradiction, ...]:
    """Every contradiction among the policies that made `found`, in the order of KINDS."""
    return tuple(
        each for rule in (_retention, _hold, _residency, _regions, _roles, _purposes) for each in rule(found)
    )


def _between(kind, facet, found, *sides):
    """The contradiction between policies of several; one policy by itself contradicts nobody."""
    sources = tuple(dict.fromkeys(source for side in sides for source in side))
    if len({source.key for source in sources}) > 1:
        yield Contradiction(kind, sources, facet, found.value(facet))


def _retention(found):
    least, most = found["retention_min"], found["retention_max"]
    if least.stated and most.stated and least.value.seconds > most.value.seconds:
        yield from _between(RETENTION, "retention_min", found, least.origins, most.origins)


def _hold(found):
    hold, most = found["legal_hold"], found["retention_max"]
    apart = [source for source in most.origins if source.key not in {each.key for each in hold.origins}]
    if hold.value and apart:
        yield from _between(HOLD, "legal_hold", found, hold.origins, apart)


def _residency(found):
    stays, allowed, shut = (
        found[name] for name in ("data_residency", "allowed_regions", "restricted_regions")
    )
    places = [word for word in stays.value or () if word != ANYWHERE]
    if any(not within(one, two) and not within(two, one) for one in places for two in places):
        yield from _between(RESIDENCY, "data_residency", found, stays.origins)
    outside = (
        allowed.stated
        and allowed.value
        and not any(within(place, word) or within(word, place) for place in places for word in allowed.value)
    )
    if places and outside:
        yield from _between(RESIDENCY, "data_residency", found, stays.origins, _all(allowed))
    barred = [
        source
        for source in shut.origins
        if any(within(place, word) for place in places for word in source.value)
    ]
    if barred:
        yield from _between(RESIDENCY, "restricted_regions", found, stays.origins, barred)


def _regions(found):
    yield from _lists(REGIONS, found, "allowed_regions", "restricted_regions", within)


def _roles(found):
    yield from _lists(ROLES, found, "allowed_roles", "denied_roles")


def _purposes(found):
    yield from _lists(PURPOSES, found, "approved_purposes", "prohibited_purposes")


def _lists(kind, found, allowed, denied, equal=lambda one, other: one == other):
    """Lists that have nothing in common, or of which everything is forbidden by another policy."""
    lets, bars = found[allowed], found[denied]
    if not lets.stated:
        return
    if lets.value == ():
        yield from _between(kind, allowed, found, _all(lets))
    elif all(any(equal(word, barred) for barred in bars.value) for word in lets.value):
        yield from _between(kind, denied, found, _all(lets), bars.origins)


def _all(held):
    return (*held.origins, *held.beaten)
