"""Who is reading or writing right now, and how far they may see."""

from dataclasses import dataclass
from functools import cached_property

from . import roles


@dataclass(frozen=True)
class Reader:
    """The person, program or task behind a request; what `visible_to(reader)` and `acting(reader)` take.

    `clearance` is a rank from 0 (nothing) to 5 (secret). `via` is `session`, `token`, `task` or `none`.
    `scopes` bound what a token may do; they are empty otherwise. `is_fresh` is false for a browser in which nobody has
    shown a password for five minutes: what is signed there needs it again.
    """

    user: object = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    clearance: int = 0
    purpose: str = ""
    region: str = ""
    scopes: frozenset[str] = frozenset()
    request_id: str = ""
    session_id: str = ""
    address: str = ""
    application: str = "portal"
    via: str = "none"
    is_fresh: bool = True

    @property
    def is_authenticated(self):
        """True for a person or a program that acts for one."""
        return self.user is not None

    @property
    def is_system(self):
        """True for the portal's own tasks and commands."""
        return self.via == "task" and self.user is None

    def may(self, permission):
        """True if the reader holds `permission` (`app.codename`), whoever's row it is about."""
        if self.is_system:
            return True
        return self.user is not None and self.user.has_perm(permission)

    def has_scope(self, scope):
        """True if a token carries `scope`; people who signed in are not bound by scopes."""
        return self.via != "token" or scope in self.scopes

    @cached_property
    def words(self):
        """The roles as people read them, in order: `Steward, Producer`."""
        return roles.words(self.roles)


NOBODY = Reader()


def reader_of(user, *, scopes=frozenset(), **about):
    """The `Reader` for a user, with roles and clearance as they are now; `NOBODY` for an anonymous one.

    `about` may name `purpose`, `region`, `request_id`, `session_id`, `address`, `application`, `via`.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return Reader(**{**about, "via": "none"})
    names, _permissions = user.standing()
    clearance = user.clearance if user.clearance is not None else roles.clearance_of(names)
    return Reader(
        user=user,
        name=user.get_username(),
        roles=names,
        clearance=clearance,
        scopes=frozenset(scopes),
        **{"via": "session", **about},
    )


def system(task, *, clearance=roles.SECRET):
    """The portal itself, doing `task`: sees up to `clearance`, named `system:<task>` in the audit log."""
    return Reader(name=f"system:{task}", clearance=clearance, application=task, via="task")
