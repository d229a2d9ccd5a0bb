"""Give every request its reader: the signed-in person, or the program whose token it carries."""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from . import sessions, tokens
from .reader import reader_of

API = "/api/"
# What somebody may open who still has the password that another person gave them.
WITH_ANY_PASSWORD = ("password_change", "password_change_done", "login", "logout")


class ReaderMiddleware:
    """Set `request.reader`, and end a session that has been idle for too long.

    A bearer token counts in the API alone: pages know people, and nothing there looks at a token's scopes.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.token = None
        request.token_error = ""
        header = request.headers.get("Authorization", "") if request.path.startswith(API) else ""
        if header:
            request.token, request.token_error = tokens.authenticate(header)
            if request.token is not None:
                request.user = request.token.user
                # A token in a header cannot be sent by a foreign page, so there is nothing to forge.
                request._dont_enforce_csrf_checks = True
        elif time.time() - request.session.get("last_seen", time.time()) > settings.IDLE_SECONDS:
            logout(request)
        request.reader = SimpleLazyObject(lambda: reader_for(request))
        response = self.get_response(request)
        if request.token is None and request.user.is_authenticated:
            _remember(request)
        return response

    def process_view(self, request, view, args, kwargs):
        """Let nobody work with a one-time password: first it is replaced."""
        if (
            request.token is not None
            or not request.user.is_authenticated
            or not request.user.must_change_password
        ):
            return None
        if request.path.startswith(API):
            said = _("Replace your one-time password first: sign in and choose a new one.")
            body = {"detail": said, "code": "password_change_required", "request_id": request.request_id}
            return JsonResponse(body, status=403)
        if request.resolver_match.view_name in WITH_ANY_PASSWORD:
            return None
        messages.warning(request, _("Somebody else gave you this password. Choose your own to go on."))
        return redirect("password_change")


def reader_for(request):
    """The `Reader` of a request, from its token or its session."""
    token = request.token
    about = {
        "request_id": getattr(request, "request_id", ""),
        "address": request.META.get("REMOTE_ADDR", "") or "",
        "application": "api" if request.path.startswith(API) else "portal",
    }
    if token is not None:
        return reader_of(
            token.user, scopes=token.scopes, via="token", session_id=f"token {token.pk}", **about
        )
    user = request.user
    if not user.is_authenticated:
        return reader_of(None, **about)
    # The key itself would let a reader of the log take the session over; its head tells sessions apart.
    about["is_fresh"] = sessions.is_fresh(request)
    return reader_of(user, session_id=(request.session.session_key or "")[:8], **about)


def _remember(request):
    """Note the last use of the session, once a minute at most: a write on every page would be too dear."""
    now = int(time.time())
    if now - request.session.get("last_seen", 0) >= 60:
        request.session["last_seen"] = now
