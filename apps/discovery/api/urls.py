"""Addresses of search and catalogue in the API."""

from django.urls import path

from .catalogue import CatalogCapsules, CatalogColumns, CatalogRefresh, CatalogSummary
from .completeness import CompletenessOfCapsule
from .reports import OneReport, Reports
from .search import Search

LIST = {"get": "list"}

urlpatterns = [
    path("search", Search.as_view(), name="search"),
    path(
        "catalog/capsules", CatalogCapsules.as_view(LIST, basename="catalog-capsule"), name="catalog-capsules"
    ),
    path("catalog/columns", CatalogColumns.as_view(LIST, basename="catalog-column"), name="catalog-columns"),
    path("catalog/summary", CatalogSummary.as_view(), name="catalog-summary"),
    path("catalog/refresh", CatalogRefresh.as_view(), name="catalog-refresh"),
    path("capsules/<segment:urn>/completeness", CompletenessOfCapsule.as_view(), name="capsule-completeness"),
    path("reports", Reports.as_view(), name="report-list"),
    path("reports/<slug:name>", OneReport.as_view(), name="report-detail"),
]
