"""Run every request that reaches a view as its reader, in one transaction."""

from django.db import transaction

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
        with acting(request.reader, reason=request.headers.get("X-Change-Reason", "")[:1000]):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response
