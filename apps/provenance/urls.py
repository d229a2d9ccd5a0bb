"""Addresses of lineage, and of what a change would touch."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name the converter of urns

from . import code_views, impact_views, views

app_name = "provenance"
urlpatterns = [
    path("lineage/", views.lineage, name="lineage"),
    path("capsules/<urn:urn>/impact/", impact_views.capsule, name="impact"),
    path("capsules/<urn:urn>/columns/<path:name>/impact/", impact_views.column, name="column_impact"),
    path("capsules/<urn:urn>/code/new/", code_views.new, name="add_code"),
    path("capsules/<urn:urn>/code/<uuid:pk>/edit/", code_views.edit, name="edit_code"),
    path("capsules/<urn:urn>/code/<uuid:pk>/remove/", code_views.remove, name="remove_code"),
]
