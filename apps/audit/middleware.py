"""Run every request that reaches a view as its reader, in one transaction."""

from contextlib import suppress

from django.conf import settings
from django.db import transaction
from rest_framework.permissions import SAFE_METHODS

from apps.dcs import deadlocks

from .context import acting

KEPT_BYTES = 1024 * 1024  # of a request's body, for a second attempt


class ActingMiddleware:
    """Wrap view and rendering in `acting(request.reader)`; an answer of 500 or above undoes everything.

    The page is rendered inside: a template that is rendered after the transaction would read as nobody
    (errata row E4). A view marked `without_database` runs bare. A request that waited in a circle with another one is
    answered again (trust.md, section 8).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "without_database", False):
            return None

        def answered():
            with acting(request.reader, reason=reason_of(request)):
                response = view(request, *args, **kwargs)
                if hasattr(response, "render") and not response.is_rendered:
                    response.render()
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                return response

        if not can_be_read_again(request):
            return answered()
        return deadlocks.again(answered, afresh=lambda: forget_what_was_said(request))


def can_be_read_again(request):
    """True if the request can be answered twice: its body is kept, or there is none.

    The body is read here, before the transaction begins, so that a slow sender holds none open.
    """
    if request.method in SAFE_METHODS or hasattr(request, "_body"):
        return True
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.content_type == "multipart/form-data" or request._read_started:
        return False
    kept = min(KEPT_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or KEPT_BYTES)
    return length.isdigit() and int(length) <= kept and request.body is not None


def forget_what_was_said(request):
    """Take back the messages of an attempt that came to nothing."""
    if (messages := getattr(request, "_messages", None)) is not None:
        messages._queued_messages.clear()


def reason_of(request):
    """Why the request changes something: what its header says, else which route of the API was called."""
    said = request.headers.get("X-Change-Reason", "")
    # Headers arrive as Latin-1; people write UTF-8.
    with suppress(UnicodeError):
        said = said.encode("latin-1").decode()
    if not said and request.method not in SAFE_METHODS and request.path.startswith("/api/"):
        said = f"API: {request.method} {request.path}"
    return said[:1000]
