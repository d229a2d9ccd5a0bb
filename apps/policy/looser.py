"""Whether a policy protects less than before: what asks for a second approval on sensitive data (errata row D4).

Pure; values are {field: value} of one policy, as `effective.Stated` has them.
"""

from .effective import FACETS

# What these say is no protection by itself.
UNPROTECTING = {"classification_tags", "masking_conditions"}


def looser(before, after):
    """The facets of which `after` asks for less than `before`, in order.

    Another time of deletion always counts: shorter loses data for good, longer keeps what should be gone.
    """
    found = [facet.name for facet in FACETS if _less(facet, before, after)]
    return found + [name for name, less in DATES.items() if less(before.get(name), after.get(name))]


def _less(facet, before, after):
    if facet.name in UNPROTECTING and not (
        facet.name == "masking_conditions" and after.get("requires_masking")
    ):
        return False
    old, new = facet.read(before), facet.read(after)
    if facet.name == "retention_max":
        return old is not None and old != new
    if old is None:
        return False
    return new is None or facet.join(old, new) != new


# It begins later, or ends earlier, than it did.
DATES = {
    "effective_from": lambda old, new: new is not None and (old is None or new > old),
    "effective_to": lambda old, new: new is not None and (old is None or new < old),
}


def leaves(before, after):
    """True if going from one state to the other takes the policy's protection away, for a while or for good."""
    return before == "active" and after != "active"
