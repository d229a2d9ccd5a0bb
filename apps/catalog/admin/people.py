from django.contrib import admin

from apps.catalog.models import Domain, Owner, Stewardship, TeamMembership
from apps.dcs.admin import GovernedAdmin


@admin.register(Owner)
class OwnerAdmin(GovernedAdmin):
    list_display = ["name", "kind", "email", "slack_channel", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["name", "email"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(Domain)
class DomainAdmin(GovernedAdmin):
    list_display = ["name", "parent", "owner", "updated_at"]
    list_select_related = ["parent", "owner"]
    search_fields = ["name", "description"]
    autocomplete_fields = ["parent", "owner"]
    readonly_fields = ["created_at", "updated_at"]


@admin.register(Stewardship)
class StewardshipAdmin(GovernedAdmin):
    list_display = ["user", "domain", "since"]
    list_select_related = ["user", "domain"]
    search_fields = ["user__username", "domain__name"]
    autocomplete_fields = ["user", "domain"]
    readonly_fields = ["since"]


@admin.register(TeamMembership)
class TeamMembershipAdmin(GovernedAdmin):
    list_display = ["user", "owner", "since"]
    list_select_related = ["user", "owner"]
    search_fields = ["user__username", "owner__name"]
    autocomplete_fields = ["user", "owner"]
    readonly_fields = ["since"]
