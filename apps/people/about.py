"""Facts about a person that every page about them shows."""

from . import roles


def held_by(user):
    """(role, since when) of the roles a person holds, in the order of the table."""
    since = {each.group.name: each.since for each in user.memberships.select_related("group")}
    return [(role, since[role.name]) for role in roles.held(since)]


def answers_for(user, reader):
    """What a person answers for: their teams and domains, as far as `reader` may know of these."""
    within = reader.clearance
    teams = user.team_memberships.filter(owner__visibility_rank__lte=within).select_related("owner")
    domains = user.stewardships.filter(domain__visibility_rank__lte=within).select_related("domain")
    return {"teams": list(teams), "domains": list(domains)}
