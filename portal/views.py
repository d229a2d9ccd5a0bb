"""Error pages: what happened, why, and the next step, in the portal's own words."""

import sys

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from .middleware import LOST, DatabaseErrors


def _answer(request, status, code, detail, **context):
    request_id = getattr(request, "request_id", "")
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": detail, "code": code, "request_id": request_id}, status=status)
    context = {
        "detail": detail,
        "request_id": request_id,
        "reader": getattr(request, "reader", None),
        **context,
    }
    # Without the request: an error page must not touch the database again.
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)


def bad_request(request, exception=None):
    """400: the request could not be understood."""
    return _answer(
        request, 400, "bad_request", _("The request could not be understood. Go back and try again.")
    )


def forbidden(request, exception=None, reason=""):
    """403: this reader may not do this; says who can."""
    said = str(exception or reason or "")
    return _answer(
        request, 403, "forbidden", said or _("You may not do this. Ask an administrator for the role.")
    )


def forgery(request, reason=""):
    """403: the form was not one of this session's."""
    return _answer(
        request,
        403,
        "csrf",
        _("This form is too old, or was not sent from this portal. Reload the page and send it again."),
    )


def not_found(request, exception=None):
    """404: nothing is here, or nothing that this reader may know of."""
    return _answer(request, 404, "not_found", _("Nothing is here, or nothing that you may see."))


def failed(request):
    """500: the fault is the portal's; 503 when it is the database that does not answer, wherever that was noticed."""
    if isinstance(sys.exc_info()[1], LOST):
        return DatabaseErrors.unavailable(request)
    return _answer(
        request,
        500,
        "error",
        _("Something failed in the portal. Nothing was changed. The number below finds it in the log."),
    )
