"""How the API learns who calls: from the request, where the middleware has already found out."""

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication


class ReaderAuthentication(BaseAuthentication):
    """A bearer token, or the session of a person with a forgery token on writes."""

    def authenticate(self, request):
        inner = request._request
        if inner.token is not None:
            return inner.token.user, inner.token
        if inner.headers.get("Authorization"):
            raise exceptions.AuthenticationFailed(
                inner.token_error or _("The token is unknown, expired or revoked.")
            )
        return SessionAuthentication().authenticate(request)

    def authenticate_header(self, request):
        return 'Bearer realm="api"'
