"""How the description of the API is made from the code: OpenAPI 3.1, one operation a route and method."""

import re

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from apps.people.rest.serializers import ErrorSerializer, RecordSerializer


class ReaderScheme(OpenApiAuthenticationExtension):
    """How the description speaks of signing in: a token for programs, the session for people."""

    target_class = "apps.people.authentication.ReaderAuthentication"
    name = ["token", "session"]

    def get_security_requirement(self, auto_schema):
        return [{name: []} for name in self.name]

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


# Written once among the components; every route refers to them.
PARAMETERS = {
    "Fields": {
        "name": "fields",
        "in": "query",
        "required": False,
        "explode": False,
        "style": "form",
        "schema": {"type": "array", "items": {"type": "string"}},
        "description": "Only these fields; `id` always.",
    },
    "IfMatch": _header("If-Match", "The entity tag of the state that you have seen; another one is 412."),
    "IfNoneMatch": _header("If-None-Match", "The entity tag that you have; 304 if it still holds."),
    "Reason": _header("X-Change-Reason", "Why; kept in the audit log."),
    "Once": _header(
        "Idempotency-Key", "Any word of yours; a repetition within 24 hours gives the first answer again."
    ),
}
REFUSALS = {
    "400": ("Invalid", "Something that was sent cannot be taken; `fields` says what."),
    "401": ("SignInNeeded", "No credentials, or invalid ones."),
    "403": ("NotAllowed", "Signed in, but not allowed; `detail` says who is."),
    "404": ("NotFound", "There is no such row, or none that you may know of."),
    "409": ("Conflict", "It exists already, is in use, or has moved on."),
    "412": ("Changed", "`If-Match` names another state."),
    "413": ("TooLarge", "The body is too large."),
    "415": ("NotJSON", "The body is of another type."),
    "429": ("TooOften", "Too many requests; `Retry-After` says when again."),
}
COMPONENTS = {
    "parameters": PARAMETERS,
    "responses": {
        name: {
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for name, description in REFUSALS.values()
    },
}
DONE = ["200", "201", "202"]
VERBS = {
    "list": "List",
    "create": "Add",
    "retrieve": "Read",
    "update": "Replace",
    "partial_update": "Change",
    "destroy": "Remove",
}
OF_METHOD = {
    "GET": ["Fields"],
    "POST": ["Reason", "Once"],
    "PUT": ["Reason", "IfMatch"],
    "PATCH": ["Reason", "IfMatch"],
    "DELETE": ["Reason", "IfMatch"],
}


class PortalSchema(AutoSchema):
    """Adds to every route what all routes have: headers, `fields`, refusals in one shape, and an example.

    Examples come from `Meta.example` of the serializer, or from `examples` (answers) and `example_bodies` of the
    view, both {action: value}.
    """

    def get_summary(self):
        action = getattr(self.view, "action", None) or self.method.lower()
        said = getattr(getattr(self.view, action, None), "__doc__", None)
        first = (said or self.get_description() or "").strip().split("\n")[0].rstrip(".")
        return first if said or action not in VERBS else f"{VERBS[action]}. {first}"

    def _map_basic_serializer(self, serializer, direction):
        described = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and isinstance(serializer, RecordSerializer):
            # Facets may be hidden, and `fields` leaves out what was not asked for.
            described["required"] = ["id"]
        return described

    def _get_parameters(self):
        wanted = OF_METHOD[self.method] if hasattr(self.view, "known_parameters") else []
        if wanted and self.method == "GET" and not self._is_list_view():
            wanted = [*wanted, "IfNoneMatch"]
        return super()._get_parameters() + [{"$ref": f"#/components/parameters/{name}"} for name in wanted]

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        if direction == "response":
            self.resolve_serializer(ErrorSerializer, direction)
            for code in self._refusals():
                bodies.setdefault(code, {"$ref": f"#/components/responses/{REFUSALS[code][0]}"})
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
        shown = getattr(self.view, "examples", {}).get(action)
        sent = getattr(self.view, "example_bodies", {}).get(action)
        if shown is None and sent is None:
            shown, sent = self._example_of_row()
        if shown is None:
            shown = example_of(_serializer(self.get_response_serializers()), "read_only")
        if sent is None and self.method in ("POST", "PUT", "PATCH"):
            sent = example_of(_serializer(self.get_request_serializer()), "write_only")
        seen = {} if shown is None else shown
        answer = OpenApiExample("Answer", value=seen, response_only=True, status_codes=DONE)
        return [answer, *([OpenApiExample("Body", value=sent, request_only=True)] if sent else [])]

    def _tokenize_path(self):
        # Two routes that differ by a word in the address alone, such as a step, are two operations.
        path = self.path
        self.path = re.sub(r"{(?!id}|urn})(\w+)}", r"\1", path)
        try:
            return super()._tokenize_path()
        finally:
            self.path = path

    def _example_of_row(self):
        """(what is shown, what is sent) of a serializer that brings an example of its row; else (None, None)."""
        serializer_class = type(_serializer(self.get_response_serializers()))
        row = getattr(getattr(serializer_class, "Meta", None), "example", None)
        if row is None or not issubclass(serializer_class, RecordSerializer):
            return None, None
        meta, fields = serializer_class.Meta, serializer_class().fields
        owned = set() if self.method == "POST" else set(getattr(meta, "create_only_fields", ()))
        writable = {name for name, field in fields.items() if not field.read_only} - owned
        sent = {name: value for name, value in row.items() if name in writable}
        if self.method == "PATCH":
            sent = dict(list(sent.items())[-1:])
        if self.method == "POST":
            sent |= getattr(meta, "example_of_new", {})
        shown = {name: value for name, value in row.items() if name in serializer_class.shown()}
        return shown, sent if self.method in ("POST", "PUT", "PATCH") else None


def _serializer(found):
    """The serializer of a row behind what a view says of its answers or its body; None if there is none."""
    if isinstance(found, dict):
        found = next((each for each in found.values() if each is not None), None)
    found = found() if isinstance(found, type) and issubclass(found, serializers.BaseSerializer) else found
    found = getattr(found, "child", found)
    return found if isinstance(found, serializers.Serializer) else None


def example_of(serializer, wanted):
    """A plausible value of every field that is not read only, or not write only, for those who bring no example."""
    if serializer is None:
        return None
    other = {"read_only": "write_only", "write_only": "read_only"}[wanted]
    return {
        name: _example(field, wanted)
        for name, field in serializer.fields.items()
        if not getattr(field, other)
    }


def _example(field, wanted):
    if isinstance(field, serializers.ListSerializer):
        return [example_of(field.child, wanted)]
    if isinstance(field, serializers.Serializer):
        return example_of(field, wanted)
    if isinstance(field, serializers.ListField):
        return [_example(field.child, wanted)]
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices), None)
    for kind, value in EXAMPLES:
        if isinstance(field, kind):
            return value
    return None


EXAMPLES = (
    (serializers.UUIDField, "0198c0de-0000-7000-8000-000000000001"),
    (serializers.PrimaryKeyRelatedField, "0198c0de-0000-7000-8000-000000000001"),
    (serializers.DateTimeField, "2026-01-31T08:00:00Z"),
    (serializers.DateField, "2026-01-31"),
    (serializers.BooleanField, True),
    (serializers.IntegerField, 1),
    (serializers.FloatField, 0.5),
    (serializers.DecimalField, 99.5),
    (serializers.DictField, {}),
    (serializers.JSONField, {}),
    (serializers.FileField, "@target/manifest.json"),
    (serializers.CharField, "orders"),
)
