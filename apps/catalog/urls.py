"""Addresses of capsules and columns; the list of capsules is discovery's."""

from django.urls import path

from . import urns, version_views, views  # noqa: F401 - the addresses below name the converter of urns

app_name = "catalog"
urlpatterns = [
    path("capsules/<urn:urn>/", views.capsule, name="capsule"),
    path("capsules/<urn:urn>/versions/", version_views.versions, name="versions"),
    path("capsules/<urn:urn>/diff/", version_views.choose, name="choose"),
    path("capsules/<urn:urn>/diff/<str:pair>/", version_views.difference, name="difference"),
    path("capsules/<urn:urn>/activity/", views.activity, name="activity"),
    path("capsules/<urn:urn>/edit/", views.edit, name="edit"),
    path("capsules/<urn:urn>/ddl/", views.ddl, name="ddl"),
    path("capsules/<urn:urn>/columns/<path:name>/edit/", views.edit_column, name="edit_column"),
    path("capsules/<urn:urn>/columns/<path:name>/", views.column, name="column"),
    path("capsules/<urn:urn>/<slug:slug>/", views.dimension, name="dimension"),
]
