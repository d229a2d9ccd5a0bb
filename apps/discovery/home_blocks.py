"""Blocks of the homes that one query fills: what came back, what ends, what breaks, what is new in the glossary."""

import datetime
from dataclasses import dataclass

from django.db import connection
from django.db.models import DateTimeField, F, Q, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.audit import seals
from apps.contracts.models import Contract, Incident
from apps.glossary.models import Term
from apps.policy.models import Policy
from apps.workflow.models import Review

from .columns import ColumnFilters

SHOWN = 6
SOON = datetime.timedelta(days=14)
COLUMNS = tuple(f"told_{name}" for name in ("which", "name", "said", "urn", "kind", "state", "at"))
NAMED = {
    "returned": (_("V-%(said)s"), "workflow:review"),
    "contract": (_("Contract %(said)s"), "contracts:contract"),
    "policy": (_("Policy P-%(said)s"), "policy:policy"),
    "incident": (_("I-%(said)s"), "contracts:incident"),
}
STRICT = ("restricted", "secret")
UNKEPT = {
    "broken": ngettext_lazy(
        "%(n)s capsule whose promises are broken", "%(n)s capsules whose promises are broken", "n"
    ),
    "at_risk": ngettext_lazy(
        "%(n)s capsule whose promises are at risk", "%(n)s capsules whose promises are at risk", "n"
    ),
}
UNMASKED = ngettext_lazy(
    "%(n)s restricted or secret column without a mask",
    "%(n)s restricted or secret columns without a mask",
    "n",
)


@dataclass(frozen=True)
class Count:
    """A number of things that need somebody, and the list of exactly these."""

    number: int
    sentence: str
    url: str


@dataclass(frozen=True)
class Told:
    """One line of a block: a review that came back, a contract or policy that ends, an incident. `at` is when."""

    which: str
    title: str
    about: str
    kind: str
    state: str
    at: datetime.datetime
    url: str


def lines(*asked):
    """{which: [`Told`]} of some questions, all answered by one query; made by the functions below."""
    first, *others = asked
    found = {}
    for which, name, said, urn, kind, state, at in first.union(*others, all=True).values_list(*COLUMNS):
        title, place = NAMED[which]
        url = reverse(place, args=[urn, said] if urn else [said])
        told = Told(which, str(title) % {"said": said}, name, kind, state, at, url)
        found.setdefault(which, []).append(told)
    return found


def _asked(which, rows, order, **said):
    """The first of `rows` in the columns that all questions share."""
    said = {"urn": Value(""), "kind": Value(""), "state": Value(""), **said}
    said = {name: Cast(value, TextField()) for name, value in said.items() if name != "at"} | {
        "at": Cast(said["at"], DateTimeField())
    }
    # Names of their own: an annotation may not be called as a field is.
    rows = rows.order_by(order).annotate(**{f"told_{name}": value for name, value in said.items()})
    return rows.annotate(told_which=Value(which, TextField())).values(*COLUMNS)[:SHOWN]


def returned(reader):
    """The reviews that this person wrote and somebody sent back, the latest first."""
    found = Review.objects.asked_by(reader).filter(state=Review.State.CHANGES_REQUESTED)
    return _asked(
        "returned",
        found,
        "-updated_at",
        name=F("title"),
        said=F("number"),
        state=F("state"),
        at=F("updated_at"),
    )


def contracts_ending(reader, domains):
    """The contracts in force that end soon, the soonest first; of some domains, or of all."""
    found = Contract.objects.visible_to(reader).in_force().filter(deprecation_date__range=_soon())
    if domains:
        found = found.filter(capsule__domain__name__in=domains)
    return _asked(
        "contract", found, "deprecation_date",
        name=F("capsule__name"), said=F("version"), urn=F("capsule__urn"), at=F("deprecation_date"),
    )  # fmt: skip


def policies_ending(reader, domains):
    """The same of policies."""
    first, last = _soon()
    found = Policy.objects.visible_to(reader).in_force(on=first).filter(effective_to__lte=last)
    if domains:
        of_capsule, of_column = (
            Q(capsule__domain__name__in=domains),
            Q(column__capsule__domain__name__in=domains),
        )
        found = found.filter(of_capsule | of_column)
    name = Coalesce("column__name", "capsule__name")
    return _asked("policy", found, "effective_to", name=name, said=F("number"), at=F("effective_to"))


def incidents(reader, teams):
    """The unresolved incidents of the capsules of some teams, the latest first."""
    found = Incident.objects.visible_to(reader).unresolved().filter(capsule__owner__name__in=teams)
    return _asked(
        "incident", found, "-detected_at",
        name=F("capsule__name"), said=F("number"), kind=F("severity"), state=F("status"), at=F("detected_at"),
    )  # fmt: skip


def _soon():
    today = timezone.localdate()
    return today, today + SOON


def unkept(counted):
    """A `Count` of the `counted` capsules whose promises are broken, and of those at risk."""
    return [Count(number, UNKEPT[health] % {"n": number}, url) for health, number, url in counted.promises()]


def terms(reader, after):
    """The terms that were approved after a moment, the latest first."""
    found = Term.objects.visible_to(reader).filter(status=Term.Status.APPROVED, approved_at__gt=after)
    return found.order_by("-approved_at")[:SHOWN]


def unmasked(reader):
    """A `Count` of the restricted and secret columns that nothing masks, in a list; empty if there is none."""
    asked = ColumnFilters(sensitivity=STRICT, lacks=("mask",))
    number = asked.visible_to(reader).count()
    return [Count(number, UNMASKED % {"n": number}, asked.url())] if number else []


def sealed():
    """When the change log was last sealed, or None."""
    with connection.cursor() as cursor:
        found = seals.last(cursor)
    return datetime.datetime.fromisoformat(found.sealed_at) if found else None
