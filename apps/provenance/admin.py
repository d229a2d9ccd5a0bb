"""Lineage and code in the back office."""

from django.contrib import admin

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.people.roles import INTERNAL

from .models import CapsuleEdge, ColumnEdge, RunCapsule, TransformationCode


@admin.register(CapsuleEdge)
class CapsuleEdgeAdmin(GovernedAdmin):
    list_display = ["source", "target", "edge_type", "transformation", "created_at"]
    list_select_related = ["source", "target"]
    list_filter = ["edge_type"]
    search_fields = ["source__name", "target__name"]
    autocomplete_fields = ["source", "target"]
    readonly_fields = ["ingestion", "created_at"]


@admin.register(ColumnEdge)
class ColumnEdgeAdmin(GovernedAdmin):
    list_display = ["source", "target", "source_urn", "target_urn", "transformation_type"]
    list_select_related = ["source", "target"]
    list_filter = ["transformation_type"]
    search_fields = ["source_urn", "target_urn"]
    autocomplete_fields = ["source", "target"]
    readonly_fields = ["ingestion", "created_at"]


@admin.register(TransformationCode)
class TransformationCodeAdmin(GovernedAdmin):
    list_display = ["__str__", "language", "capsule", "edge", "updated_at"]
    list_select_related = ["capsule", "edge"]
    list_filter = ["language"]
    search_fields = ["file_path", "function_name", "capsule__name"]
    autocomplete_fields = ["capsule", "edge"]
    readonly_fields = ["code_hash", "created_at", "updated_at"]
    facets = {"code_text": INTERNAL}


@admin.register(RunCapsule)
class RunCapsuleAdmin(ReadOnlyAdmin):
    list_display = ["run", "role", "capsule", "rows", "size"]
    list_select_related = ["run", "capsule"]
    list_filter = ["role"]
    search_fields = ["capsule__name", "run__source_name"]
