"""Addresses of ingestion in the API."""

from django.urls import path

from .documents import AllDocuments, DocumentOfCapsule
from .events import LineageBatch, LineageEvents
from .importing import ImportRules
from .plans import AnnouncePlan, AnswerOverrides, ApplyPlan, OnePlan, OverridesOfPlan, Plans
from .reading import IngestDDL, IngestFiles
from .sources import ReadSource, SourceScheduleView, test_source
from .views import CancelIngestion, IngestDbt, IngestionJobViewSet

urlpatterns = [
    path("plans", Plans.as_view(), name="plan-list"),
    path("plans/<key:pk>", OnePlan.as_view(), name="plan-detail"),
    path("plans/<key:pk>/apply", ApplyPlan.as_view(), name="plan-apply"),
    path("plans/<key:pk>/announce", AnnouncePlan.as_view(), name="plan-announce"),
    path("plans/<key:pk>/overrides", OverridesOfPlan.as_view(), name="plan-overrides"),
    path("plans/<key:pk>/overrides/answer", AnswerOverrides.as_view(), name="plan-overrides-answer"),
    path("documents", AllDocuments.as_view(), name="document-list"),
    path("capsules/<segment:urn>/document", DocumentOfCapsule.as_view(), name="capsule-document"),
    path("source-systems/<key:pk>/test", test_source, name="source-system-test"),
    path("source-systems/<key:pk>/schedule", SourceScheduleView.as_view(), name="source-system-schedule"),
    path("source-systems/<key:pk>/read", ReadSource.as_view(), name="source-system-read"),
    path("ingest/dbt", IngestDbt.as_view(), name="ingest-dbt"),
    path("ingest/dbt/upload", IngestDbt.as_view(), name="ingest-dbt-upload"),
    path("ingest/ddl", IngestDDL.as_view(), name="ingest-ddl"),
    path("ingest/files", IngestFiles.as_view(), name="ingest-files"),
    path("ingest/openlineage", LineageEvents.as_view(), name="ingest-openlineage"),
    path("import/quality-rules", ImportRules.as_view(), name="import-quality-rules"),
    path("lineage", LineageEvents.as_view(), name="lineage-events"),
    path("lineage/batch", LineageBatch.as_view(), name="lineage-batch"),
    path("ingestion-jobs", IngestionJobViewSet.as_view({"get": "list"}), name="ingestion-job-list"),
    path(
        "ingestion-jobs/<key:pk>",
        IngestionJobViewSet.as_view({"get": "retrieve"}),
        name="ingestion-job-detail",
    ),
    path("jobs/<key:pk>", IngestionJobViewSet.as_view({"get": "retrieve"}), name="job-detail"),
    path("ingestion-jobs/<key:pk>/cancel", CancelIngestion.as_view(), name="ingestion-job-cancel"),
]
