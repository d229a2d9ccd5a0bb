"""Tokens that act for a person: how they are made and how a request's header is read."""

import binascii
import hmac
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.crypto import hash_token

from .models import Token

KEY_LENGTH = 15  # how many characters of a token find its row: knox's own length
USED_EVERY = timedelta(minutes=1)


def issue(user, *, name, scopes, days):
    """Make a token for `user` that lasts `days`; returns (row, the token itself, never to be seen again).

    Raises `ValueError` for an unknown scope or more than `settings.TOKEN_MAX_DAYS` days.
    """
    unknown = set(scopes) - set(Token.Scope.values)
    if unknown or not scopes:
        raise ValueError(
            _("Choose from %(known)s.") % {"known": ", ".join(Token.Scope.values)}
            + (_(" Unknown: %(unknown)s.") % {"unknown": ", ".join(sorted(unknown))} if unknown else "")
        )
    if not 1 <= days <= settings.TOKEN_MAX_DAYS:
        raise ValueError(_("A token lasts 1 to %(most)d days.") % {"most": settings.TOKEN_MAX_DAYS})
    row, secret = Token.objects.create(
        user=user,
        expiry=timedelta(days=days),
        prefix=settings.REST_KNOX["TOKEN_PREFIX"],
        name=name,
        scopes=sorted(set(scopes)),
    )
    return row, secret


def authenticate(header):
    """The usable token that an `Authorization` header carries, as (token, ""), else (None, what is wrong)."""
    word, _space, secret = header.partition(" ")
    if word.lower() != "bearer":
        return None, _("Send the token as “Authorization: Bearer …”.")
    secret = secret.strip()
    try:
        digest = hash_token(secret)
    except (TypeError, ValueError, binascii.Error):
        return None, _("This is not a token.")
    for token in Token.objects.usable().filter(token_key=secret[:KEY_LENGTH]).select_related("user"):
        if hmac.compare_digest(digest, token.digest):
            _note_use(token)
            return token, ""
    return None, _("The token is unknown, expired or revoked.")


def _note_use(token):
    now = timezone.now()
    Token.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY), pk=token.pk).update(last_used_at=now)
