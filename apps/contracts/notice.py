"""Who hears that a promise broke: the teams that use the data, and those that answer for it."""

from django.contrib.auth import get_user_model
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import TeamMembership
from apps.people import roles
from apps.workflow import notices
from apps.workflow.models import Notification

from .consumers import known
from .models import Incident

Why = Notification.Why
EVENT = "promise_broken"
ANNOUNCED = "change_announced"
ASKED, OVERRIDDEN = "override_asked", "contract_overridden"


def broken(keys):
    """Tell people of the incidents with these keys, each person once an outage; two queries, and two for each sentence.

    An outage is an incident with all that stand under it: what opens under a root later tells nobody twice. Nobody
    hears of data that they may not know of. Returns how many messages are new.
    """
    found = list(
        Incident._base_manager.filter(pk__in=keys)
        .select_related("capsule", "contract")
        .order_by("root_id", "number")
    )
    sentences = {}
    for person in _people(found):
        for outage, mine in _outages(person, found).items():
            first, why = next((pair for pair in mine if pair[0].pk == outage), mine[0])
            key = (outage, first, len(mine) - 1)
            sentences.setdefault(key, []).append((person, why))
    told = 0
    for (outage, first, more), people in sentences.items():
        text = _sentence(first, more)
        rows = [(person, why, text) for person, why in people]
        told += notices.tell(rows, EVENT, first.get_absolute_url(), stage=str(outage))
    return told


def announced(announcement, contract):
    """Tell the consumers of a contract of a change to come, each person once; returns how many messages are new."""
    words = _("%(name)s changes from %(day)s: %(text)s") % {
        "name": announcement.capsule.name,
        "day": announcement.effective_on.isoformat(),
        "text": announcement.text,
    }
    rows = [
        (person, Why.CONSUMER, words)
        for person in _concerned(set(), _called(contract))
        if _clearance(person) >= announcement.visibility_rank
    ]
    return notices.tell(rows, ANNOUNCED, announcement.get_absolute_url(), stage=str(announcement.pk))


def override_asked(override, url, *, by):
    """Tell those who may answer that somebody asks to go past a contract; returns how many messages are new."""
    words = _("%(who)s asks to go past the contract of %(name)s: %(reason)s") % {
        "who": by.user,
        "name": override.capsule.name,
        "reason": override.reason,
    }
    people = (
        get_user_model()
        .objects.filter(is_active=True, groups__name="contract_owner")
        .exclude(pk=by.user.pk)
        .prefetch_related("groups")
    )
    rows = [
        (person, Why.DECIDER, words) for person in people if _clearance(person) >= override.visibility_rank
    ]
    return notices.tell(rows, ASKED, url, stage=str(override.pk))


def overridden(override, contract):
    """Tell the consumers at once that their contract was passed by; returns how many messages are new."""
    words = _(
        "%(name)s has changed without the notice of its contract: %(reason)s Agreed by %(first)s and %(second)s."
    ) % {
        "name": override.capsule.name,
        "reason": override.reason.rstrip(".") + ".",
        "first": override.asked_by,
        "second": override.decided_by,
    }
    rows = [
        (person, Why.CONSUMER, words)
        for person in _concerned(set(), _called(contract))
        if _clearance(person) >= override.visibility_rank
    ]
    return notices.tell(rows, OVERRIDDEN, contract.get_absolute_url(), stage=str(override.pk))


def _called(contract):
    """What the consumers of a contract are called by, in lower case: their teams and their addresses."""
    listed = known(contract.known_consumers, [])
    return {each[part].lower() for each in listed for part in ("team", "contact")} - {""}


def _people(found):
    """Those who may be concerned by incidents."""
    owners, names = set(), set()
    for one in found:
        owners |= _owners(one)
        names |= _names(one)
    return _concerned(owners, names)


def _concerned(owners, names):
    """Members of these teams, by key or by name, and people with one of these addresses."""
    if not owners and not names:
        return []
    membership = TeamMembership.objects.annotate(team=Lower("owner__name"))
    teams = membership.filter(Q(owner__in=owners) | Q(team__in=names))
    people = get_user_model().objects.filter(is_active=True).annotate(address=Lower("email"))
    return (
        people.filter(Q(pk__in=teams.values("user")) | Q(address__in=names))
        .order_by("username")
        .prefetch_related("groups", Prefetch("team_memberships", teams, to_attr="teams"))
    )


def _outages(person, found):
    """{key of the root: [(incident, why)]} of what concerns a person and what they may know of."""
    teams, names = {each.owner_id for each in person.teams}, {each.team for each in person.teams}
    names |= {person.address} - {""}
    clearance = _clearance(person)
    mine = {}
    for one in found:
        why = Why.CONSUMER if _names(one) & names else Why.OWNER if _owners(one) & teams else None
        if why is not None and one.visibility_rank <= clearance:
            mine.setdefault(one.root_id or one.pk, []).append((one, why))
    return mine


def _clearance(person):
    held = {group.name for group in person.groups.all()}
    return person.clearance if person.clearance is not None else roles.clearance_of(held)


def _owners(incident):
    """Keys of the teams that answer for what broke."""
    return {incident.contract.owner_id, incident.capsule.owner_id} - {None}


def _names(incident):
    """What the consumers of an incident are called by, in lower case: their teams and their addresses."""
    listed = known(incident.affected_consumers, [])
    return {each[part].lower() for each in listed for part in ("team", "contact")} - {""}


def _sentence(incident, more):
    facts = {"kind": incident.get_kind_display(), "name": incident.capsule.name, "more": more}
    if not more:
        return _("A promise about %(name)s is broken: %(kind)s.") % facts
    return (
        ngettext(
            "Promises about %(name)s and %(more)s other capsule are broken: %(kind)s.",
            "Promises about %(name)s and %(more)s others are broken: %(kind)s.",
            more,
        )
        % facts
    )
