from django.urls import path

from apps.catalog import urns  # noqa: F401 - the addresses below name its converter

from . import (
    document_views,
    editor_views,
    plan_views,
    proposal_views,
    read_views,
    rule_views,
    source_views,
    views,
)

app_name = "deploy"
urlpatterns = [
    path("ingestion/", views.jobs, name="ingestion"),
    path("ingestion/read/<slug:kind>/", read_views.read, name="read"),
    path("ingestion/upload/", views.upload, name="upload"),
    path("ingestion/<int:number>/", views.job, name="job"),
    path("ingestion/<int:number>/cancel/", views.cancel, name="cancel"),
    path("sources/", source_views.listed, name="sources"),
    path("sources/new/", source_views.create, name="new_source"),
    path("sources/<path:name>/edit/", source_views.edit, name="edit_source"),
    path("sources/<path:name>/test/", source_views.test, name="test_source"),
    path("sources/<path:name>/read/", source_views.read, name="read_source"),
    path("sources/<path:name>/schedule/", source_views.schedule, name="schedule_source"),
    path("sources/<path:name>/remove/", source_views.remove, name="remove_source"),
    path("sources/<path:name>/", source_views.source, name="source"),
    path("changes/", plan_views.changes, name="changes"),
    path("changes/new/", editor_views.new, name="new_change"),
    path("changes/check/", editor_views.check, name="check"),
    path("changes/<uuid:key>/", plan_views.by_key, name="change_by_key"),
    path("changes/<int:number>/", plan_views.change, name="change"),
    path("changes/<int:number>/apply/", plan_views.apply, name="apply"),
    path("changes/<int:number>/schedule/", plan_views.schedule, name="schedule"),
    path("changes/<int:number>/announce/", plan_views.announce, name="announce"),
    path("changes/<int:number>/override/", plan_views.override, name="override"),
    path("changes/<int:number>/override/answer/", plan_views.answer_override, name="answer_override"),
    path("changes/<int:number>/again/", plan_views.again, name="again"),
    path("capsules/new/", proposal_views.new, name="new_capsule"),
    path("capsules/<urn:urn>/change/", proposal_views.change, name="propose"),
    path("capsules/<urn:urn>/quality/rules/import/", rule_views.bring, name="import_rules"),
    path("capsules/<urn:urn>/plan/", editor_views.of_capsule, name="plan_capsule"),
    path("capsules/<urn:urn>/versions/<int:number>/restore/", editor_views.restore, name="restore"),
    path("capsules/<urn:urn>/document.<slug:form>", document_views.live, name="document"),
    path(
        "capsules/<urn:urn>/versions/<int:number>/document.<slug:form>",
        document_views.of_version,
        name="version_document",
    ),
]
