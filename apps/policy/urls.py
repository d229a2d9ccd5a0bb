"""Addresses of how data is handled."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name the converter of urns

from . import trace_views

app_name = "policy"
urlpatterns = [path("capsules/<urn:urn>/columns/<path:name>/trace/", trace_views.trace, name="trace")]
