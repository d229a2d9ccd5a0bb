"""Plausible rows for tests: one factory a model; a test states only what matters to it."""

from .catalog import (
    CapsuleAliasFactory,
    CapsuleFactory,
    CapsuleTagFactory,
    CapsuleVersionFactory,
    ColumnFactory,
    ColumnTagFactory,
    ConstraintFactory,
    DataProductFactory,
    DomainFactory,
    IndexFactory,
    IngestionJobFactory,
    OwnerFactory,
    ProductMemberFactory,
    SourceSystemFactory,
    StewardshipFactory,
    TagFactory,
    TeamMembershipFactory,
    ValueDomainFactory,
)
from .conformance import ArchitectureRuleFactory, ViolationFactory
from .contracts import ContractFactory, IncidentFactory, MeasurementFactory
from .dcs import JobProgressFactory
from .glossary import RefusalFactory, TermFactory, TermImportFactory, TermLinkFactory
from .people import MembershipFactory, TokenFactory, UserFactory
from .policy import MaskingRuleFactory, PolicyFactory
from .provenance import CapsuleEdgeFactory, ColumnEdgeFactory, TransformationCodeFactory
from .quality import ColumnProfileFactory, QualityCheckFactory, QualityRuleFactory

__all__ = [
    "ArchitectureRuleFactory",
    "CapsuleAliasFactory",
    "CapsuleEdgeFactory",
    "CapsuleFactory",
    "CapsuleTagFactory",
    "CapsuleVersionFactory",
    "ColumnEdgeFactory",
    "ColumnFactory",
    "ColumnProfileFactory",
    "ColumnTagFactory",
    "ConstraintFactory",
    "ContractFactory",
    "DataProductFactory",
    "DomainFactory",
    "IncidentFactory",
    "IndexFactory",
    "IngestionJobFactory",
    "JobProgressFactory",
    "MaskingRuleFactory",
    "MeasurementFactory",
    "MembershipFactory",
    "OwnerFactory",
    "PolicyFactory",
    "ProductMemberFactory",
    "QualityCheckFactory",
    "QualityRuleFactory",
    "RefusalFactory",
    "SourceSystemFactory",
    "StewardshipFactory",
    "TagFactory",
    "TeamMembershipFactory",
    "TermFactory",
    "TermImportFactory",
    "TermLinkFactory",
    "TokenFactory",
    "TransformationCodeFactory",
    "UserFactory",
    "ValueDomainFactory",
    "ViolationFactory",
]
