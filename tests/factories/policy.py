import factory
from factory.django import DjangoModelFactory

from apps.catalog.vocabularies import Sensitivity
from apps.policy.models import MaskingMethod, MaskingRule, PIISuggestion, Policy

from .approvals import approved
from .catalog import ColumnFactory
from .people import UserFactory


class PolicyFactory(DjangoModelFactory):
    """A draft about a column; `capsule=…` makes it about that capsule, `active=True` puts it in force."""

    class Meta:
        model = Policy
        skip_postgeneration_save = True

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

    @factory.post_generation
    def active(self, create, wanted, **kwargs):
        """`active=True`: approved by somebody else; there is no other way."""
        if create and wanted:
            approved([self], status=Policy.Status.ACTIVE)


class MaskingRuleFactory(DjangoModelFactory):
    """A rule that masks; `enabled=False` makes one that nobody has agreed to yet."""

    class Meta:
        model = MaskingRule
        skip_postgeneration_save = True

    column = factory.SubFactory(ColumnFactory)
    name = factory.Sequence("hide_email_{}".format)
    method = MaskingMethod.PARTIAL_REDACTION
    config = factory.LazyFunction(lambda: {"preserve_prefix": 1, "preserve_domain": True})
    exempt_roles = factory.LazyFunction(lambda: ["steward"])
    is_enabled = False

    @factory.post_generation
    def enabled(self, create, wanted, **kwargs):
        """True unless it is said otherwise: approved by somebody else."""
        if create and wanted is not False:
            approved([self], is_enabled=True)


class PIISuggestionFactory(DjangoModelFactory):
    """Personal data that detection found in a column, and that nobody has answered."""

    class Meta:
        model = PIISuggestion

    column = factory.SubFactory(ColumnFactory)
    pii_type = "email"
    confidence = 0.8
    evidence = PIISuggestion.Evidence.NAME
    word = "email"
    detector = 1
    named = factory.SelfAttribute("column.name")
