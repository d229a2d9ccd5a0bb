"""Counts of the catalogue under filters and a typed text, from what is kept in the process.

Both are None within a transaction that has changed the catalogue: then the database counts.
"""

from . import kept, matching


def counted(filters, reader):
    """What each facet counts and how many capsules there are (`kept.Counted`)."""
    return _asked(kept.count, filters, reader)


def total(filters, reader):
    """How many capsules there are."""
    return _asked(kept.total, filters, reader)


def _asked(count, filters, reader):
    facts = kept.current()
    if facts is None:
        return None
    match = matching.matched(filters.q, reader, facts) if filters.q else None
    return count(facts, filters, reader, match.keys if match and not match.asked.is_empty else None)
