"""Addresses of provenance in the API."""

from django.urls import path

from .code import CodeOfCapsule, CodeViewSet
from .impact import CapsuleImpact, ColumnImpact
from .lineage import CapsuleEdgeViewSet, CapsuleLineage, ColumnEdgeViewSet, ColumnLineage

LIST_AND_ADD = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
EDGE = {"get": "retrieve", "delete": "destroy"}


def edges(prefix, viewset, name):
    """List, add, read and remove; an edge is never changed, only replaced."""
    return [
        path(prefix, viewset.as_view(LIST_AND_ADD, basename=name), name=f"{name}-list"),
        path(f"{prefix}/<key:pk>", viewset.as_view(EDGE, basename=name), name=f"{name}-detail"),
    ]


urlpatterns = [
    path("capsules/<segment:urn>/lineage", CapsuleLineage.as_view(), name="capsule-lineage"),
    path("columns/<segment:urn>/lineage", ColumnLineage.as_view(), name="column-lineage"),
    path("capsules/<segment:urn>/impact", CapsuleImpact.as_view(), name="capsule-impact"),
    path("columns/<segment:urn>/impact", ColumnImpact.as_view(), name="column-impact"),
    path(
        "capsules/<segment:urn>/transformation-code", CodeOfCapsule.as_view(LIST_AND_ADD), name="capsule-code"
    ),
    path("transformation-code", CodeViewSet.as_view(LIST_AND_ADD), name="transformation-code-list"),
    path("transformation-code/<key:pk>", CodeViewSet.as_view(ONE), name="transformation-code-detail"),
    *edges("lineage/edges", CapsuleEdgeViewSet, "capsule-edge"),
    *edges("lineage/column-edges", ColumnEdgeViewSet, "column-edge"),
]
