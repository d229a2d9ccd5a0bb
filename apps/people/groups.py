"""The groups that stand for the roles, each with exactly its permissions."""

from dataclasses import dataclass, field

from django.contrib.auth.models import Group, Permission

from . import roles


@dataclass
class Report:
    """What `sync` did: names of new groups, what each gained and lost, and permissions that do not exist."""

    made: list[str] = field(default_factory=list)
    given: dict[str, list[str]] = field(default_factory=dict)
    taken: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)


def sync(*, using="default"):
    """Make the groups equal to `roles.ROLES`; writes only what differs. Returns a `Report`.

    A permission that no installed app brings is reported, not fatal: the app may come later.
    """
    report = Report()
    existing = _permissions(using)
    groups = {
        group.name: group
        for group in Group.objects.using(using).prefetch_related("permissions__content_type")
    }
    for role in roles.ROLES.values():
        group = groups.get(role.name)
        if group is None:
            group = Group.objects.using(using).create(name=role.name)
            report.made.append(role.name)
        wanted = {name: existing[name] for name in role.permissions if name in existing}
        present = {_name_of(permission): permission for permission in group.permissions.all()}
        if given := sorted(wanted.keys() - present.keys()):
            group.permissions.add(*(wanted[name] for name in given))
            report.given[role.name] = given
        if taken := sorted(present.keys() - wanted.keys()):
            group.permissions.remove(*(present[name] for name in taken))
            report.taken[role.name] = taken
        for name in sorted(role.permissions - existing.keys()):
            report.missing.setdefault(name, []).append(role.name)
    return report


def _permissions(using):
    return {_name_of(each): each for each in Permission.objects.using(using).select_related("content_type")}


def _name_of(permission):
    return f"{permission.content_type.app_label}.{permission.codename}"
