"""The people of the demo: one for every role, two where four eyes are needed."""

import os
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in to the demo; `roles` are group names."""

    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]


PEOPLE = (
    Person("analyst", "Ben", "Adeyemi", ("analyst",)),
    Person("steward", "Ana", "Ruiz", ("steward",)),
    Person("steward2", "Tom", "Lee", ("steward",)),
    Person("policyadmin", "Dana", "Novak", ("policy_admin",)),
    Person("policyadmin2", "Sam", "Otieno", ("policy_admin",)),
    Person("contractowner", "Mia", "Olsen", ("contract_owner",)),
    Person("producer", "Chen", "Wei", ("producer",)),
    Person("auditor", "Ines", "Moreau", ("auditor",)),
    Person("admin", "Ravi", "Shah", ("administrator",)),
)


def password():
    """The password of all demo people: `DEMO_PASSWORD`, or one made at random and kept in `var/`."""
    path = settings.VAR_DIR / "demo_password"
    chosen = os.environ.get("DEMO_PASSWORD", "").strip()
    if not chosen and path.exists():
        return path.read_text().strip()
    chosen = chosen or "-".join(secrets.token_hex(3) for _part in range(4))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(chosen + "\n")
    return path.read_text().strip()


def bring_in():
    """Make the demo people who are missing, with their roles; returns username → user."""
    word = password()
    found = {}
    for person in PEOPLE:
        user = get_user_model().objects.filter(username=person.username).first()
        if user is None:
            user = get_user_model()(
                username=person.username,
                first_name=person.first_name,
                last_name=person.last_name,
                email=f"{person.username}@jaffle.example",
                # The back office is open to whoever has something to do there; roles say what.
                is_staff="analyst" not in person.roles,
            )
            user.set_password(word)
            user.save()
            user.groups.set(Group.objects.filter(name__in=person.roles))
        found[person.username] = user
    return found
