"""Decisions about stored columns: policies and rules are read in a fixed number of queries, and keys when they are needed."""

from collections import defaultdict
from datetime import datetime

from django.utils import timezone

from apps.audit.context import acting
from apps.catalog.models import Column
from apps.dcs import keyring
from apps.people.reader import system

from . import effective_rows
from .deciding import Ruled, Viewer, decide, for_storing
from .masking import kind_of
from .masking.grammar import NotTaken, condition
from .models import MaskingRule
from .platform_views import Seen

TASK = "mask_rows"


class MaskingKeys:
    """The keys with which a rule masks: those it began with, or the active ones for a rule that names none."""

    def __init__(self, kid=""):
        ring = keyring.ring()
        self._key = ring.key("masking", kid) if kid else ring.active("masking")
        self.kid = self._key.kid

    def derive(self, info, *, length=32):
        return self._key.derive(info, length=length)

    def tokens(self, rule, values):
        """Tokens of values from a vault."""
        raise keyring.NoKey("No vault holds tokens.")


def viewer_of(reader):
    """The `Viewer` behind a reader."""
    return Viewer(
        roles=reader.roles,
        clearance=reader.clearance,
        is_token=reader.via == "token",
        purpose=reader.purpose,
        region=reader.region,
    )


def decisions(viewer, columns, *, on=None):
    """{column id: `Decision`} for columns with their capsule's id; five queries, however many they are."""
    return decisions_of([viewer], columns, on=on)[0]


def decisions_of(viewers, columns, *, on=None, instead=()):
    """The same for each of several viewers, in their order; five queries, however many these are.

    Each policy of `instead` counts as it is in memory, not as it is stored.
    """
    known = _Known(columns, on, instead)
    return [
        {
            column.pk: decide(
                viewer,
                known.effective[column.pk],
                known.rules[column.pk],
                kind=kind_of(column.data_type),
                urn=column.urn,
                rank=column.sensitivity_rank,
            )
            for column in columns
        }
        for viewer in viewers
    ]


def ways_for_storing(columns, *, on=None):
    """{column id: the `Way` by which its values may be kept}; five queries."""
    known = _Known(columns, on)
    return {
        column.pk: for_storing(
            known.effective[column.pk],
            known.rules[column.pk],
            kind=kind_of(column.data_type),
            urn=column.urn,
            rank=column.sensitivity_rank,
        )
        for column in columns
    }


def seen(columns, *, on=None):
    """The columns as `platform_views` takes them; five queries."""
    known = _Known(columns, on)
    return [
        Seen(
            column.name,
            kind_of(column.data_type),
            column.urn,
            known.effective[column.pk],
            tuple(known.rules[column.pk]),
        )
        for column in columns
    ]


class _Known:
    """What is stored about some columns: {column id: `Effective`} and {column id: [`Ruled`]}."""

    def __init__(self, columns, on, instead=()):
        day = on or timezone.now().date()
        keys = [column.pk for column in columns]
        self.effective = effective_rows.of_columns(keys, on=day, instead=instead)
        self.rules = defaultdict(list)
        with acting(system(TASK)):
            rows = list(MaskingRule._base_manager.filter(column__in=columns, is_enabled=True))
            kinds = (
                kinds_of({column.capsule_id for column in columns})
                if any(row.condition for row in rows)
                else {}
            )
        of_column = {column.pk: column for column in columns}
        for row in rows:
            row.column = of_column[row.column_id]
            self.rules[row.column_id].append(ruled(row, kinds.get(row.column.capsule_id, {})))


def kinds_of(capsules):
    """{capsule id: {column: kind}} of columns in use."""
    found = defaultdict(dict)
    stored = Column._base_manager.filter(capsule__in=capsules, retired_at=None)
    for capsule, name, data_type in stored.values_list("capsule", "name", "data_type"):
        found[capsule][name] = kind_of(data_type)
    return found


def ruled(row, kinds):
    """A stored rule as decisions weigh it; a condition that cannot be read is unknown, and masks."""
    tree = None
    if row.condition:
        try:
            tree = condition(row.condition, kinds)
        except NotTaken:
            tree = None
    return Ruled(
        key=str(row.pk),
        label=row.name,
        rule=row.plain(),
        priority=row.priority,
        since=row.created_at if isinstance(row.created_at, datetime) else None,
        applies_to=frozenset(row.applies_to_roles),
        exempt=frozenset(row.exempt_roles),
        condition=row.condition or "",
        tree=tree,
    )
