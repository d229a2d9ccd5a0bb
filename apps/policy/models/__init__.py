"""How data must be handled, and how it is masked."""

from .masking import MaskingMethod, MaskingRule
from .policies import Policy
from .suggestions import PIISuggestion

__all__ = ["MaskingMethod", "MaskingRule", "PIISuggestion", "Policy"]
