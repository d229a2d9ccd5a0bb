"""What is promised about data, what was measured, and what broke."""

from .announcements import Announcement, Answer
from .contracts import Contract
from .incidents import Incident, Promise
from .measurements import Measurement
from .overrides import Override
from .watches import Watch

__all__ = ["Announcement", "Answer", "Contract", "Incident", "Measurement", "Override", "Promise", "Watch"]
