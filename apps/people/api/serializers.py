"""What the API says about people and tokens, and what it takes to make a token."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.people.models import Token
from apps.people.rest.serializers import BodySerializer, RecordSerializer


class TokenSerializer(RecordSerializer):
    """An API token: whose it is, what it may do, until when; never the token itself."""

    username = serializers.CharField(source="user.username", read_only=True)
    prefix = serializers.CharField(
        source="token_key", read_only=True, help_text=_("How the token begins, to tell it from others.")
    )
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)

    class Meta:
        model = Token
        fields = ["id", "name", "scopes", "username", "prefix", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["scopes", "last_used_at"]
        example = {
            "id": "0198c0de-0000-7000-8000-000000000061",
            "name": "dbt in CI",
            "scopes": ["ingest", "read"],
            "username": "ben.okri",
            "prefix": "dcs_4f1d2c3b9a0",
            "created_at": "2026-11-23T08:00:00Z",
            "expires_at": "2027-02-21T08:00:00Z",
            "last_used_at": None,
        }
        example_of_new = {"scopes": ["read", "ingest"], "days": 90}


class MadeTokenSerializer(TokenSerializer):
    """A token that has just been made, with the token itself: it is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        example = {**TokenSerializer.Meta.example, "token": "dcs_4f1d2c3b9a0…"}


class NewTokenSerializer(BodySerializer):
    """What a new token is to be: every token ends."""

    name = serializers.CharField(max_length=100, help_text=_("What uses it, such as “dbt in CI”."))
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Token.Scope.choices), allow_empty=False, help_text=_("What it may do.")
    )
    days = serializers.IntegerField(
        min_value=1, max_value=settings.TOKEN_MAX_DAYS, help_text=_("How many days it lasts.")
    )


class RoleSerializer(serializers.Serializer):
    """A role that somebody holds."""

    name = serializers.CharField()
    title = serializers.CharField()


class NamedSerializer(serializers.Serializer):
    """Something with a name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class MeSerializer(serializers.Serializer):
    """Who calls, and what they may do."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    roles = RoleSerializer(many=True)
    permissions = serializers.ListField(child=serializers.CharField())
    clearance = serializers.CharField(
        help_text=_("The highest sensitivity whose values are shown; empty for none.")
    )
    clearance_rank = serializers.IntegerField(help_text=_("The same as a number, 0 to 5."))
    teams = NamedSerializer(many=True)
    domains = NamedSerializer(many=True, help_text=_("The domains they look after."))
    via = serializers.CharField(help_text=_("`session` or `token`."))
    scopes = serializers.ListField(child=serializers.CharField(), help_text=_("Of the token that calls."))
    token_expires_at = serializers.DateTimeField(allow_null=True)
