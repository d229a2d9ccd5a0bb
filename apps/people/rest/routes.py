"""Addresses of the API: identifiers in paths, and the router that apps register viewsets with."""

import uuid

from django.urls import register_converter
from rest_framework.routers import SimpleRouter


class Key:
    """Path converter: a UUID in either case; anything else is no such address."""

    regex = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def to_python(self, value):
        return uuid.UUID(value)

    def to_url(self, value):
        return str(value)


class Segment:
    """Path converter: one segment, whatever it holds."""

    regex = r"[^/]+"

    def to_python(self, value):
        if "\x00" in value:
            raise ValueError
        return value

    def to_url(self, value):
        return value


register_converter(Key, "key")
register_converter(Segment, "segment")


class Router(SimpleRouter):
    """Routes of a viewset: `/prefix` and `/prefix/{id}`, with a UUID as id and no slash at the end.

    `router = Router(); router.register("tags", TagViewSet, "tag"); urlpatterns = router.urls`
    """

    def __init__(self):
        super().__init__(trailing_slash=False, use_regex_path=False)

    def get_lookup_regex(self, viewset, lookup_prefix=""):
        return f"<key:{lookup_prefix}pk>"
