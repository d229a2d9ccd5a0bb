"""Refusals of the API that Django REST framework has no words for; `portal.api.exceptions` writes them."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound


class PreconditionFailed(APIException):
    """The row has changed since the caller read it: `If-Match` names another state."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("This has changed since you read it. Read it again, then repeat the change.")
    default_code = "precondition_failed"


class UnknownSubject(NotFound):
    """A subject or parent that a body names does not exist, or the caller may not know of it.

    `UnknownSubject(column_id="No column has this id.")`
    """

    default_detail = _("Something that the body names does not exist.")

    def __init__(self, **fields):
        super().__init__()
        self.fields = {name: [str(sentence)] for name, sentence in fields.items()}


class ExtraMissing(APIException):
    """The request needs an optional library that is not installed."""

    status_code = status.HTTP_501_NOT_IMPLEMENTED
    default_detail = _("This needs an extra that is not installed.")
    default_code = "extra_missing"


class MissingScope(APIException):
    """The token may not do this, whatever its owner may."""

    status_code = status.HTTP_403_FORBIDDEN
    default_code = "scope_missing"

    def __init__(self, scope):
        super().__init__(_("The token lacks the scope “%(scope)s”.") % {"scope": scope})


class TooLargeBody(APIException):
    """The upload is larger than the portal takes; the sentence names the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
