"""Domains lie inside domains: which are above one, which below, and what may not become a circle."""

from .models import Domain


def above(domain_id):
    """The keys of the domains that this one lies in, nearest first, in one query."""
    parents = dict(Domain.objects.values_list("pk", "parent_id"))
    found, key = [], parents.get(domain_id)
    while key is not None and key not in found:
        found.append(key)
        key = parents.get(key)
    return found


def within(domain_ids):
    """The keys of these domains and of all that lie in them, in one query."""
    children = {}
    for key, parent in Domain.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(key)
    found, waiting = set(), list(domain_ids)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(children.get(key, ()))
    return found


def would_circle(domain, parent):
    """True if `domain` would lie in itself with this `parent`; locks all domains, so that no two moves make one."""
    if parent is None or domain.pk is None:
        return False
    if parent.pk == domain.pk:
        return True
    parents = dict(Domain.objects.order_by("pk").select_for_update().values_list("pk", "parent_id"))
    key, passed = parents.get(parent.pk), {parent.pk}
    while key is not None and key not in passed:
        if key == domain.pk:
            return True
        passed.add(key)
        key = parents.get(key)
    return False
