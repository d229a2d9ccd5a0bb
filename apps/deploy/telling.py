"""Who hears that a plan was applied: those who look after its capsules, and whoever planned it, if another applied it."""

from django.contrib.auth import get_user_model
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.catalog.models import Stewardship, TeamMembership
from apps.people import roles
from apps.workflow import notices
from apps.workflow.models import Notification

Why = Notification.Why


def applied(plan, capsules, *, by):
    """Tell owners and stewards of the capsules that `by` changed, in one sentence each; three queries and one insert.

    Nobody hears of a capsule that they may not know of. Returns how many were told.
    """
    if not capsules:
        return 0
    owners = {capsule.owner_id for capsule in capsules} - {None}
    domains = {capsule.domain_id for capsule in capsules} - {None}
    found = (
        get_user_model()
        .objects.filter(is_active=True)
        .filter(
            Q(team_memberships__owner__in=owners) | Q(stewardships__domain__in=domains) | Q(pk=plan.author_id)
        )
        .distinct()
        .order_by("username")
        .prefetch_related(
            "groups",
            Prefetch("team_memberships", TeamMembership.objects.filter(owner__in=owners)),
            Prefetch("stewardships", Stewardship.objects.filter(domain__in=domains)),
        )
    )
    told = []
    for person in found:
        mine = _looked_after(person, capsules)
        if person.pk == plan.author_id:
            told.append((person, Why.AUTHOR, _("%(who)s applied your plan %(plan)s.") % _named(plan, by)))
        elif mine:
            told.append((person, Why.OWNER, _sentence(plan, mine, by)))
    return notices.tell(told, "plan_applied", plan.get_absolute_url(), but=by)


def _looked_after(person, capsules):
    """The capsules of a person's teams and domains, as far as they may know of them."""
    teams = {each.owner_id for each in person.team_memberships.all()}
    domains = {each.domain_id for each in person.stewardships.all()}
    names = {group.name for group in person.groups.all()}
    clearance = person.clearance if person.clearance is not None else roles.clearance_of(names)
    return [
        capsule
        for capsule in capsules
        if capsule.visibility_rank <= clearance
        and (capsule.owner_id in teams or capsule.domain_id in domains)
    ]


def _sentence(plan, mine, by):
    more = len(mine) - 1
    words = (
        ngettext(
            "%(who)s applied %(plan)s, which changed %(name)s and %(more)s other capsule of yours.",
            "%(who)s applied %(plan)s, which changed %(name)s and %(more)s other capsules of yours.",
            more,
        )
        if more
        else _("%(who)s applied %(plan)s, which changed %(name)s.")
    )
    return words % {**_named(plan, by), "name": mine[0].name, "more": more}


def _named(plan, by):
    return {"who": by.user or _("The portal"), "plan": plan}
