"""Addresses of ingestion in the API."""

from django.urls import path

from .views import CancelIngestion, IngestDbt, IngestionJobViewSet

urlpatterns = [
    path("ingest/dbt", IngestDbt.as_view(), name="ingest-dbt"),
    path("ingest/dbt/upload", IngestDbt.as_view(), name="ingest-dbt-upload"),
    path("ingestion-jobs", IngestionJobViewSet.as_view({"get": "list"}), name="ingestion-job-list"),
    path(
        "ingestion-jobs/<key:pk>",
        IngestionJobViewSet.as_view({"get": "retrieve"}),
        name="ingestion-job-detail",
    ),
    path("jobs/<key:pk>", IngestionJobViewSet.as_view({"get": "retrieve"}), name="job-detail"),
    path("ingestion-jobs/<key:pk>/cancel", CancelIngestion.as_view(), name="ingestion-job-cancel"),
]
