"""Addresses of the portal: pages by app, the API below `/api/v1`, the back office at `/admin/`."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

# The catalog takes every word after a capsule's URN for a dimension, so what others put there comes before it.
PAGES = (
    "people",
    "audit",
    "workflow",
    "deploy",
    "payload",
    "provenance",
    "policy",
    "catalog",
    "glossary",
    "quality",
)
PAGES += ("contracts", "conformance", "discovery")

urlpatterns = [
    path("admin/", admin.site.urls),
    *(path("", include(f"apps.{app}.urls")) for app in PAGES if find_spec(f"apps.{app}.urls")),
]
if find_spec("portal.api.urls"):
    from portal.api.docs import docs

    urlpatterns += [path("api/v1/", include("portal.api.urls")), path("api/docs", docs)]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.failed"
