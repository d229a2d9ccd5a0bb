"""Announcing what a plan would break: the changes in the way of each blocked capsule, told to its consumers."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.catalog.changes.change import Change
from apps.catalog.models import Capsule
from apps.contracts import announcing
from apps.dcs.refusals import Conflict

from . import plan as plans

QUIET = "metadata"


def announce(plan, *, text, by):
    """Announce the blocked changes of a plan and plan again, so that it says from which day it may be applied.

    Returns (the new plan, the `Announcement`s). A capsule of which all is announced already is passed over. Raises what
    announcing raises, `Conflict` where nothing is left to announce.
    """
    made = []
    refusal = Conflict(_("No contract asks %(plan)s for an announcement.") % {"plan": plan}, code="no_change")
    with transaction.atomic():
        for capsule, covers in blocked(plan, by):
            try:
                made.append(announcing.announce(capsule, covers, text=text, by=by))
            except Conflict as already:
                if already.code != "announced":
                    raise
                refusal = already
        if not made:
            raise refusal
        return plans.again(plan, by), made


def blocked(plan, reader):
    """(capsule, what the contract holds up of it) for each capsule that a contract blocks and the reader may see."""
    entries = {
        each["urn"]: each for each in plan.result["capsules"] if each["verdict"]["decision"] == "blocked"
    }
    for capsule in Capsule.objects.visible_to(reader).filter(urn__in=entries).order_by("urn"):
        items = [item for part in entries[capsule.urn]["dimensions"].values() for item in part["items"]]
        yield (
            capsule,
            [
                {
                    "code": item["code"],
                    "pointer": item["pointer"],
                    "text": _words(item),
                    "fingerprint": Change.of("", item).fingerprint,
                }
                for item in items
                if item["consumer"] != QUIET
            ],
        )


def _words(item):
    return f"{item['code'].replace('_', ' ')}: {item['name']}"
