"""Data products: capsules that are offered together."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.querysets import OfCapsuleQuerySet
from apps.dcs.fields import ObjectField, PercentField, StringListField
from apps.dcs.models import Keyed, Record, Visible, VisibleQuerySet

from .capsules import Capsule
from .people import Domain, Owner


class DataProduct(Record):
    """Capsules that are offered together, with objectives of their own.

    Table `data_products` of the reference schema.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        DEPRECATED = "deprecated", _("Deprecated")

    name = models.CharField(max_length=255)
    description = models.TextField(null=True, blank=True)
    version = models.CharField(max_length=50, null=True, blank=True)
    status = models.CharField(max_length=50, choices=Status, default=Status.DRAFT, db_default=Status.DRAFT)
    domain = models.ForeignKey(Domain, models.SET_NULL, null=True, blank=True, related_name="products")
    owner = models.ForeignKey(Owner, models.SET_NULL, null=True, blank=True, related_name="products")
    slo_freshness_hours = models.IntegerField(null=True, blank=True)
    slo_availability_percent = PercentField(null=True, blank=True)
    slo_quality_threshold = PercentField(null=True, blank=True)
    meta = ObjectField()
    tags = StringListField()
    capsules = models.ManyToManyField(Capsule, through="ProductMember", related_name="products")

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "data_products"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="data_product_name_unique"),
            models.CheckConstraint(
                name="data_product_status_valid",
                condition=models.Q(status__in=["draft", "active", "deprecated"]),
            ),
            models.CheckConstraint(
                name="slo_availability_percent_valid",
                condition=models.Q(slo_availability_percent__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="slo_quality_threshold_valid",
                condition=models.Q(slo_quality_threshold__range=(0, 100)),
            ),
        ]

    def __str__(self):
        return self.name


class ProductMember(Keyed, Visible):
    """A capsule in a data product, and the part it plays there."""

    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        INPUT = "input", _("Input")
        OUTPUT = "output", _("Output")

    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="product_links", db_index=False)
    product = models.ForeignKey(
        DataProduct, models.CASCADE, related_name="members", db_column="data_product_id"
    )
    role = models.CharField(max_length=50, choices=Role, default=Role.MEMBER, db_default=Role.MEMBER)

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "capsule_data_products"
        ordering = ["product__name", "capsule__name"]
        constraints = [
            models.UniqueConstraint(fields=["capsule", "product"], name="capsule_data_product_unique"),
            models.CheckConstraint(
                name="data_product_role_valid", condition=models.Q(role__in=["member", "input", "output"])
            ),
        ]

    def __str__(self):
        return f"{self.product}: {self.capsule}"
