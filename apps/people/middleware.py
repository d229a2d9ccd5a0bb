"""Give every request its reader: the signed-in person, or the program whose token it carries."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.utils.functional import SimpleLazyObject

from . import tokens
from .reader import reader_of


class ReaderMiddleware:
    """Set `request.reader`, and end a session that has been idle for too long.

    A bearer token is checked here, before any view, so that pages and API know the same reader.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.token = None
        request.token_error = ""
        if header := request.headers.get("Authorization", ""):
            request.token, request.token_error = tokens.authenticate(header)
            if request.token is not None:
                request.user = request.token.user
                # A token in a header cannot be sent by a foreign page, so there is nothing to forge.
                request._dont_enforce_csrf_checks = True
        elif "last_seen" in request.session:
            if time.time() - request.session["last_seen"] > settings.IDLE_SECONDS:
                logout(request)
        request.reader = SimpleLazyObject(lambda: _reader(request))
        response = self.get_response(request)
        if request.token is None and request.user.is_authenticated:
            _remember(request)
        return response


def _reader(request):
    token = request.token
    about = {
        "request_id": getattr(request, "request_id", ""),
        "address": request.META.get("REMOTE_ADDR", "") or "",
        "application": "api" if request.path.startswith("/api/") else "portal",
    }
    if token is not None:
        return reader_of(token.user, scopes=token.scopes, via="token", session_id=f"token {token.token_key}", **about)
    user = request.user
    if not user.is_authenticated:
        return reader_of(None, **about)
    # The key itself would let a reader of the log take the session over; its head tells sessions apart.
    return reader_of(user, session_id=(request.session.session_key or "")[:8], **about)


def _remember(request):
    """Note the last use of the session, once a minute at most: a write on every page would be too dear."""
    now = int(time.time())
    if now - request.session.get("last_seen", 0) >= 60:
        request.session["last_seen"] = now
