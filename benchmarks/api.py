"""The API: a list of 50 capsules and one capsule, against model serializers with a count."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client, RequestFactory

from benchmarks.measure import clock, tell

LIST_LIMIT, ONE_LIMIT = 4, 3  # ms of processor time: performance.md, section 1
CALLS = 60


def run(small):
    """Answers of the views as a signed-in analyst gets them, rendered; then through all middleware."""
    from rest_framework import serializers, viewsets
    from rest_framework.pagination import LimitOffsetPagination
    from rest_framework.permissions import AllowAny
    from rest_framework.renderers import JSONRenderer

    from apps.catalog.api.capsules import CapsuleSerializer, CapsuleViewSet
    from apps.catalog.models import Capsule
    from apps.people.reader import reader_of

    class Named(serializers.ModelSerializer):
        domain_name = serializers.CharField(source="domain.name", default=None)
        owner_name = serializers.CharField(source="owner.name", default=None)
        system_name = serializers.CharField(source="source_system.name", default=None)
        column_count = serializers.SerializerMethodField()
        tagged = serializers.SerializerMethodField()

        class Meta:
            model = Capsule
            fields = "__all__"

        def get_column_count(self, capsule):
            return sum(1 for column in capsule.columns.all() if column.retired_at is None)

        def get_tagged(self, capsule):
            return [{"id": link.tag_id, "name": link.tag.name} for link in capsule.tag_links.all()]

    class Stock(viewsets.ReadOnlyModelViewSet):
        queryset = (
            Capsule.objects.filter(retired_at__isnull=True)
            .order_by("name", "urn", "pk")
            .select_related("domain", "owner", "source_system")
            .prefetch_related("columns", "tag_links__tag")
        )
        serializer_class = Named
        pagination_class, renderer_classes = LimitOffsetPagination, [JSONRenderer]
        permission_classes, filter_backends, throttle_classes = [AllowAny], [], []

    user = _analyst(get_user_model(), Group)
    reader = reader_of(user)
    visible = Capsule.objects.visible_to(reader).order_by("?")
    ids = list(visible.values_list("pk", "urn")[:CALLS])
    ours_list, stock_list = (view.as_view({"get": "list"}) for view in (CapsuleViewSet, Stock))
    ours_one, stock_one = (view.as_view({"get": "retrieve"}) for view in (CapsuleViewSet, Stock))

    many = clock(lambda n: _answer(ours_list, reader, f"/?limit=50&offset={n % 10 * 50}"), range(CALLS))
    usual = clock(lambda n: _answer(stock_list, reader, f"/?limit=50&offset={n % 10 * 50}"), range(CALLS))
    tell("API list of 50", many, instead=usual, of="model serializers and a count")
    print(f"    cpu {many.cpu:.1f} of {LIST_LIMIT} ms allowed, {len(CapsuleSerializer.shown())} fields a row")
    keyed = clock(lambda n: _answer(ours_list, reader, "/?limit=50&cursor="), range(CALLS))
    tell("API list of 50, by cursor", keyed)
    few = clock(
        lambda n: _answer(ours_list, reader, f"/?limit=50&offset={n % 10 * 50}&fields=urn,name,layer"),
        range(CALLS),
    )
    tell("API list of 50, three fields", few)

    one = clock(lambda row: _answer(ours_one, reader, "/", urn=row[1]), ids)
    usual = clock(lambda row: _answer(stock_one, reader, "/", pk=row[0]), ids)
    tell("API, one capsule by URN", one, instead=usual, of="a model serializer by id")
    print(f"    cpu {one.cpu:.1f} of {ONE_LIMIT} ms allowed")

    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    whole = clock(lambda n: _fetch(client, f"/api/v1/capsules?offset={n % 10 * 50}"), range(CALLS))
    tell("API list of 50, whole request of a session", whole)
    whole = clock(lambda row: _fetch(client, f"/api/v1/capsules/{row[0]}"), ids)
    tell("API, one capsule, whole request of a session", whole)


def _analyst(users, groups):
    user, made = users.objects.get_or_create(username="bench-analyst", defaults={"is_active": True})
    if made:
        group, _made = groups.objects.get_or_create(name="analyst")
        user.memberships.create(group=group)
    return user


def _answer(view, reader, path, **kwargs):
    """The rendered answer of a view, without the middleware."""
    request = RequestFactory(headers={"host": "localhost"}).get(path)
    request.user, request.token, request.token_error = reader.user, None, ""
    request.reader, request._dont_enforce_csrf_checks = reader, True
    with transaction.atomic():
        response = view(request, **kwargs).render()
    assert response.status_code == 200, response.content[:500]
    return response


def _fetch(client, path):
    response = client.get(path)
    assert response.status_code == 200, response.content[:500]
    return response
