"""Where data comes from and how it is made."""

from .code import TransformationCode
from .lineage import CapsuleEdge, ColumnEdge, RunCapsule

__all__ = ["CapsuleEdge", "ColumnEdge", "RunCapsule", "TransformationCode"]
