"""Tokens that act for a person: how they are made and how a request's header is read."""

import hmac
import re
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.crypto import hash_token

from . import roles
from .models import Token

KEY_LENGTH = 15  # how many characters of a token find its row: knox's own length
FORM = re.compile(re.escape(settings.REST_KNOX["TOKEN_PREFIX"]) + r"[0-9a-f]{64}")
USED_EVERY = timedelta(minutes=1)

# A scope that its owner could never use is not given: each needs one of these permissions.
NEEDS = {
    Token.Scope.EXECUTE: roles.RUN,
    Token.Scope.INGEST: roles.RUN,
    Token.Scope.AUDIT: {"audit.view_change"},
}


def scopes_for(user):
    """The scopes that `user` may give to a token: what it opens, they must be able to open themselves."""
    return [
        scope
        for scope in Token.Scope
        if scope not in NEEDS or any(user.has_perm(permission) for permission in NEEDS[scope])
    ]


def issue(user, *, name, scopes, days):
    """Make a token for `user` that lasts `days`; returns (row, the token itself, never to be seen again).

    Raises `ValueError` for an unknown scope or more than `settings.TOKEN_MAX_DAYS` days, and
    `PermissionDenied` for a scope beyond what the person may do.
    """
    unknown = set(scopes) - set(Token.Scope.values)
    if unknown or not scopes:
        raise ValueError(_("Choose scopes from %(known)s.") % {"known": ", ".join(Token.Scope.values)})
    if not 1 <= days <= settings.TOKEN_MAX_DAYS:
        raise ValueError(_("A token lasts 1 to %(most)d days.") % {"most": settings.TOKEN_MAX_DAYS})
    if beyond := set(scopes) - set(scopes_for(user)):
        raise PermissionDenied(
            _("%(person)s may not do what %(scopes)s needs, so no token can.")
            % {"person": user, "scopes": ", ".join(sorted(beyond))}
        )
    return Token.objects.create(
        user=user,
        expiry=timedelta(days=days),
        prefix=settings.REST_KNOX["TOKEN_PREFIX"],
        name=name,
        scopes=sorted(set(scopes)),
    )


def authenticate(header):
    """The usable token that an `Authorization` header carries, as (token, ""), else (None, what is wrong).

    Any text may stand there: nothing that is not a token reaches the database.
    """
    word, _space, secret = header.partition(" ")
    if word.lower() != "bearer":
        return None, _("Send the token as “Authorization: Bearer …”.")
    secret = secret.strip()
    if not FORM.fullmatch(secret):
        return None, _("This is not a token.")
    digest = hash_token(secret)
    for token in Token.objects.usable().filter(token_key=secret[:KEY_LENGTH]).select_related("user"):
        if hmac.compare_digest(digest, token.digest):
            _note_use(token)
            return token, ""
    return None, _("The token is unknown, expired or revoked.")


def _note_use(token):
    now = timezone.now()
    stale = Token.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY), pk=token.pk)
    stale.update(last_used_at=now)
