import factory
from factory.django import DjangoModelFactory

from apps.catalog.vocabularies import Sensitivity
from apps.policy.models import MaskingMethod, MaskingRule, Policy

from .catalog import ColumnFactory
from .people import UserFactory


class PolicyFactory(DjangoModelFactory):
    """A draft about a column; `capsule=…` makes it about that capsule, `active=True` puts it in force."""

    class Meta:
        model = Policy

    capsule = None
    column = factory.Maybe("capsule", None, factory.SubFactory(ColumnFactory))
    sensitivity_level = Sensitivity.CONFIDENTIAL
    classification_tags = factory.LazyFunction(lambda: ["pii"])
    retention_period = "P7Y"
    compliance_frameworks = factory.LazyFunction(lambda: ["GDPR"])
    author = factory.SubFactory(UserFactory)

    class Params:
        under_review = factory.Trait(
            status=Policy.Status.UNDER_REVIEW, submitted_by=factory.SelfAttribute("author")
        )
        active = factory.Trait(
            status=Policy.Status.ACTIVE,
            submitted_by=factory.SelfAttribute("author"),
            approved_by_user=factory.SubFactory(UserFactory),
            approved_by=factory.SelfAttribute("approved_by_user.username"),
        )


class MaskingRuleFactory(DjangoModelFactory):
    class Meta:
        model = MaskingRule

    column = factory.SubFactory(ColumnFactory)
    name = factory.Sequence("hide_email_{}".format)
    method = MaskingMethod.PARTIAL_REDACTION
    config = factory.LazyFunction(lambda: {"preserve_prefix": 1, "preserve_domain": True})
    exempt_roles = factory.LazyFunction(lambda: ["steward"])
