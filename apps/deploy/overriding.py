"""Going past the contracts that block a plan: its author asks for each blocked capsule, a second person answers."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.contracts import overriding
from apps.contracts.access import may_override
from apps.contracts.models import Override
from apps.dcs.refusals import Conflict

from .announcing import blocked


def ask(plan, *, reason, by):
    """Ask to let the blocked changes of a plan through; the `Override`s. Raises what asking raises."""
    with transaction.atomic():
        made = [
            overriding.ask(capsule, covers, reason=reason, plan=plan, by=by)
            for capsule, covers in blocked(plan, by)
        ]
        if not made:
            raise Conflict(_("No contract blocks %(plan)s.") % {"plan": plan}, code="no_change")
    return made


def decide(plan, granted, *, by, why=""):
    """Answer all that was asked for a plan and is open; the `Override`s. Raises what deciding raises."""
    with transaction.atomic():
        waiting = [each for each in of(plan, by) if overriding.is_open(each)]
        if not waiting:
            raise Conflict(_("Nothing is asked for %(plan)s.") % {"plan": plan}, code="already")
        return [overriding.decide(each, granted, by=by, why=why) for each in waiting]


def of(plan, reader):
    """What was asked for a plan, in the order of the capsules, as far as the reader may see it."""
    found = Override.objects.visible_to(reader).filter(plan_key=plan.pk)
    return list(
        found.select_related("capsule", "asked_by", "decided_by").order_by("capsule__urn", "asked_at")
    )


def shown(plan, reader):
    """{"asked": what was asked, "may_answer": whether the reader may decide, "why_not": why they may not}; for a page."""
    asked = of(plan, reader)
    waiting = [each for each in asked if overriding.is_open(each)]
    refused = [verdict for each in waiting if not (verdict := may_override(reader, each))]
    return {
        "asked": asked,
        "waiting": bool(waiting),
        "granted": [each for each in asked if overriding.is_granted(each)],
        "may_answer": bool(waiting) and not refused,
        "why_not": refused[0].reason if refused else "",
        "needs_proof": not reader.is_fresh,
    }
