"""Opening a capsule's data for statements that people wrote: in a child process, with the tables it refers to."""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog.models import Column, Constraint
from apps.people.reader import system as as_system

from .engines.base import SUBJECT, Unanswered
from .engines.description import FILES, MOST_ROWS
from .footers import Footers
from .sandbox import Sandbox
from .sources.base import Unreadable
from .sources.places import place_of
from .sources.sentences import unreadable
from .types import as_read

STALE_S = 24 * 3600  # after which what a killed process left behind is removed


@contextlib.contextmanager
def open_engine(capsule, *, references=(), deadline_s=300, memory_mb=512):
    """An `Engine` for a capsule's data, its tables by alias: `payload`, and those of `references`, (alias, capsule) pairs.

    A reference that lies elsewhere is not open; `engine.left_out` is {alias: sentence that says why}. `deadline_s` is
    for everything that is asked, and the child ends with it, or with the thread that opened it. Raises `Unreadable`
    when the data cannot be opened; what the engine is asked later raises `Unanswered`. Whoever asks for rows has looked
    at rights before.
    """
    place = place_of(capsule)
    others, left_out = _others(place, references)
    limits = {"deadline_s": deadline_s, "memory_mb": memory_mb, "rows": MOST_ROWS}
    with _spilling() as spill:
        tables = _told({SUBJECT: (capsule, place), **others})
        description = place.description(*tables, **limits, spill=spill)
        engine = Sandbox(description, deadline_s=deadline_s, footers=Footers(_folder("footers")))
        try:
            engine.__enter__()
        except Unanswered as error:
            raise unreadable(error, place, limits) from None
        try:
            engine.left_out = left_out
            yield engine
        finally:
            engine.close()


def _others(place, references):
    """({alias: (capsule, place)} of what is read together with `place`, {alias: why not} of the rest)."""
    found, left_out = {}, {}
    for alias, capsule in references:
        try:
            other = place_of(capsule)
        except Unreadable as error:
            left_out[alias] = error.detail
            continue
        if other.source == place.source:
            found[alias] = (capsule, other)
        else:
            left_out[alias] = _("%(other)s lies in another source; the two are not read together.") % {
                "other": capsule
            }
    return found, left_out


def _told(tables):
    """The `Table`s with what the catalogue knows: types of text files and paths, primary keys of databases. Two queries."""
    capsules = {capsule.pk for capsule, _place in tables.values()}
    types, keys = {}, {}
    # What a type is does not depend on who asks, nor on a transaction that somebody holds.
    with acting(as_system("open_payload")):
        columns = Column._base_manager.filter(capsule__in=capsules, retired_at=None)
        typed = list(columns.values_list("capsule", "name", "data_type"))
        parts = Constraint._base_manager.filter(column__in=columns, kind=Constraint.Kind.PRIMARY_KEY)
        parts = parts.order_by("ordinal", "column__ordinal_position")
        keyed = list(parts.values_list("column__capsule", "column__name"))
    for capsule, name, data_type in typed:
        if kind := as_read(data_type):
            types.setdefault(capsule, {})[name] = kind
    for capsule, name in keyed:
        keys.setdefault(capsule, []).append(name)
    return [
        place.seen_as(alias, types=types.get(capsule.pk, {}))
        if place.engine == FILES
        else place.seen_as(alias, key=tuple(keys.get(capsule.pk, ())))
        for alias, (capsule, place) in tables.items()
    ]


def _folder(name):
    """A folder of ours that nobody else may look into."""
    folder = Path(settings.PAYLOAD_WORK) / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _spilling():
    """A folder for what exceeds the memory of one reading; those of readings that were killed are removed."""
    folder = _folder("spill")
    old = time.time() - STALE_S
    for left in folder.iterdir():
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < old:
                shutil.rmtree(left)
    mine = tempfile.mkdtemp(dir=folder, prefix=f"{os.getpid()}-")
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)
