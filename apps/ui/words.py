"""What each stored word looks and sounds like: icon, hue and the word people read.

The table of Badges in the experience design, section 4. A value is looked up in lower case; an unknown
one is shown as it is, in the idle hue, so that a new value is visible and never breaks a page.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

HUES = ("good", "caution", "critical", "pending", "idle")


@dataclass(frozen=True)
class Word:
    """One value of a vocabulary, ready to be drawn."""

    icon: str
    hue: str
    text: str
    reversed: bool = False


DRAFT = Word("circle-dashed", "idle", _("Draft"))
UNDER_REVIEW = Word("hourglass", "pending", _("Under review"))
DEPRECATED = Word("archive", "caution", _("Deprecated"))

VOCABULARIES = {
    "approval": {
        "draft": DRAFT,
        "under_review": UNDER_REVIEW,
        "approved": Word("circle-check", "good", _("Approved")),
        "deprecated": DEPRECATED,
    },
    "policy": {
        "draft": DRAFT,
        "under_review": UNDER_REVIEW,
        "active": Word("shield-check", "good", _("Active")),
        "suspended": Word("circle-pause", "critical", _("Suspended")),
        "deprecated": DEPRECATED,
    },
    "contract": {
        "draft": DRAFT,
        "proposed": Word("file-pen-line", "pending", _("Proposed")),
        "active": Word("handshake", "good", _("Active")),
        "breached": Word("octagon-alert", "critical", _("Breached")),
        "deprecated": DEPRECATED,
        "superseded": Word("history", "idle", _("Superseded")),
    },
    "health": {
        "kept": Word("circle-check", "good", _("Kept")),
        "at_risk": Word("triangle-alert", "caution", _("At risk")),
        "broken": Word("octagon-x", "critical", _("Broken")),
        "maintenance": Word("calendar-clock", "idle", _("Maintenance")),
        "unknown": Word("circle-question-mark", "idle", _("Unknown")),
    },
    "severity": {
        "info": Word("info", "idle", _("Info")),
        "warning": Word("triangle-alert", "caution", _("Warning")),
        "error": Word("octagon-alert", "critical", _("Error")),
        "critical": Word("siren", "critical", _("Critical"), reversed=True),
        "blocking": Word("ban", "critical", _("Blocks")),
    },
    "check": {
        "passed": Word("check", "good", _("Passed")),
        "warning": Word("triangle-alert", "caution", _("Warning")),
        "failed": Word("x", "critical", _("Failed")),
        "error": Word("bug", "pending", _("Could not run")),
        "skipped": Word("circle-slash-2", "idle", _("Skipped")),
    },
    "incident_severity": {
        "low": Word("circle", "idle", _("Low")),
        "medium": Word("diamond", "caution", _("Medium")),
        "high": Word("octagon-alert", "critical", _("High")),
        "critical": Word("siren", "critical", _("Critical"), reversed=True),
    },
    "incident": {
        "open": Word("circle-dot", "critical", pgettext_lazy("state", "Open")),
        "investigating": Word("search", "pending", _("Investigating")),
        "mitigated": Word("shield-check", "caution", _("Mitigated")),
        "resolved": Word("circle-check", "good", _("Resolved")),
        "closed": Word("lock", "idle", _("Closed")),
        "false_positive": Word("circle-slash-2", "idle", _("False positive")),
    },
    "violation": {
        "open": Word("circle-dot", "critical", pgettext_lazy("state", "Open")),
        "acknowledged": Word("eye", "pending", _("Acknowledged")),
        "resolved": Word("circle-check", "good", _("Resolved")),
        "false_positive": Word("circle-slash-2", "idle", _("False positive")),
    },
    "plan": {
        "draft": DRAFT,
        "nothing": Word("equal", "idle", _("No changes")),
        "ready": Word("circle-check", "good", _("Ready")),
        "partial": Word("triangle-alert", "caution", _("Partial")),
        "blocked": Word("ban", "critical", _("Blocked")),
        "stale": Word("history", "caution", _("Overtaken")),
        "theirs": DRAFT,
        "scheduled": Word("calendar-clock", "pending", _("Scheduled")),
        "applying": Word("refresh-cw", "pending", _("Being applied")),
        "waiting": Word("hourglass", "pending", _("Waits for review")),
        "applied": Word("circle-check", "good", _("Applied")),
        "expired": Word("clock", "idle", _("Expired")),
    },
    "run": {
        "queued": Word("clock", "idle", _("Queued")),
        "running": Word("refresh-cw", "pending", _("Running")),
        "finished": Word("circle-check", "good", _("Finished")),
        "partly": Word("triangle-alert", "caution", _("Partly finished")),
        "failed": Word("octagon-x", "critical", _("Failed")),
        "cancelled": Word("circle-slash-2", "idle", _("Cancelled")),
    },
    "job": {
        "pending": Word("clock", "idle", _("Pending")),
        "running": Word("refresh-cw", "pending", _("Running")),
        "completed": Word("circle-check", "good", _("Completed")),
        "failed": Word("octagon-x", "critical", _("Failed")),
        "cancelled": Word("circle-slash-2", "idle", _("Cancelled")),
    },
    "change": {
        "created": Word("plus", "good", _("Created")),
        "schema_change": Word("columns-3", "pending", _("Schema change")),
        "metadata_change": Word("pencil", "idle", _("Metadata change")),
        "deleted": Word("minus", "critical", _("Deleted")),
    },
    "change_class": {
        "breaking": Word("diamond-minus", "critical", _("Breaking")),
        "compatible": Word("diamond-plus", "good", _("Compatible")),
        "notice": Word("diamond", "caution", _("Notice")),
        "note": Word("diamond", "idle", _("Note")),
        "metadata": Word("diamond", "idle", _("Note")),
    },
    "completeness": {
        "complete": Word("circle-check", "good", _("Complete")),
        "partial": Word("circle-dashed", "caution", _("Incomplete")),
        "missing": Word("circle-dashed", "caution", _("Missing")),
        "alert": Word("triangle-alert", "caution", _("Needs attention")),
        "withheld": Word("lock", "idle", _("Withheld")),
    },
    "access": {
        "clear": Word("circle", "good", _("Clear")),
        "masked": Word("circle", "caution", _("Masked")),
        "conditional": Word("circle", "pending", _("Conditional")),
        "denied": Word("circle", "critical", _("Denied")),
    },
    "review": {
        "open": Word("hourglass", "pending", pgettext_lazy("state", "Open")),
        "draft": DRAFT,
        "submitted": Word("hourglass", "pending", _("In review")),
        "in_review": Word("hourglass", "pending", _("In review")),
        "approved": Word("circle-check", "good", _("Approved")),
        "rejected": Word("circle-x", "critical", _("Rejected")),
        "changes_requested": Word("undo-2", "caution", _("Changes requested")),
        "sent_back": Word("undo-2", "caution", _("Sent back")),
        "withdrawn": Word("circle-slash-2", "idle", _("Withdrawn")),
        "superseded": Word("history", "caution", _("Overtaken")),
        "expired": Word("clock", "idle", _("Expired")),
        "applied": Word("circle-check", "good", _("Applied")),
    },
}

# Sensitivity is an order, not an alarm: five bars, then the word.
SENSITIVITY = {
    "public": (1, _("Public")),
    "internal": (2, _("Internal")),
    "confidential": (3, _("Confidential")),
    "restricted": (4, _("Restricted")),
    "secret": (5, _("Secret")),
}

# The letter beside the shape in the matrix. Conditional is I because C is taken.
ACCESS_LETTERS = {"clear": "C", "masked": "M", "conditional": "I", "denied": "D"}

NOTICE_ICONS = {
    "good": "circle-check",
    "caution": "triangle-alert",
    "critical": "octagon-alert",
    "pending": "file-pen-line",
    "idle": "info",
    "accent": "calendar-clock",
}

DIMENSION_ICONS = {
    "payload": "database",
    "structure": "table-2",
    "semantics": "book-open-text",
    "quality": "gauge",
    "policy": "shield-check",
    "provenance": "waypoints",
    "contract": "handshake",
}


def word(vocabulary, value):
    """How `value` of `vocabulary` is shown; an unknown value keeps its own spelling.

    Raises `KeyError` for an unknown vocabulary: that is a mistake in a template, not in the data.
    """
    known = VOCABULARIES[vocabulary]
    raw = str(getattr(value, "value", value))
    return known.get(raw.lower()) or Word("circle-question-mark", "idle", raw)
