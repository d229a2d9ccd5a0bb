"""Letting a change through that a contract blocks: one person asks, a second one answers (breaking-changes.md, section 5)."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.changes.notices import Override as Granted
from apps.dcs.refusals import Conflict
from apps.workflow.refusals import unproved

from . import notice
from .access import may_override, may_write
from .consumers import effective
from .models import Contract, Override
from .models.overrides import SHORTEST_REASON

LASTS = timedelta(hours=4)
LONGEST = 5000


def ask(capsule, covers, *, reason, plan, by):
    """Ask to let changes of a capsule through although its contract in force blocks them; the `Override`.

    `covers` are {code, pointer, text, fingerprint}. Those who may answer are told. Raises `PermissionDenied`,
    `ValidationError` for a reason of fewer than 20 characters, `Conflict` where nothing is blocked, or the same is asked
    or granted already.
    """
    may_write(by, capsule).or_refuse()
    if by.user is None:
        raise PermissionDenied(_("A person asks for this."))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        said = _("Say in %(n)s characters or more why this cannot wait.") % {"n": SHORTEST_REASON}
        raise ValidationError({"reason": [said]})
    if not covers:
        raise Conflict(_("Nothing of this is blocked."), code="no_change")
    with acting(by, reason=_("Override asked for")):
        Contract._base_manager.select_for_update(no_key=True).filter(capsule=capsule).order_by("pk").first()
        contract = effective(Contract._base_manager.filter(capsule=capsule)).first()
        if contract is None or not contract.is_in_force:
            raise Conflict(_("No contract in force blocks this."), code="not_in_force")
        wanted = {each["fingerprint"] for each in covers}
        for earlier in Override._base_manager.filter(capsule=capsule, contract_version=contract.version):
            if wanted <= fingerprints(earlier) and (is_open(earlier) or is_granted(earlier)):
                words = _("This is asked for already, or granted.")
                raise Conflict(words, code="already")
        made = Override(
            capsule=capsule,
            contract_version=contract.version,
            plan=str(plan),
            plan_key=plan.pk,
            covers=list(covers),
            reason=reason[:LONGEST],
            asked_by=by.user,
            visibility_rank=max(capsule.visibility_rank, contract.visibility_rank),
        )
        made.save(force_insert=True)
        notice.override_asked(made, plan.get_absolute_url(), by=by)
    return Override.objects.select_related("capsule").get(pk=made.pk)


def decide(override, granted, *, by, why=""):
    """Let it through, or not: a second person says so, in the portal, with a password of the last five minutes.

    Raises `PermissionDenied`, `ValidationError` for a refusal without a reason, and `Conflict` with code proof_needed or
    already.
    """
    may_override(by, override).or_refuse()
    if granted and not by.is_fresh:
        raise unproved()
    if not granted and not why.strip():
        raise ValidationError({"why": [_("Say why not.")]})
    choice = Override.Decision.GRANTED if granted else Override.Decision.REFUSED
    with acting(by, reason=why or str(choice.label)):
        found = Override._base_manager.select_for_update(no_key=True).get(pk=override.pk)
        if not is_open(found):
            raise Conflict(
                _("This has been decided already, or has waited for more than a day."), code="already"
            )
        found.decision, found.why, found.decided_by = choice, why.strip()[:LONGEST], by.user
        found.decided_at = timezone.now()
        found.save(update_fields=["decision", "why", "decided_by", "decided_at"])
        found.refresh_from_db()
    return found


def fingerprints(override):
    """The fingerprints of the changes that it is about."""
    return {each["fingerprint"] for each in override.covers}


def is_open(override):
    """True while somebody may answer: a day."""
    return override.decision == "" and override.asked_at > timezone.now() - timedelta(days=1)


def is_granted(override):
    """True while it holds: granted, within four hours, and not used."""
    return (
        override.decision == Override.Decision.GRANTED
        and override.used_at is None
        and override.decided_at > timezone.now() - LASTS
    )


def granted(capsule_ids):
    """{capsule id: [(contract version, what the judge knows of an override)]} of those that hold now; one query."""
    found = {}
    rows = Override._base_manager.filter(
        capsule__in=capsule_ids,
        decision=Override.Decision.GRANTED,
        used_at=None,
        decided_at__gt=timezone.now() - LASTS,
    ).select_related("asked_by", "decided_by")
    for row in rows.order_by("decided_at"):
        told = Granted(
            row.reason,
            row.decided_by.get_username(),
            asked_by=row.asked_by.get_username(),
            covers=frozenset(fingerprints(row)),
        )
        found.setdefault(row.capsule_id, []).append((row.contract_version, told))
    return found


def use(changed, *, plan):
    """Use up the grants by which a plan goes past contracts, and tell the consumers.

    `changed` maps capsule ids to the fingerprints that go through. Returns {capsule id: what its version keeps of it}.
    """
    found = {}
    rows = Override._base_manager.filter(
        capsule__in=changed, decision=Override.Decision.GRANTED, used_at=None
    )
    rows = rows.select_for_update(no_key=True, of=("self",)).select_related(
        "asked_by", "decided_by", "capsule"
    )
    for row in rows.order_by("capsule_id", "decided_at"):
        if not is_granted(row) or not fingerprints(row) & changed[row.capsule_id]:
            continue
        row.used_by, row.used_at = str(plan), timezone.now()
        row.save(update_fields=["used_by", "used_at"])
        found[row.capsule_id] = {
            "override": {
                "contract": row.contract_version,
                "reason": row.reason,
                "asked_by": row.asked_by.get_username(),
                "granted_by": row.decided_by.get_username(),
            }
        }
        contract = effective(Contract._base_manager.filter(capsule=row.capsule)).first()
        notice.overridden(row, contract)
    return found
