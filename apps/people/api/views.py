"""Who calls, and their tokens."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError

from apps.people import roles, sessions, tokens
from apps.people.filters import TokenFilter
from apps.people.models import Token
from apps.people.rest.viewsets import PlainView, RecordViewSet

from .serializers import MadeTokenSerializer, MeSerializer, NewTokenSerializer, TokenSerializer


class Me(PlainView):
    """The caller: name, roles, permissions, teams."""

    examples = {
        "get": {
            "id": "0198c0de-0000-7000-8000-000000000062",
            "username": "ana.ruiz",
            "name": "Ana Ruiz",
            "email": "ana.ruiz@example.org",
            "roles": [{"name": "steward", "title": "Steward"}],
            "permissions": ["catalog.edit_capsule", "catalog.retire_capsule"],
            "clearance": "confidential",
            "clearance_rank": 3,
            "teams": [],
            "domains": [{"id": "0198c0de-0000-7000-8000-000000000005", "name": "Sales"}],
            "via": "session",
            "scopes": [],
            "token_expires_at": None,
        }
    }

    @extend_schema(responses=MeSerializer)
    def get(self, request):
        """Who you are to the portal, and what you may do."""
        reader = request.reader
        user, token = reader.user, request._request.token
        return self.answer(
            {
                "id": user.pk,
                "username": user.username,
                "name": str(user),
                "email": user.email,
                "roles": [{"name": role.name, "title": str(role.title)} for role in roles.held(reader.roles)],
                "permissions": sorted(user.get_all_permissions()),
                "clearance": roles.level(reader.clearance),
                "clearance_rank": reader.clearance,
                "teams": [
                    {"id": key, "name": name}
                    for key, name in user.team_memberships.values_list("owner_id", "owner__name")
                ],
                "domains": [
                    {"id": key, "name": name}
                    for key, name in user.stewardships.values_list("domain_id", "domain__name")
                ],
                "via": reader.via,
                "scopes": sorted(reader.scopes),
                "token_expires_at": token.expiry if token else None,
            }
        )


class TokenViewSet(RecordViewSet):
    """API tokens: one's own; for administrators everybody's, to be ended. Tokens cannot make or end tokens."""

    queryset = Token.objects.all()
    serializer_class = TokenSerializer
    filterset_class = TokenFilter
    orderings = {
        "name": "name",
        "created_at": "created",
        "expires_at": "expiry",
        "last_used_at": "last_used_at",
    }
    default_order = ("-created",)
    sessions_only = frozenset({"create", "destroy"})

    def initial(self, request, *args, **kwargs):
        if "Idempotency-Key" in request.headers:
            said = _("A token is shown once, so this request cannot be answered twice. Leave the key out.")
            raise ValidationError({"Idempotency-Key": [said]})
        super().initial(request, *args, **kwargs)

    @extend_schema(request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    def create(self, request):
        """Make a token for yourself. It is in this answer and nowhere else."""
        if not sessions.is_fresh(request):
            raise PermissionDenied(
                _("Your sign-in is more than five minutes old. Sign in again to make a token.")
            )
        body = NewTokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made, secret = tokens.issue(request.user, **body.validated_data)
        row = {**self.row(self.reading(made)), "token": secret}
        return self.answer(row, status=status.HTTP_201_CREATED, location=self.location(made))
