import factory
from factory.django import DjangoModelFactory

from apps.provenance.models import CapsuleEdge, ColumnEdge, TransformationCode

from .catalog import CapsuleFactory, ColumnFactory


class CapsuleEdgeFactory(DjangoModelFactory):
    class Meta:
        model = CapsuleEdge

    source = factory.SubFactory(CapsuleFactory)
    target = factory.SubFactory(CapsuleFactory)
    source_urn = factory.SelfAttribute("source.urn")
    target_urn = factory.SelfAttribute("target.urn")


class ColumnEdgeFactory(DjangoModelFactory):
    class Meta:
        model = ColumnEdge

    source = factory.SubFactory(ColumnFactory)
    target = factory.SubFactory(ColumnFactory)
    source_urn = factory.SelfAttribute("source.urn")
    target_urn = factory.SelfAttribute("target.urn")
    transformation_type = "direct"


class TransformationCodeFactory(DjangoModelFactory):
    """Code of a capsule; `edge=…` makes it code of that edge."""

    class Meta:
        model = TransformationCode

    edge = None
    capsule = factory.Maybe("edge", None, factory.SubFactory(CapsuleFactory))
    language = TransformationCode.Language.SQL
    code_text = "select order_id, amount / 100.0 as amount from raw.orders"
    code_hash = factory.Sequence("{:064x}".format)
    file_path = "models/staging/stg_orders.sql"
