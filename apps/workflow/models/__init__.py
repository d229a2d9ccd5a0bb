"""Steps, proposals, decisions about them, and notices."""

from .notices import NoticePreference, Notification
from .reviews import (
    Delegation,
    Review,
    ReviewAuthor,
    ReviewDecision,
    ReviewMember,
    Step,
    Watcher,
    reviewable_models,
)

__all__ = [
    "Delegation",
    "NoticePreference",
    "Notification",
    "Review",
    "ReviewAuthor",
    "ReviewDecision",
    "ReviewMember",
    "Step",
    "Watcher",
    "reviewable_models",
]
