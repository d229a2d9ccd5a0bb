"""How the description of the API is made from the code: OpenAPI 3.1, one operation a route and method."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample
from rest_framework.permissions import SAFE_METHODS

from apps.people.rest.serializers import ErrorSerializer, RecordSerializer


class ReaderScheme(OpenApiAuthenticationExtension):
    """How the description speaks of signing in: a token for programs, the session for people."""

    target_class = "apps.people.authentication.ReaderAuthentication"
    name = ["token", "session"]

    def get_security_definition(self, auto_schema):
        from django.conf import settings

        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "A token with the scopes that the route needs.",
            },
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


def _header(name, description):
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": description,
    }


FIELDS = {
    "name": "fields",
    "in": "query",
    "required": False,
    "explode": False,
    "style": "form",
    "schema": {"type": "array", "items": {"type": "string"}},
    "description": "Only these fields; `id` always.",
}
IF_MATCH = _header("If-Match", "The entity tag of the state that you have seen; another one is 412.")
IF_NONE_MATCH = _header("If-None-Match", "The entity tag that you have; 304 if it still holds.")
REASON = _header("X-Change-Reason", "Why; kept in the audit log.")
ONCE = _header(
    "Idempotency-Key", "Any word of yours; a repetition within 24 hours gives the first answer again."
)


class PortalSchema(AutoSchema):
    """Adds to every route what all routes have: headers, `fields`, refusals in one shape, and an example.

    Examples come from `Meta.example` of the serializer, or from `examples = {action: value}` of the view.
    """

    def get_summary(self):
        return (self.get_description() or "").strip().split("\n")[0].rstrip(".") or None

    def _get_parameters(self):
        given = super()._get_parameters()
        known = {parameter["name"] for parameter in given}
        one = not self._is_list_view()
        wanted = {
            "GET": [FIELDS, *([IF_NONE_MATCH] if one else [])],
            "POST": [REASON, ONCE],
            "PUT": [REASON, IF_MATCH],
            "PATCH": [REASON, IF_MATCH],
            "DELETE": [REASON, IF_MATCH],
        }[self.method]
        if not hasattr(self.view, "known_parameters"):
            wanted = []
        return given + [parameter for parameter in wanted if parameter["name"] not in known]

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        if direction != "response":
            return bodies
        for code in self._refusals():
            bodies.setdefault(code, self._get_response_for_code(ErrorSerializer, code))
        return dict(sorted(bodies.items()))

    def _refusals(self):
        codes = ["400", "429"]
        if not getattr(self.view, "open_to_all", False):
            codes += ["401", "403"]
        if "{" in self.path or self.method not in SAFE_METHODS:
            codes.append("404")
        if self.method not in SAFE_METHODS:
            codes.append("409")
        if self.method in ("PUT", "PATCH", "DELETE"):
            codes.append("412")
        if self.method in ("POST", "PUT", "PATCH"):
            codes += ["413", "415"]
        return codes

    def get_examples(self):
        given = super().get_examples()
        if given:
            return given
        action = getattr(self.view, "action", None) or self.method.lower()
        if example := getattr(self.view, "examples", {}).get(action):
            return [
                OpenApiExample(
                    "Example", value=example, response_only=True, status_codes=["200", "201", "202"]
                )
            ]
        serializer_class = self._row_serializer()
        row = getattr(getattr(serializer_class, "Meta", None), "example", None)
        if row is None:
            return []
        serializer = serializer_class()
        writable = {name for name, field in serializer.fields.items() if not field.read_only}
        owned = (
            set(getattr(serializer_class.Meta, "create_only_fields", ())) if self.method != "POST" else set()
        )
        sent = {name: value for name, value in row.items() if name in writable - owned}
        if self.method == "PATCH":
            sent = dict(list(sent.items())[-1:])
        sent |= getattr(serializer_class.Meta, "example_of_new", {}) if self.method == "POST" else {}
        seen = {name: value for name, value in row.items() if name in serializer_class.shown()}
        return [
            OpenApiExample("Row", value=seen, response_only=True, status_codes=["200", "201"]),
            OpenApiExample("Body", value=sent, request_only=True),
        ]

    def _row_serializer(self):
        serializer = self.get_response_serializers()
        found = serializer if isinstance(serializer, type) else type(getattr(serializer, "child", serializer))
        return found if issubclass(found, RecordSerializer) else None
