"""The one shape of every refusal: a sentence, a stable code, sentences per field, the id of the request."""

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from apps.dcs import refusals
from apps.people.rest.rendering import encode

# What a stranger's part of Django or a server answers without a body of ours.
WORDS = {
    400: ("bad_request", _("The request cannot be understood.")),
    401: ("not_authenticated", _("Sign in, or send a token.")),
    403: ("permission_denied", _("You may not do this.")),
    404: ("not_found", _("There is nothing at this address.")),
    405: ("method_not_allowed", _("This address does not know this method.")),
    413: ("too_large", _("The body is too large.")),
    415: ("unsupported_media_type", _("Send JSON.")),
    429: ("throttled", _("Too many requests. Wait a little.")),
    500: (
        "server_error",
        _("Something failed inside the portal. Nothing was changed. Give the request id to whoever runs it."),
    ),
    503: ("unavailable", _("The portal cannot answer right now. Try again in a few seconds.")),
}
INVALID = _("Some of this cannot be saved.")
CODES = {
    exceptions.ParseError: "parse_error",
    exceptions.AuthenticationFailed: "authentication_failed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
}


def answer(error, context):
    """The answer to an exception in a view of the API, with everything undone that the request did.

    None for what is nobody's fault but ours: Django logs it, and `OneShape` writes the body.
    """
    found = _refusal(error)
    if found is None:
        return None
    if transaction.get_connection().in_atomic_block:
        transaction.set_rollback(True)
    status, code, detail, fields, headers = found
    return Response(body(context["request"], code, detail, fields), status=status, headers=headers)


def body(request, code, detail, fields=None):
    """The one shape, as a dict."""
    shape = {"detail": str(detail), "code": code}
    if fields:
        shape["fields"] = fields
    return shape | {"request_id": getattr(request, "request_id", "")}


def _refusal(error):
    """(status, code, sentence, fields, headers) of an exception; None if it is no refusal."""
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, refusals.Conflict):
        return (
            409,
            error.code,
            error.detail,
            {name: _sentences(said) for name, said in error.fields.items()},
            {},
        )
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return 404, *WORDS[404], {}, {}
    if isinstance(error, PermissionDenied):
        return 403, "permission_denied", str(error) or WORDS[403][1], {}, {}
    if isinstance(error, ValidationError):
        return 400, "validation_error", INVALID, _of_django(error), {}
    if isinstance(error, ProtectedError | RestrictedError):
        return 409, "in_use", _("This is still in use."), {}, {}
    if isinstance(error, IntegrityError | DataError) and (refusal := refusals.explain(error)):
        return refusal.status, refusal.code, refusal.detail, refusal.fields, {}
    if isinstance(error, RequestDataTooBig):
        return 413, *WORDS[413], {}, {}
    if isinstance(error, SuspiciousOperation | MultiPartParserError):
        return 400, *WORDS[400], {}, {}
    return None


def _of_framework(error):
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    fields = getattr(error, "fields", {})
    if isinstance(error, exceptions.ValidationError):
        return 400, "validation_error", INVALID, flat(error.detail), headers
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), None) or error.default_code
    detail = error.detail
    if isinstance(detail, list | dict):
        fields, detail = flat(detail), WORDS.get(error.status_code, WORDS[400])[1]
    return error.status_code, code, str(detail), fields, headers


def _of_django(error):
    if hasattr(error, "error_dict"):
        said = error.message_dict
        return {
            "non_field_errors" if name == NON_FIELD_ERRORS else name: texts for name, texts in said.items()
        }
    return {"non_field_errors": error.messages}


def flat(detail, prefix=""):
    """Nested messages under dotted names: {"columns": [{}, {"name": ["…"]}]} gives {"columns.1.name": ["…"]}."""
    if isinstance(detail, dict):
        found = {}
        for name, inner in detail.items():
            found |= flat(inner, f"{prefix}.{name}" if prefix else str(name))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        found = {}
        for place, inner in enumerate(detail):
            found |= flat(inner, f"{prefix}.{place}" if prefix else str(place)) if inner else {}
        return found
    return {prefix or "non_field_errors": _sentences(detail)}


def _sentences(said):
    return [str(sentence) for sentence in said] if isinstance(said, list | tuple) else [str(said)]


class OneShape:
    """Give what fails outside the views of the API the same shape: unknown routes, hosts, failures of our own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith("/api/"):
            return response
        if "json" in response.get("Content-Type", ""):
            return response
        code, detail = WORDS.get(response.status_code, WORDS[400 if response.status_code < 500 else 500])
        plain = HttpResponse(encode(body(request, code, detail)), status=response.status_code)
        plain["Content-Type"] = "application/json"
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response:
                plain[name] = response[name]
        return plain
