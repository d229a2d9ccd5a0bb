"""Teams and people by the names that documents call them."""

from .models import Owner


def named(names, emails=None):
    """{name: owner}; a team if several are called so, a new team where nobody is.

    `emails` is {name: address} for those that are made; the address of a stored owner is not overwritten.
    """
    emails = emails or {}
    found = {}
    # Teams sort after individuals, so that they win.
    for owner in Owner._base_manager.filter(name__in=names).order_by("kind"):
        found[owner.name] = owner
    missing = sorted(name for name in names if name not in found)
    if missing:
        Owner._base_manager.bulk_create(
            [Owner(name=name, kind=Owner.Kind.TEAM, email=emails.get(name)) for name in missing],
            ignore_conflicts=True,
        )
        found |= {owner.name: owner for owner in Owner._base_manager.filter(name__in=missing)}
    return found
