import factory
from factory.django import DjangoModelFactory

from apps.catalog.vocabularies import RuleSeverity
from apps.conformance.models import ArchitectureRule, Violation

from .catalog import CapsuleFactory


class ArchitectureRuleFactory(DjangoModelFactory):
    class Meta:
        model = ArchitectureRule

    code = factory.Sequence("OWN-{:03}".format)
    name = "Every gold capsule has an owner"
    category = "ownership"
    scope = ArchitectureRule.Scope.CAPSULE
    definition = factory.LazyFunction(lambda: {"layer": "gold", "requires": ["owner"]})


class ViolationFactory(DjangoModelFactory):
    """A violation by a capsule; `column=…` makes it one by that column."""

    class Meta:
        model = Violation

    rule = factory.SubFactory(ArchitectureRuleFactory)
    column = None
    capsule = factory.Maybe("column", None, factory.SubFactory(CapsuleFactory))
    severity = RuleSeverity.WARNING
    message = "The capsule has no owner."
