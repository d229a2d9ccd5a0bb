"""Announcing what a plan would break: the changes in the way of each blocked capsule, told to its consumers."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.catalog.models import Capsule
from apps.contracts import announcing
from apps.dcs.refusals import Conflict

from . import plan as plans

QUIET = "metadata"


def announce(plan, *, text, by):
    """Announce the blocked changes of a plan and plan again, so that it says from which day it may be applied.

    Returns (the new plan, the `Announcement`s). Raises what announcing raises, `Conflict` where nothing is blocked.
    """
    with transaction.atomic():
        made = [
            announcing.announce(capsule, covers, text=text, by=by) for capsule, covers in _blocked(plan, by)
        ]
        if not made:
            raise Conflict(
                _("No contract asks %(plan)s for an announcement.") % {"plan": plan}, code="no_change"
            )
        return plans.again(plan, by), made


def _blocked(plan, reader):
    """(capsule, what has to be announced of it) for each capsule that a contract blocks."""
    entries = {
        each["urn"]: each for each in plan.result["capsules"] if each["verdict"]["decision"] == "blocked"
    }
    for capsule in Capsule.objects.visible_to(reader).filter(urn__in=entries).order_by("urn"):
        items = [item for part in entries[capsule.urn]["dimensions"].values() for item in part["items"]]
        yield (
            capsule,
            [
                {"code": item["code"], "pointer": item["pointer"], "text": _words(item)}
                for item in items
                if item["consumer"] != QUIET
            ],
        )


def _words(item):
    return f"{item['code'].replace('_', ' ')}: {item['name']}"
