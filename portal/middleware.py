"""What every answer has: a request id, safe headers, one form of address, and words for a lost database."""

import re
import uuid

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

from .logs import current_request_id

KNOWN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


class RequestId:
    """Name every request, so that an answer, its log lines and its audit rows find each other."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if KNOWN_ID.fullmatch(given) else uuid.uuid4().hex
        if settings.TRUSTED_PROXIES and request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
            forwarded = [
                part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
            ]
            # The nearest address that is not one of our own proxies: what stands left of it may be invented.
            for address in reversed(forwarded):
                if address not in settings.TRUSTED_PROXIES:
                    request.META["REMOTE_ADDR"] = address
                    break
        token = current_request_id.set(request.request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = request.request_id
        return response


class SecurityHeaders:
    """Let pages load nothing but this portal's own files, and keep what people read out of shared caches."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.setdefault("X-Frame-Options", "DENY")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        return response


class OptionalSlash:
    """Serve an address with and without its last slash alike, for every method and without a redirect.

    A slash inside a URN is stored as `%2F`; a client that sends it as `%2F` once finds the row as well, although
    servers decode it: only where nothing else is at the address.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not is_valid_path(request.path_info):
            request.path_info = next(filter(is_valid_path, spellings(request.path_info)), request.path_info)
        return self.get_response(request)


def spellings(path):
    """What an address that leads nowhere may have meant, the likeliest first."""
    plain = path.rstrip("/")
    yield plain if plain != path else f"{path}/"
    head, mark, tail = plain.partition("/urn:dcs:")
    parts = tail.split("/")[:20]
    for length in range(2, len(parts) + 1):
        urn = "%2F".join(parts[:length])
        below = "/".join(["", *parts[length:]])
        yield f"{head}{mark}{urn}{below}"
        yield f"{head}{mark}{urn}{below}/"


LOST = (OperationalError, InterfaceError, PoolTimeout)


class DatabaseErrors:
    """Answer 503 with a sentence, not 500, when the database cannot be reached or is too slow.

    What other middleware notices has become a 500 before it comes here; `portal.views.failed` looks for that.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            return self.get_response(request)
        except LOST:
            return self.unavailable(request)

    def process_exception(self, request, exception):
        if isinstance(exception, LOST):
            return self.unavailable(request)
        return None

    @staticmethod
    def unavailable(request):
        detail = _("The database does not answer right now. Nothing was changed. Try again in a few seconds.")
        if request.path.startswith("/api/"):
            body = {"detail": detail, "code": "unavailable", "request_id": request.request_id}
            response = JsonResponse(body, status=503)
        else:
            context = {"detail": detail, "request_id": request.request_id}
            response = HttpResponse(render_to_string("errors/503.html", context), status=503)
        response["Retry-After"] = "5"
        return response
