"""Telling consumers of a change to come, and hearing what they say (breaking-changes.md, section 5)."""

from collections import defaultdict
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.access import EDIT
from apps.catalog.changes.notices import Announcement as Told
from apps.catalog.models import TeamMembership
from apps.dcs.refusals import Conflict

from . import notice, promises
from .access import may_write
from .consumers import effective
from .models import Announcement, Answer, Contract

Says = Answer.Says
LONGEST = 5000


def announce(capsule, covers, *, text, by):
    """Tell the known consumers of the contract in force of coming changes; the `Announcement`.

    `covers` are {code, pointer, text}. Raises `PermissionDenied`, `ValidationError` for an empty text, `Conflict` where no
    contract binds, nothing is to be announced, or the same has been announced already.
    """
    may_write(by, capsule).or_refuse()
    if not text.strip():
        raise ValidationError({"text": [_("Say what changes, and what consumers should do.")]})
    if not covers:
        raise Conflict(_("Nothing of this has to be announced."), code="no_change")
    with acting(by, reason=_("Change announced")):
        Contract._base_manager.select_for_update(no_key=True).filter(capsule=capsule).order_by("pk").first()
        contract = effective(Contract._base_manager.filter(capsule=capsule)).first()
        if contract is None or not contract.is_in_force:
            raise Conflict(_("No contract in force asks for an announcement."), code="not_in_force")
        pairs = {(each["code"], each["pointer"]) for each in covers}
        teams = teams_of(contract)
        for earlier in Announcement._base_manager.filter(capsule=capsule):
            if pairs <= pairs_of(earlier) and set(teams) <= set(earlier.told):
                said = _("%(label)s has announced this. Its notice ends on %(day)s.")
                raise Conflict(
                    said % {"label": earlier, "day": earlier.effective_on.isoformat()}, code="announced"
                )
        made = Announcement(
            capsule=capsule,
            contract_version=contract.version,
            covers=list(covers),
            told=teams,
            text=text.strip()[:LONGEST],
            effective_on=timezone.now().date() + timedelta(days=promises.notice_days(contract)),
            announced_by=by.user,
            visibility_rank=max(capsule.visibility_rank, contract.visibility_rank),
        )
        made.save(force_insert=True)
        made = Announcement.objects.select_related("capsule").get(pk=made.pk)
        notice.announced(made, contract)
    return made


def pairs_of(announcement):
    """The (code, pointer) of every change that was announced."""
    return {(each["code"], each["pointer"]) for each in announcement.covers}


def teams_of(contract):
    """The names of the consumers that a contract lists, each once."""
    return list(dict.fromkeys(each["team"] for each in contract.known_consumers if each.get("team")))


def answer(announcement, consumer, says, *, by, reason=""):
    """Keep what a consumer says. Its people answer for themselves, a steward for them with a reason.

    Raises `PermissionDenied`, `ValidationError` for an objection or a stand-in without a reason, `Conflict` for one who
    was not told.
    """
    says = Says(says)
    if consumer not in announcement.told:
        raise Conflict(_("%(name)s was not told of this.") % {"name": consumer}, code="not_told")
    if by.user is None or by.via != "session":
        raise PermissionDenied(_("A person who is signed in answers this; a token cannot."))
    own = speaks_for(by, announcement, consumer)
    if not own:
        if by.user.pk == announcement.announced_by_id or not by.may(EDIT):
            raise PermissionDenied(
                _("Only %(name)s answers this, or a steward in their place who has not announced it.")
                % {"name": consumer}
            )
        may_write(by, announcement.capsule).or_refuse()
    if (says == Says.OBJECTED or not own) and not reason.strip():
        raise ValidationError({"reason": [_("Say why.")]})
    with acting(by, reason=reason or str(says.label)):
        Announcement._base_manager.select_for_update(no_key=True).get(pk=announcement.pk)
        if last_answers([announcement])[announcement.pk].get(consumer) == says:
            raise Conflict(_("%(name)s has said so already.") % {"name": consumer}, code="already")
        made = Answer(
            announcement=announcement,
            consumer=consumer,
            says=says,
            reason=reason.strip()[:LONGEST],
            person=by.user,
            visibility_rank=announcement.visibility_rank,
        )
        made.save(force_insert=True)
    return made


def speaks_for(reader, announcement, consumer):
    """True if the reader belongs to the consumer: a member of the team, or whose address the contract names."""
    if reader.user is None:
        return False
    if TeamMembership.objects.filter(user=reader.user, owner__name__iexact=consumer).exists():
        return True
    contract = effective(Contract._base_manager.filter(capsule=announcement.capsule_id)).first()
    listed = contract.known_consumers if contract is not None else []
    address = (reader.user.email or "").lower()
    return any(
        each.get("team") == consumer and address and (each.get("contact") or "").lower() == address
        for each in listed
    )


def last_answers(announcements):
    """{announcement id: {consumer: what it said last}}."""
    found = defaultdict(dict)
    rows = Answer._base_manager.filter(announcement__in=[each.pk for each in announcements])
    for row in rows.order_by("answered_at", "pk"):
        found[row.announcement_id][row.consumer] = row.says
    return found


def told(capsule_ids):
    """({capsule id: [what the judge knows of an announcement, oldest first]}, {capsule id: version it first counted with}); two queries."""
    rows = list(Announcement._base_manager.filter(capsule__in=capsule_ids).order_by("announced_at"))
    answers = last_answers(rows) if rows else {}
    found = defaultdict(list)
    for row in rows:
        said = answers[row.pk]
        found[row.capsule_id].append(
            Told(
                covers=frozenset(pairs_of(row)),
                announced=row.announced_at.date(),
                told=frozenset(row.told),
                acknowledged=frozenset(name for name, says in said.items() if says == Says.ACKNOWLEDGED),
                objected=frozenset(name for name, says in said.items() if says == Says.OBJECTED),
                effective=row.effective_on,
            )
        )
    return found, {row.capsule_id: row.contract_version for row in reversed(rows)}
