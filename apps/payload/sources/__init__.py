"""The ways to a capsule's data: `with open_source(capsule) as source`, `open_system(system)`, and, for what people wrote,
`payload.opening.open_engine`."""

from .base import TableRef, Unreadable
from .places import place_in, place_of
from .reading import Source

__all__ = ["TableRef", "Unreadable", "open_source", "open_system"]


def open_source(capsule, *, deadline_s=300, memory_mb=512):
    """The source of a capsule's rows, read-only, as a context manager.

    Its location comes first, then the connection of its source system (quality-engine.md, section 2.1). `deadline_s`
    is for each query, `memory_mb` for the engine. Raises `Unreadable`, also from the source's methods.
    """
    return Source(place_of(capsule), deadline_s=deadline_s, memory_mb=memory_mb)


def open_system(system, table=None, *, deadline_s=60, memory_mb=512, **limits):
    """The database that a source system names, read-only, as a context manager with `fetch(sql, values)`.

    Raises `Unreadable`, also from its methods.
    """
    return Source(place_in(system, table), deadline_s=deadline_s, memory_mb=memory_mb, **limits)
