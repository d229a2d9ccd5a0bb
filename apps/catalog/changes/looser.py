"""Which changes of a policy protect less than before: what asks for a second approval on sensitive data (errata row D4)."""

from .change import Change
from .facts import rank

CODES = {"sensitivity_lowered", "access_widened", "region_widened", "retention_shorter", "safeguard_removed"}
RESTRICTED = rank("restricted")
# Methods by how little of a value they leave, least protection first; one that is not listed is taken for the weakest.
STRENGTH = (
    "noise_addition",
    "generalization",
    "partial_redaction",
    "data_masking",
    "substitution",
    "format_preserving_encryption",
    "encryption",
    "tokenization",
    "pseudonymization",
    "hashing",
    "redaction",
)


def looser(changes) -> list[Change]:
    """Those of the changes that protect less; one that cannot be told counts."""
    return [change for change in changes if _protects_less(change)]


def _protects_less(change):
    if change.code in CODES:
        return True
    if change.kind != "masking":
        return False
    if change.code == "masking_changed":
        # The same method under another condition or with other settings may leave anything.
        return strength(change.new) <= strength(change.old)
    return change.code == "masking_removed"


def strength(method):
    """How much of a value a method hides, as a number that grows; -1 for one that nobody has ranked."""
    return STRENGTH.index(method) if method in STRENGTH else -1
