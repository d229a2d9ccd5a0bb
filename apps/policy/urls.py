"""Addresses of how data is handled."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name the converter of urns

from . import masking_views, simulator_views, suggestion_views, trace_views, views

app_name = "policy"
OF_COLUMN = "capsules/<urn:urn>/columns/<path:name>"
urlpatterns = [
    path("personal-data/", suggestion_views.suggestions, name="suggestions"),
    path("personal-data/<uuid:pk>/", suggestion_views.answer, name="answer_suggestion"),
    path("capsules/<urn:urn>/personal-data/", suggestion_views.look, name="look_for_personal_data"),
    path(f"{OF_COLUMN}/trace/", trace_views.trace, name="trace"),
    path(f"{OF_COLUMN}/masking/", masking_views.rules, name="masking"),
    path(f"{OF_COLUMN}/masking/new/", masking_views.new, name="masking-new"),
    path("masking-rules/<uuid:pk>/", masking_views.rule, name="masking-rule"),
    path("masking-rules/<uuid:pk>/switch/", masking_views.switch, name="masking-switch"),
    path("policies/", views.policies, name="policies"),
    path("policies/retention/", views.retained, name="retention"),
    path("policies/conflicts/", views.conflicts, name="conflicts"),
    path("policies/<int:number>/", views.policy, name="policy"),
    path("policies/<uuid:key>/", views.policy_by_key, name="policy_by_key"),
    path("policies/<int:number>/edit/", views.edit, name="edit"),
    path("policies/<int:number>/delete/", views.delete, name="delete"),
    path("policies/<int:number>/steps/<slug:step>/", views.take, name="take"),
    path("capsules/<urn:urn>/policy/new/", views.create, name="new"),
    path("capsules/<urn:urn>/columns/<path:name>/policy/new/", views.create, name="new_of_column"),
    path("policies/matrix/", simulator_views.matrix, name="matrix"),
    path("policies/simulator/", simulator_views.simulator, name="simulator"),
]
