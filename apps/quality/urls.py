"""Addresses of quality."""

from django.urls import path

from . import profile_views, views

app_name = "quality"
urlpatterns = [
    path("quality/", views.overview, name="dashboard"),
    path("quality/rules/", views.rules, name="rules"),
    path("quality/rules/<uuid:key>/", views.rule_by_key, name="rule_by_key"),
    path("quality/rules/<int:number>/", views.rule, name="rule"),
    path("quality/runs/", views.runs, name="runs"),
    path("quality/runs/<uuid:key>/", views.run_by_key, name="run_by_key"),
    path("quality/runs/<int:number>/", views.run, name="run"),
    path("quality/profiles/<uuid:key>/", profile_views.profile_by_key, name="profile_by_key"),
    path("quality/profiles/<int:number>/", profile_views.profile, name="profile"),
    path("quality/profiles/<int:number>/rules/", profile_views.add_rule, name="profile_rule"),
]
