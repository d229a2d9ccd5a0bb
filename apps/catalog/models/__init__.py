"""The catalogue: who owns, where it lies, what it is made of, how it was."""

from .capsules import Capsule, CapsuleAlias
from .people import Domain, Owner, Stewardship, TeamMembership
from .products import DataProduct, ProductMember
from .sources import IngestionJob, SourceSystem
from .structure import Column, Constraint, Index, PIIType, ReferentialAction, SemanticType, ValueDomain
from .tags import CapsuleTag, ColumnTag, Tag
from .versions import CapsuleVersion

__all__ = [
    "Capsule",
    "CapsuleAlias",
    "CapsuleTag",
    "CapsuleVersion",
    "Column",
    "ColumnTag",
    "Constraint",
    "DataProduct",
    "Domain",
    "Index",
    "IngestionJob",
    "Owner",
    "PIIType",
    "ProductMember",
    "ReferentialAction",
    "SemanticType",
    "SourceSystem",
    "Stewardship",
    "Tag",
    "TeamMembership",
    "ValueDomain",
]
