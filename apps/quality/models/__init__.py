"""What is expected of data, what was measured, and what data looks like."""

from .checks import QualityCheck
from .profiles import ColumnProfile
from .rules import Operator, QualityRule, RuleCategory, RuleType
from .runs import QualityRun, QualitySchedule

__all__ = [
    "ColumnProfile",
    "Operator",
    "QualityCheck",
    "QualityRule",
    "QualityRun",
    "QualitySchedule",
    "RuleCategory",
    "RuleType",
]
