"""Addresses below `/api/v1`: each app brings its own in `api/urls.py`, the portal those about itself."""

from importlib.util import find_spec

from django.urls import include, path

from . import docs, health

app_name = "api"
APPS = ("people", "audit", "workflow", "catalog", "payload", "provenance", "glossary", "quality", "policy")
APPS += ("contracts", "conformance", "deploy", "discovery")


def addresses(app):
    """The routes of an app's API; none if it has no API yet."""
    if find_spec(f"apps.{app}.api") and find_spec(f"apps.{app}.api.urls"):
        return [path("", include(f"apps.{app}.api.urls"))]
    return []


urlpatterns = [
    *(route for app in APPS for route in addresses(app)),
    path("schema", docs.schema, name="schema"),
    path("docs", docs.docs, name="docs"),
    path("health", health.ready, name="health"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
]
