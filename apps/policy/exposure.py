"""What protects the values of columns today, and where the values of one column flow unprotected.

`protected(columns, reader)` adds to a queryset of columns what a trace, the inventory of personal data and the reports
say of each; `trace(column, reader)` follows one column up to its origins and down to everything that is made of it.

A masking rule that is enabled covers its column, a policy in force that requires masking covers the column or all columns
of its capsule (errata row A6). A policy that requires it, with neither a method nor a rule, is a finding of its own:
values are then redacted (errata row A22), but nobody has said how.
"""

from dataclasses import dataclass, field
from functools import cached_property

from django.db import connection
from django.db.models import Exists, F, IntegerField, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Column
from apps.catalog.vocabularies import LAYERS, SENSITIVITY, Rank
from apps.provenance import reach, walk

from .models import MaskingRule, Policy

DEEPEST = 10
CONSUMED = ("gold", "mart")  # layers that people read
RULE, POLICY, UNSETTLED, NONE = "rule", "policy", "unsettled", "none"
PLAIN, MASKED, STEERS = "plain", "masked", "steers"
PROTECTIONS = {
    RULE: _("masked by a rule"),
    POLICY: _("masked by a policy"),
    UNSETTLED: _("masking required, no method"),
    NONE: _("not masked"),
}
ARRIVALS = {
    PLAIN: _("as it is"),
    MASKED: _("masked on the way"),
    STEERS: _("only chooses or orders rows"),
}
# Edges on which values do not stay what they are: those that mask, and those over which no value flows at all.
CHANGING = """
SELECT e.source_column_id, e.target_column_id, coalesce(e.meta -> 'masking' = 'true'::jsonb, FALSE)
FROM dcs.column_lineage e
WHERE e.source_column_id = ANY (%s::uuid[]) AND (
    e.meta -> 'masking' = 'true'::jsonb
    OR (jsonb_array_length(coalesce(e.meta -> 'kinds', '[]')) > 0
        AND NOT jsonb_path_exists(e.meta, '$.kinds[*] ? (@ starts with "DIRECT")')))
"""


def personal(reader):
    """The columns that hold personal data, as far as the reader may know: what an inventory lists."""
    found = Column.objects.visible_to(reader).current()
    return protected(found.filter(Q(pii_type__isnull=False) | Q(semantic_type="pii")), reader)


def protected(columns, reader, *, on=None):
    """`columns` with `by_rule`, `by_policy`, `by_method` (true or false) and `level`, the strictest rank in force."""
    holding = Policy.objects.visible_to(reader).in_force(on=on or timezone.now().date())
    rules = MaskingRule.objects.visible_to(reader).enabled().filter(column=OuterRef("pk"))
    own, general = holding.filter(column=OuterRef("pk")), holding.filter(capsule=OuterRef("capsule"))
    asked = [found.filter(requires_masking=True) for found in (own, general)]
    said = [found.filter(masking_method__isnull=False) for found in asked]
    return columns.annotate(
        by_rule=Exists(rules),
        by_policy=Q(Exists(asked[0])) | Q(Exists(asked[1])),
        by_method=Q(Exists(said[0])) | Q(Exists(said[1])),
        level=Greatest(F("sensitivity_rank"), _level(own, "column"), _level(general, "capsule")),
    )


def _level(policies, subject):
    worst = policies.order_by().values(subject).annotate(worst=Max(Rank("sensitivity_level", SENSITIVITY)))
    return Coalesce(Subquery(worst.values("worst"), output_field=IntegerField()), Value(0))


def exposed(columns):
    """Those of `protected` columns that nothing masks."""
    return columns.filter(by_rule=False, by_policy=False)


def protection(by_rule, by_policy, by_method):
    """How a column of `protected` ones is masked: a word of PROTECTIONS."""
    if by_rule:
        return RULE
    if by_policy:
        return POLICY if by_method else UNSETTLED
    return NONE


def protection_of(column):
    return protection(column.by_rule, column.by_policy, column.by_method)


@dataclass(frozen=True)
class Stop:
    """A column on the way of values: how far, how it is protected, how the values arrive there, by way of what."""

    column: object = field(repr=False)
    steps: int
    protection: str
    arrives: str
    via: list = field(repr=False)
    origin: bool = False

    @property
    def level(self):
        return SENSITIVITY[self.column.level - 1]

    @property
    def consumed(self):
        """True if it lies in a layer that people read."""
        return self.column.capsule.layer in CONSUMED

    @property
    def exposed(self):
        """True if the values stand there for everybody to read."""
        return self.arrives == PLAIN and self.protection == NONE

    @property
    def unmarked(self):
        """True if nobody has said that it holds what it receives."""
        return self.arrives == PLAIN and not self.column.pii_type and self.column.semantic_type != "pii"

    @property
    def layer(self):
        known = LAYERS.get(self.column.capsule.layer)
        return known.title if known else self.column.capsule.layer or ""

    @property
    def protected_by(self):
        return PROTECTIONS[self.protection]

    @property
    def arrives_as(self):
        return ARRIVALS[self.arrives]


@dataclass(frozen=True)
class Trace:
    """Where the values of `column` come from and where they flow; `known` holds what is known of every column reached."""

    column: object
    up: reach.Reached = field(repr=False)
    down: reach.Reached = field(repr=False)
    known: dict = field(repr=False)
    arrivals: dict = field(repr=False)
    origins: frozenset = field(repr=False)
    reader: object = field(repr=False)

    @cached_property
    def keys(self):
        """Downstream columns, the worst first, then the nearest, then by name."""
        found = [key for key in self.known if key in self.down.steps]
        return sorted(found, key=lambda key: (self._badness(key), self.down.steps[key]))

    @cached_property
    def sources(self):
        """Upstream columns, origins first, then the nearest."""
        found = [key for key in self.known if key in self.up.steps]
        return sorted(found, key=lambda key: (key not in self.origins, self.up.steps[key]))

    @cached_property
    def exposed(self):
        return [key for key in self.keys if self._badness(key) <= 1]

    @cached_property
    def consumed(self):
        """Of those that are exposed, the ones in a layer that people read."""
        return [key for key in self.keys if self._badness(key) == 0]

    def _badness(self, key):
        layer, protection = self.known[key]
        if self.arrivals[key] == PLAIN and protection == NONE:
            return 0 if layer in CONSUMED else 1
        if self.arrivals[key] == STEERS:
            return 4
        return 2 if protection == UNSETTLED else 3

    def stops(self, keys):
        """The `Stop`s of downstream columns; three queries."""
        return self._stops(keys, self.down)

    def origins_of(self, keys):
        """The `Stop`s of upstream columns."""
        return self._stops(keys, self.up)

    def _stops(self, keys, walked):
        paths = {key: walked.path(key) for key in keys}
        between = {one for path in paths.values() for one in path}
        names = Column.objects.visible_to(self.reader).filter(pk__among=between)
        called = {
            key: f"{capsule}.{name}"
            for key, capsule, name in names.values_list("pk", "capsule__name", "name")
        }
        rows = protected(Column.objects.visible_to(self.reader).filter(pk__among=keys), self.reader)
        found = {one.pk: one for one in rows.select_related("capsule__owner", "capsule__domain")}
        return [
            Stop(
                found[key],
                walked.steps[key],
                protection_of(found[key]),
                self.arrivals.get(key, PLAIN),
                [called[one] for one in paths[key] if one in called],
                key in self.origins,
            )
            for key in keys
            if key in found
        ]


def trace(column, reader, *, depth=DEEPEST):
    """The `Trace` of a column, `depth` steps far each way; a number of queries that does not depend on what is found."""
    up = reach.reached(reach.COLUMNS, [column.pk], reader, way=walk.UPSTREAM, depth=depth)
    down = reach.reached(reach.COLUMNS, [column.pk], reader, depth=depth)
    masking, steering = _changing([column.pk, *down.steps])
    plain = flowing = down.steps
    if masking or steering:
        plain = _reached(column, reader, depth, masking + steering)
    if steering:
        flowing = _reached(column, reader, depth, steering)
    arrivals = {key: PLAIN if key in plain else MASKED if key in flowing else STEERS for key in down.steps}
    rows = Column.objects.visible_to(reader).filter(pk__among={**up.steps, **down.steps})
    rows = protected(rows, reader).order_by("capsule__name", "name", "pk")
    known = {
        key: (layer, protection(*by))
        for key, layer, *by in rows.values_list("pk", "capsule__layer", "by_rule", "by_policy", "by_method")
    }
    return Trace(column, up, down, known, arrivals, _origins(up, reader), reader)


def _reached(column, reader, depth, shut):
    return reach.reached(reach.COLUMNS, [column.pk], reader, depth=depth, shut=shut).steps


def _changing(keys):
    masking, steering = [], []
    with connection.cursor() as cursor:
        cursor.execute(CHANGING, [keys])
        for source, target, masks in cursor:
            (masking if masks else steering).append((source, target))
    return masking, steering


def _origins(up, reader):
    """Those of the upstream columns that nothing feeds, as far as the reader may know."""
    lineage = reach.graph(reach.COLUMNS)
    fed = lineage.fed(list(up.steps), reader.clearance)
    return frozenset(key for key in up.steps if key not in fed)
