"""People, their roles and their tokens in the back office."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin

from .models import Membership, Token, User

# What makes somebody mightier than their roles: for superusers to give.
BEYOND_ROLES = ["is_superuser", "is_staff", "user_permissions"]


class OneTimePasswordForm(AdminPasswordChangeForm):
    """A password given by somebody else has to be replaced at the next sign-in."""

    def save(self, commit=True):
        self.user.must_change_password = True
        return super().save(commit=commit)


class MembershipInline(admin.TabularInline):
    """The roles of a person. Nobody gives one to themselves."""

    model = Membership
    extra = 0
    readonly_fields = ["since"]

    def has_add_permission(self, request, obj):
        return super().has_add_permission(request, obj) and not _is_own(request, obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not _is_own(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not _is_own(request, obj)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are switched off, not deleted: what they wrote and approved keeps their name."""

    list_display = ["username", "first_name", "last_name", "email", "clearance", "is_active", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    filter_horizontal = ["user_permissions"]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [MembershipInline]
    change_password_form = OneTimePasswordForm
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Rights"), {"fields": ["is_active", "clearance", *BEYOND_ROLES]}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        fixed = list(super().get_readonly_fields(request, obj))
        if not request.user.is_superuser:
            fixed += BEYOND_ROLES
            if _is_own(request, obj):
                fixed.append("clearance")
        return fixed

    def save_model(self, request, obj, form, change):
        if not change:
            obj.must_change_password = True
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request, obj=None):
        """A superuser's account is changed by superusers: whoever sets a password can sign in with it."""
        mightier = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not mightier

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who has which role since when; roles are given on the person's page."""

    list_display = ["user", "group", "since"]
    list_select_related = ["user", "group"]
    list_filter = ["group"]
    search_fields = ["user__username"]


@admin.register(Token)
class TokenAdmin(GovernedAdmin):
    """Tokens are made by the person they act for, and revoked here by deleting them."""

    list_display = ["name", "user", "created", "expiry", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]
    exclude = ["digest", "token_key"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles and what they may do come from the permission table in the code (errata row E1)."""

    list_display = ["name"]
    search_fields = ["name"]

    def get_fields(self, request, obj=None):
        return ["name", "permissions"]


def _is_own(request, user):
    return user is not None and user.pk == request.user.pk and not request.user.is_superuser
