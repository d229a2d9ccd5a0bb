"""Run every request that reaches a view as its reader, in one transaction."""

from contextlib import suppress

from django.db import transaction
from rest_framework.permissions import SAFE_METHODS

from .context import acting


class ActingMiddleware:
    """Wrap view and rendering in `acting(request.reader)`; an answer of 500 or above undoes everything.

    The page is rendered inside: a template that is rendered after the transaction would read as nobody
    (errata row E4). A view marked `without_database` runs bare.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "without_database", False):
            return None
        with acting(request.reader, reason=reason_of(request)):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


def reason_of(request):
    """Why the request changes something: what its header says, else which route of the API was called."""
    said = request.headers.get("X-Change-Reason", "")
    # Headers arrive as Latin-1; people write UTF-8.
    with suppress(UnicodeError):
        said = said.encode("latin-1").decode()
    if not said and request.method not in SAFE_METHODS and request.path.startswith("/api/"):
        said = f"API: {request.method} {request.path}"
    return said[:1000]
