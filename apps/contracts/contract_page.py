"""The page of one contract: what is promised, to whom, and is it kept."""

from datetime import UTC

from django.utils import timezone

from apps.catalog.addresses import page_of
from apps.ui import querystring
from apps.workflow.models import Review, ReviewDecision
from apps.workflow.refusals import needs_proof

from . import history, monitor, promises, spoken
from .access import may_remove, may_watch, may_write
from .consumers import consumers, effective
from .models import Announcement, Contract, Incident, Override

INCIDENTS = 10
SHOWN = 5


def context(contract, reader, *, at=None):
    """What the template of a contract wants; a fixed number of queries."""
    at = at or timezone.now()
    home = contract.capsule
    versions = list(effective(Contract.objects.visible_to(reader).filter(capsule=home)))
    incidents = Incident.objects.visible_to(reader).filter(contract__in=versions)
    measured = contract.is_in_force
    answers = monitor.answers([contract], at=at)[contract.pk] if measured else []
    return {
        "contract": contract,
        "capsule": home,
        "promises": told(contract, answers, at),
        "health": promises.worst(answers) if measured else "",
        "measured": measured,
        "versions": [(one, one.get_absolute_url()) for one in versions],
        "others": len(versions) - 1,
        "consumers": consumers(home, {"consumers": contract.known_consumers}),
        "incidents": [
            (one, page_of("contracts:incident", one.number))
            for one in incidents.order_by("-detected_at", "-number")[:INCIDENTS]
        ],
        "open": incidents.unresolved().count(),
        "may_evaluate": measured and bool(may_watch(reader, contract)),
        "looked_at": getattr(getattr(contract, "watch", None), "looked_at", None),
        "notice_days": promises.notice_days(contract),
        **life(contract, reader),
    }


def life(contract, reader):
    """What waits for a decision, the steps that are open, who signed what, and what happened so far."""
    waiting = Review.objects.visible_to(reader).touching(contract).submitted().select_related("created_by")
    waiting = list(waiting.order_by("number"))
    own = next((review for review in waiting if review.subject_id == contract.pk), None)
    signed = ReviewDecision.objects.filter(
        review__in=Review.objects.touching(contract).filter(state=Review.State.APPLIED), decision="approve"
    )
    return {
        "proposals": waiting,
        "review": own,
        "steps": contract.steps_for(reader, waiting=own),
        "needs_proof": own is not None and needs_proof(own, reader),
        "signatures": signed.select_related("person").order_by("-decided_at")[:SHOWN],
        "announced": Announcement.objects.visible_to(reader)
        .filter(capsule=contract.capsule)
        .order_by("-announced_at")[:SHOWN],
        "overridden": Override.objects.visible_to(reader)
        .filter(capsule=contract.capsule, contract_version=contract.version, used_at__isnull=False)
        .select_related("asked_by", "decided_by")
        .order_by("-used_at")[:SHOWN],
        "taken": contract.steps_taken[:50],
        "may_write": may_write(reader, contract.capsule),
        "may_remove": may_remove(reader, contract),
    }


def told(contract, answers, at):
    """[{…}]: each promise with its target, what is measured, its health, ninety days and the budget that is used."""
    found = {(answer.metric, answer.aspect): answer for answer in answers}
    today = at.astimezone(UTC).date()
    lights = history.lights(contract, today=today) if answers else {}
    rows = []
    for wanted in promises.targets(contract):
        kind = (wanted.metric, wanted.aspect)
        answer = found.get(kind)
        rows.append(
            {
                "name": spoken.NAMES[kind],
                "how": spoken.HOW[kind],
                "target": spoken.target(wanted, contract),
                "days": lights.get(kind) or (history.unknown(today=today) if answers else []),
                "url": measurements_url(contract, *kind),
                **(_measured(answer, at) if answer is not None else {}),
            }
        )
    return rows


def measurements_url(contract, metric, aspect):
    base = contract.get_absolute_url() + "measurements/"
    return querystring.url(base, {}, metric=metric, aspect=aspect)


def _measured(answer, at):
    share = promises.used(answer)
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    so_far = int(((answer.seen_at or at) - first).total_seconds())
    health = "maintenance" if answer.in_window and answer.outcome == promises.MISSED else answer.health
    return {
        "answer": answer,
        "now": spoken.measure(answer.actual, answer.unit),
        "seen_at": answer.seen_at,
        "health": health,
        "note": answer.note,
        "used": None if share is None else float(share),
        "budget": spoken.budget(answer, seconds_so_far=max(so_far, 0)),
    }
