"""Who may call a route: signed in, with the scope if a token calls, with the permission if the route names one."""

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission

from apps.people import roles

from .refusals import MissingScope


class MayAct(BasePermission):
    """Every route needs a sign-in, reading the scope `read` and anything else the scope `write`, unless it says otherwise.

    A view may say so with `open_to_all = True`, `scopes = {action: scope}`, `permissions = {action: permission}`
    and `sessions_only = {action, …}`. An action is the viewset's (`list`, `create`, …), or else the method in lower case;
    `"*"` stands for all of them.
    """

    def has_permission(self, request, view):
        reader = request.reader
        if getattr(view, "open_to_all", False):
            return True
        if not reader.is_authenticated:
            return False
        action = action_of(request, view)
        scope = _for(getattr(view, "scopes", {}), action) or (
            "read" if request.method in SAFE_METHODS else "write"
        )
        if not reader.has_scope(scope):
            raise MissingScope(scope)
        if action in getattr(view, "sessions_only", ()) and reader.via != "session":
            self.message = _("A person who is signed in decides this; a token cannot.")
            return False
        permission = _for(getattr(view, "permissions", {}), action)
        if permission and not reader.may(permission):
            self.message = refusal(reader, permission)
            return False
        return True


def action_of(request, view):
    """What the request does on the view: the viewset's action, or the method in lower case."""
    return getattr(view, "action", None) or request.method.lower()


def _for(words, action):
    return words.get(action) or words.get("*")


def refusal(reader, permission):
    """The sentence that tells a reader which roles have `permission`, and which they have themselves."""
    able = [str(role.title) for role in roles.able(permission)]
    return _("This needs the role %(needed)s. Your roles: %(own)s.") % {
        "needed": _(" or ").join(able) or permission,
        "own": reader.words or _("none"),
    }
