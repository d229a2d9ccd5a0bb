from django.contrib import admin

from apps.catalog.models import DataProduct, ProductMember
from apps.dcs.admin import GovernedAdmin, VisibleRelatedFilter


@admin.register(DataProduct)
class DataProductAdmin(GovernedAdmin):
    list_display = ["name", "status", "version", "domain", "owner", "updated_at"]
    list_select_related = ["domain", "owner"]
    list_filter = ["status", ("domain", VisibleRelatedFilter)]
    search_fields = ["name", "description"]
    autocomplete_fields = ["domain", "owner"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(ProductMember)
class ProductMemberAdmin(GovernedAdmin):
    list_display = ["product", "capsule", "role"]
    list_select_related = ["product", "capsule"]
    list_filter = ["role"]
    search_fields = ["product__name", "capsule__name"]
    autocomplete_fields = ["product", "capsule"]
