"""Data products in the API, and the capsules that are in them."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog import access, products
from apps.catalog.filters import DataProductFilter
from apps.catalog.models import DataProduct, ProductMember
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet

from . import addresses


class DataProductSerializer(RecordSerializer):
    """Capsules that are offered together, with objectives of their own."""

    domain = serializers.CharField(source="domain.name", read_only=True, allow_null=True)
    owner = serializers.CharField(source="owner.name", read_only=True, allow_null=True)
    capsules = serializers.ListField(child=serializers.DictField(), source="*", read_only=True)

    def validate_name(self, value):
        """The name is the end of its page's address, where `new` makes another."""
        if value.strip() == "new":
            raise serializers.ValidationError(_("This word is taken: it makes new products."))
        return value

    class Meta:
        model = DataProduct
        fields = [
            "id",
            "name",
            "description",
            "version",
            "status",
            "domain_id",
            "domain",
            "owner_id",
            "owner",
            "slo_freshness_hours",
            "slo_availability_percent",
            "slo_quality_threshold",
            "capsules",
            "tags",
            "meta",
            "created_at",
            "updated_at",
        ]
        extra_kwargs = {
            "slo_freshness_hours": {"min_value": 0},
            "slo_availability_percent": {"min_value": 0, "max_value": 100},
            "slo_quality_threshold": {"min_value": 0, "max_value": 100},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-000000000009",
            "name": "Orders",
            "version": "1.0.0",
            "status": "active",
            "slo_freshness_hours": 24,
            "slo_availability_percent": 99.5,
            "capsules": [],
            "description": "Everything about orders, for analysts.",
        }

    @classmethod
    def complete(cls, rows, reader, names):
        if "capsules" not in names:
            return
        members = ProductMember.objects.visible_to(reader).filter(product__in=[row["id"] for row in rows])
        found = {}
        for product, key, urn, name, role in members.order_by("capsule__name", "capsule__urn").values_list(
            "product_id", "capsule_id", "capsule__urn", "capsule__name", "role"
        ):
            found.setdefault(product, []).append({"id": key, "urn": urn, "name": name, "role": role})
        for row in rows:
            row["capsules"] = found.get(row["id"], [])


class DataProductViewSet(RecordViewSet):
    """Data products: capsules that are offered together."""

    queryset = DataProduct.objects.all()
    serializer_class = DataProductSerializer
    filterset_class = DataProductFilter
    orderings = {
        "name": "name",
        "status": ("status", "name"),
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    default_order = ("name",)

    def check_may(self, record):
        access.may_edit(self.request.reader, record).or_refuse()

    def create_record(self, values):
        self.check_may(DataProduct(**values))
        return super().create_record(values)


class RoleSerializer(BodySerializer):
    """The part that a capsule plays in a product."""

    role = serializers.ChoiceField(choices=ProductMember.Role, default=ProductMember.Role.MEMBER)


class MemberSerializer(serializers.Serializer):
    """A capsule in a data product."""

    id = serializers.UUIDField()
    data_product_id = serializers.UUIDField()
    capsule_id = serializers.UUIDField()
    capsule_urn = serializers.CharField()
    role = serializers.ChoiceField(choices=ProductMember.Role)


class Membership(PlainView):
    """Put a capsule into a data product, or take it out."""

    example_bodies = {"put": {"role": "output"}}

    @extend_schema(request=RoleSerializer, responses={200: MemberSerializer})
    def put(self, request, pk, urn):
        """Put the capsule in, or change its part."""
        body = RoleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        product, capsule = self.product(), addresses.capsule(urn, request.reader)
        role = body.validated_data["role"]
        member = products.put(product, capsule, role)
        shown = {
            "id": member.pk,
            "data_product_id": product.pk,
            "capsule_id": capsule.pk,
            "capsule_urn": capsule.urn,
            "role": role,
        }
        return Response(shown)

    @extend_schema(responses={204: None})
    def delete(self, request, pk, urn):
        """Take the capsule out."""
        product, capsule = self.product(), addresses.capsule(urn, request.reader)
        if not products.take_out(product, capsule):
            raise NotFound(_("The capsule is not in this product."))
        return Response(status=204)

    def product(self):
        """The product at the address, locked; the reader may change it."""
        product = products.locked(self.request.reader, pk=self.kwargs["pk"])
        if product is None:
            raise NotFound(_("There is no data product with this address."))
        access.may_edit(self.request.reader, product).or_refuse()
        return product
