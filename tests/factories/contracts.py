import uuid
from datetime import date
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.contracts.models import (
    Announcement,
    Answer,
    Contract,
    Incident,
    Measurement,
    Override,
    Promise,
    Watch,
)

from .approvals import approved
from .catalog import CapsuleFactory
from .people import UserFactory


class ContractFactory(DjangoModelFactory):
    """A draft; `proposed=True` waits for a signature, `active=True` is in force."""

    class Meta:
        model = Contract
        skip_postgeneration_save = True

    capsule = factory.SubFactory(CapsuleFactory)
    version = factory.Sequence("1.{}.0".format)
    freshness_sla = "PT4H"
    completeness_sla = Decimal("99.5")
    schema_change_policy = Contract.SchemaChangePolicy.BACKWARDS_COMPATIBLE
    support_level = Contract.SupportLevel.BUSINESS_HOURS
    author = factory.SubFactory(UserFactory)

    class Params:
        proposed = factory.Trait(
            status=Contract.Status.PROPOSED, submitted_by=factory.SelfAttribute("author")
        )

    @factory.post_generation
    def active(self, create, wanted, **kwargs):
        """`active=True`: signed by somebody else; there is no other way."""
        if create and wanted:
            approved([self], status=Contract.Status.ACTIVE)


class AnnouncementFactory(DjangoModelFactory):
    class Meta:
        model = Announcement

    capsule = factory.SubFactory(CapsuleFactory)
    contract_version = "1.0.0"
    covers = [
        {
            "code": "column_removed",
            "pointer": "/schema/columns/1",
            "text": "column removed: amount",
            "fingerprint": "5f2b7c9d1e3a4b6c8d0f1a2b3c4d5e6f",
        }
    ]
    told = ["finance"]
    text = "The column amount goes; use net_amount."
    effective_on = date(2026, 12, 24)


class OverrideFactory(DjangoModelFactory):
    class Meta:
        model = Override

    capsule = factory.SubFactory(CapsuleFactory)
    contract_version = "1.0.0"
    plan = "PL-7"
    plan_key = factory.LazyFunction(uuid.uuid4)
    reason = "The regulator wants the column gone by tonight."
    asked_by = factory.SubFactory(UserFactory)


class AnswerFactory(DjangoModelFactory):
    class Meta:
        model = Answer

    announcement = factory.SubFactory(AnnouncementFactory)
    consumer = "finance"
    says = "acknowledged"


class IncidentFactory(DjangoModelFactory):
    class Meta:
        model = Incident

    contract = factory.SubFactory(ContractFactory, active=True)
    capsule = factory.SelfAttribute("contract.capsule")
    kind = Promise.FRESHNESS
    target = Decimal(14_400)
    actual = Decimal(20_000)
    unit = "seconds"


class MeasurementFactory(DjangoModelFactory):
    class Meta:
        model = Measurement

    contract = factory.SubFactory(ContractFactory, active=True)
    metric = Promise.FRESHNESS
    target = Decimal(14_400)
    actual = Decimal(3_600)
    unit = "seconds"
    is_met = True


class WatchFactory(DjangoModelFactory):
    class Meta:
        model = Watch

    contract = factory.SubFactory(ContractFactory, active=True)
    due_at = factory.LazyFunction(timezone.now)
