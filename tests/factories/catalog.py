import factory
from factory.django import DjangoModelFactory

from apps.catalog.models import (
    Capsule,
    CapsuleAlias,
    CapsuleTag,
    CapsuleVersion,
    Column,
    ColumnTag,
    Constraint,
    DataProduct,
    Domain,
    Index,
    IngestionJob,
    Owner,
    ProductMember,
    SourceSystem,
    Stewardship,
    Tag,
    TeamMembership,
    ValueDomain,
)

from .people import UserFactory


class OwnerFactory(DjangoModelFactory):
    class Meta:
        model = Owner

    name = factory.Sequence("Finance data {}".format)
    kind = Owner.Kind.TEAM
    email = "finance-data@example.org"
    slack_channel = "#finance-data"


class DomainFactory(DjangoModelFactory):
    class Meta:
        model = Domain

    name = factory.Sequence("sales-{}".format)
    description = "What is sold, to whom and for how much."


class StewardshipFactory(DjangoModelFactory):
    class Meta:
        model = Stewardship

    user = factory.SubFactory(UserFactory, role="steward")
    domain = factory.SubFactory(DomainFactory)


class TeamMembershipFactory(DjangoModelFactory):
    class Meta:
        model = TeamMembership

    user = factory.SubFactory(UserFactory, role="producer")
    owner = factory.SubFactory(OwnerFactory)


class SourceSystemFactory(DjangoModelFactory):
    class Meta:
        model = SourceSystem

    name = factory.Sequence("jaffle_shop_{}".format)
    kind = "dbt"
    description = "The warehouse of the jaffle shop."


class IngestionJobFactory(DjangoModelFactory):
    class Meta:
        model = IngestionJob

    source_type = "dbt"
    source_name = "jaffle_shop"
    status = IngestionJob.Status.COMPLETED
    triggered_by = "ada"


class CapsuleFactory(DjangoModelFactory):
    """A capsule without columns; `columns=["order_id", "amount"]` gives it some."""

    class Meta:
        model = Capsule
        skip_postgeneration_save = True

    name = factory.Sequence("stg_orders_{}".format)
    urn = factory.LazyAttribute(lambda capsule: f"urn:dcs:dbt:model:jaffle_shop.staging:{capsule.name}")
    capsule_type = "model"
    database_name = "jaffle"
    schema_name = "staging"
    layer = "silver"
    materialization = "table"
    description = "Orders, one row each, cleaned."

    class Params:
        complete = factory.Trait(
            owner=factory.SubFactory(OwnerFactory),
            domain=factory.SubFactory(DomainFactory),
            source_system=factory.SubFactory(SourceSystemFactory),
        )

    @factory.post_generation
    def columns(self, create, names, **kwargs):
        if create:
            for position, name in enumerate(names or (), start=1):
                ColumnFactory(capsule=self, name=name, ordinal_position=position)


class CapsuleAliasFactory(DjangoModelFactory):
    class Meta:
        model = CapsuleAlias

    capsule = factory.SubFactory(CapsuleFactory)
    urn = factory.Sequence("urn:dcs:dbt:model:jaffle_shop.old:orders_{}".format)


def _last_number(capsule):
    stored = CapsuleVersion._base_manager.filter(capsule_id=capsule.pk)
    return stored.order_by("-number").values_list("number", flat=True).first() or 0


class CapsuleVersionFactory(DjangoModelFactory):
    class Meta:
        model = CapsuleVersion

    capsule = factory.SubFactory(CapsuleFactory)
    number = factory.LazyAttribute(lambda version: _last_number(version.capsule) + 1)
    snapshot = factory.LazyAttribute(lambda version: {"data_capsule": {"name": version.capsule.name}})
    content_hash = factory.Sequence("{:064x}".format)
    change_type = CapsuleVersion.ChangeType.METADATA_CHANGE
    change_summary = "Description changed."


class ValueDomainFactory(DjangoModelFactory):
    class Meta:
        model = ValueDomain

    name = factory.Sequence("order_status_{}".format)
    kind = ValueDomain.Kind.ENUM
    description = "How far an order has come."
    allowed_values = factory.LazyFunction(
        lambda: [{"code": "placed", "label": "Placed"}, {"code": "shipped", "label": "Shipped"}]
    )


class ColumnFactory(DjangoModelFactory):
    class Meta:
        model = Column

    capsule = factory.SubFactory(CapsuleFactory)
    name = factory.Sequence("amount_{}".format)
    urn = factory.LazyAttribute(lambda column: f"{column.capsule.urn}.{column.name}")
    data_type = "numeric(12,2)"
    ordinal_position = factory.Sequence(lambda n: n + 1)
    description = "What the customer paid, in euros."


class ConstraintFactory(DjangoModelFactory):
    class Meta:
        model = Constraint

    column = factory.SubFactory(ColumnFactory)
    kind = Constraint.Kind.NOT_NULL


class IndexFactory(DjangoModelFactory):
    class Meta:
        model = Index

    capsule = factory.SubFactory(CapsuleFactory)
    name = factory.Sequence("orders_by_customer_{}".format)
    column_names = factory.LazyFunction(lambda: ["customer_id"])


class TagFactory(DjangoModelFactory):
    class Meta:
        model = Tag

    name = factory.Sequence("daily-{}".format)
    category = "cadence"


class CapsuleTagFactory(DjangoModelFactory):
    class Meta:
        model = CapsuleTag

    capsule = factory.SubFactory(CapsuleFactory)
    tag = factory.SubFactory(TagFactory)


class ColumnTagFactory(DjangoModelFactory):
    class Meta:
        model = ColumnTag

    column = factory.SubFactory(ColumnFactory)
    tag = factory.SubFactory(TagFactory)


class DataProductFactory(DjangoModelFactory):
    class Meta:
        model = DataProduct

    name = factory.Sequence("Orders {}".format)
    description = "Everything about orders, for analysts."
    status = DataProduct.Status.ACTIVE


class ProductMemberFactory(DjangoModelFactory):
    class Meta:
        model = ProductMember

    product = factory.SubFactory(DataProductFactory)
    capsule = factory.SubFactory(CapsuleFactory)
