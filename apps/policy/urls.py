"""Addresses of how data is handled."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name the converter of urns

from . import suggestion_views, trace_views

app_name = "policy"
urlpatterns = [
    path("personal-data/", suggestion_views.suggestions, name="suggestions"),
    path("personal-data/<uuid:pk>/", suggestion_views.answer, name="answer_suggestion"),
    path("capsules/<urn:urn>/personal-data/", suggestion_views.look, name="look_for_personal_data"),
    path("capsules/<urn:urn>/columns/<path:name>/trace/", trace_views.trace, name="trace"),
]
