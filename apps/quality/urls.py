"""Addresses of quality."""

from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name its converter

from . import act_views, export_views, profile_views, views

app_name = "quality"
urlpatterns = [
    path("quality/", views.overview, name="dashboard"),
    path("quality/rules/", views.rules, name="rules"),
    path("quality/rules/<uuid:key>/", views.rule_by_key, name="rule_by_key"),
    path("quality/rules/<int:number>/", views.rule, name="rule"),
    path("quality/rules/<int:number>/run/", act_views.check_rule, name="check_rule"),
    path("quality/rules/<int:number>/edit/", act_views.edit, name="edit_rule"),
    path("quality/rules/<int:number>/mute/", act_views.mute, name="mute_rule"),
    path("quality/rules/<int:number>/retire/", act_views.retire, name="retire_rule"),
    path("quality/runs/", views.runs, name="runs"),
    path("quality/runs/<uuid:key>/", views.run_by_key, name="run_by_key"),
    path("quality/runs/<int:number>/", views.run, name="run"),
    path("quality/capsules/<urn:urn>/profile/", profile_views.profile_now, name="profile_now"),
    path("quality/profiles/<uuid:key>/", profile_views.profile_by_key, name="profile_by_key"),
    path("quality/profiles/<int:number>/", profile_views.profile, name="profile"),
    path("quality/profiles/<int:number>/rules/", profile_views.add_rule, name="profile_rule"),
    path("quality/runs/<int:number>/cancel/", act_views.cancel, name="cancel_run"),
    path("quality/runs/<int:number>/again/", act_views.again, name="run_again"),
    path("capsules/<urn:urn>/quality/run/", act_views.check_capsule, name="check_capsule"),
    path("capsules/<urn:urn>/quality/schedule/", act_views.schedule, name="schedule"),
    path("capsules/<urn:urn>/quality/rules/new/", act_views.new, name="new_rule"),
    path("capsules/<urn:urn>/quality/rules/export/", export_views.overview, name="export_rules"),
    path(
        "capsules/<urn:urn>/quality/rules/export/<slug:tool>/", export_views.download, name="download_rules"
    ),
]
