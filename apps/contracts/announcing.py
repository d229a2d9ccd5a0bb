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

    `covers` are {code, pointer, text, fingerprint}. Raises `PermissionDenied`, `ValidationError` for an empty text, `Conflict` where no
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
        wanted = {each["fingerprint"] for each in covers}
        teams = teams_of(contract)
        for earlier in Announcement._base_manager.filter(capsule=capsule):
            if wanted <= to_come(earlier) and set(teams) <= set(earlier.told):
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


def to_come(announcement):
    """The fingerprints of those announced changes that nobody has carried out yet: one notice, one change."""
    return {each["fingerprint"] for each in announcement.covers} - announcement.carried_out.keys()


def carry_out(changed, *, plan):
    """Note which announced changes a plan has carried out; `changed` maps capsule ids to fingerprints. Two queries.

    A later change of the same kind needs a notice of its own.
    """
    rows = list(
        Announcement._base_manager.filter(capsule__in=changed)
        .select_for_update(no_key=True)
        .order_by("capsule_id", "pk")
    )
    moved = []
    for row in rows:
        if done := to_come(row) & changed[row.capsule_id]:
            row.carried_out = {**row.carried_out, **dict.fromkeys(sorted(done), str(plan))}
            moved.append(row)
    Announcement._base_manager.bulk_update(moved, ["carried_out"])


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
    own = consumer in speaks_for(by, announcement)
    if not own and not stands_in(by, announcement):
        raise PermissionDenied(
            _("Only %(name)s answers this, or a steward in their place who has not announced it.")
            % {"name": consumer}
        )
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


def speaks_for(reader, announcement):
    """The told consumers that the reader belongs to: as a member of the team, or by the address in the contract."""
    if reader.user is None:
        return set()
    teams = TeamMembership.objects.filter(user=reader.user).values_list("owner__name", flat=True)
    mine = {name.casefold() for name in teams}
    contract = effective(Contract._base_manager.filter(capsule=announcement.capsule_id)).first()
    if contract is not None and (address := (reader.user.email or "").casefold()):
        listed = [each for each in contract.known_consumers if each.get("team")]
        mine |= {
            each["team"].casefold() for each in listed if (each.get("contact") or "").casefold() == address
        }
    return {name for name in announcement.told if name.casefold() in mine}


def stands_in(reader, announcement):
    """True if the reader may answer in a consumer's place: who may write the capsule and has not announced it."""
    return (
        reader.user is not None
        and reader.user.pk != announcement.announced_by_id
        and reader.may(EDIT)
        and bool(may_write(reader, announcement.capsule))
    )


def last_answers(announcements):
    """{announcement id: {consumer: what it said last}}."""
    found = defaultdict(dict)
    rows = Answer._base_manager.filter(announcement__in=[each.pk for each in announcements])
    for row in rows.order_by("answered_at", "pk"):
        found[row.announcement_id][row.consumer] = row.says
    return found


def told(capsule_ids):
    """({capsule id: [what the judge knows of an announcement with changes to come, oldest first]}, {capsule id: version it first counted with}); two queries."""
    stored = Announcement._base_manager.filter(capsule__in=capsule_ids).order_by("announced_at")
    rows = [row for row in stored if to_come(row)]
    answers = last_answers(rows) if rows else {}
    found = defaultdict(list)
    for row in rows:
        said = answers[row.pk]
        found[row.capsule_id].append(
            Told(
                covers=frozenset(to_come(row)),
                announced=row.announced_at.date(),
                told=frozenset(row.told),
                acknowledged=frozenset(name for name, says in said.items() if says == Says.ACKNOWLEDGED),
                objected=frozenset(name for name, says in said.items() if says == Says.OBJECTED),
                effective=row.effective_on,
            )
        )
    return found, {row.capsule_id: row.contract_version for row in reversed(rows)}
