"""What is promised about data, what was measured, and what broke."""

from .contracts import Contract
from .incidents import Incident, Promise
from .measurements import Measurement
from .watches import Watch

__all__ = ["Contract", "Incident", "Measurement", "Promise", "Watch"]
