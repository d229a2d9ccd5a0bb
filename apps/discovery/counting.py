"""Counts of the catalogue under filters and a typed text, from what is kept in the process."""

from . import kept, matching


def counted(filters, reader):
    """What each facet counts and how many capsules there are (`kept.Counted`).

    None within a transaction that has changed the catalogue: then the database counts.
    """
    facts = kept.current()
    if facts is None:
        return None
    match = matching.matched(filters.q, reader, facts) if filters.q else None
    return kept.count(facts, filters, reader, match.keys if match and not match.asked.is_empty else None)
