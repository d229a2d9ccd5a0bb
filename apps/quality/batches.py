"""What is asked of a capsule's data at one time: its rules as the engine reads them, and the tables that they refer to."""

import uuid
from dataclasses import dataclass, field

from django.apps import apps
from django.utils import timezone

from apps.catalog import urns
from apps.catalog.models import Capsule, Column
from apps.payload import maskers
from apps.people.reader import system
from apps.people.roles import CONFIDENTIAL

from . import configs
from .engine.plan import CheckResult, RuleSpec
from .engine.sampling import shown_as
from .models import QualityRule
from .rule_types.reading import spec_of

PREFIX = "ref"


@dataclass
class Batch:
    """The rules of one reading of `capsule`.

    `rules` by the key of their `specs`; `unasked` are answers that need no data (switched off, muted). `references`
    are (alias, capsule) pairs to open beside it. Values of `withheld` columns never leave the engine, those that have
    one of the `masks` by name are kept through it.
    """

    capsule: Capsule
    rules: dict[str, QualityRule] = field(default_factory=dict)
    specs: list[RuleSpec] = field(default_factory=list)
    unasked: list[CheckResult] = field(default_factory=list)
    references: list[tuple[str, Capsule]] = field(default_factory=list)
    withheld: frozenset[str] = frozenset()
    masks: dict[str, maskers.Mask] = field(default_factory=dict)

    def mask(self, results):
        """Put in place of sampled values what may be kept of them (trust.md, section 4.4)."""
        for result in results:
            for row in result.samples:
                values = row.get("values") or {}
                for name in self.masks.keys() & values.keys():
                    (values[name],) = self.masks[name].apply([values[name]], [{}]).values
                    values[name] = shown_as(values[name])


def of(capsule, keys=(), *, now=None):
    """The `Batch` of a capsule: its enabled rules and those of its columns in use, or those of `keys` alone.

    Rules that are named are answered even if they are switched off or muted: as skipped. At most six queries.
    """
    found = QualityRule._base_manager.filter(pk__in=QualityRule.objects.keys_about(capsule))
    found = found.exclude(meta__has_key="retired_at").select_related("column").order_by("number")
    found = found.filter(pk__in=keys) if keys else found.filter(is_enabled=True)
    return of_rules(capsule, list(found), now=now)


def of_rules(capsule, rules, *, now=None):
    """The `Batch` of these rules of a capsule, which need not be stored."""
    now = now or timezone.now()
    masks = kept_masked(capsule)
    batch = Batch(capsule, withheld=withheld(capsule) - masks.keys(), masks=masks)
    aliases = _References(rules)
    for rule in rules:
        spec = spec_of(configs.row_of(rule, aliases.of(rule)))
        batch.rules[spec.key] = rule
        code = "disabled" if not rule.is_enabled else "muted" if rule.is_muted(at=now) else ""
        if code:
            until = rule.muted_until
            values = {"until": until.isoformat()} if code == "muted" else {}
            batch.unasked.append(CheckResult(spec, "skipped", code=code, values=values))
        else:
            batch.specs.append(spec)
    batch.references = aliases.opened
    return batch


class _References:
    """The other capsules' columns that rules look values up in, by URN or as a table of the same source; two queries."""

    def __init__(self, rules):
        self.opened, self._aliases = [], {}
        wanted = {rule.pk: _referred(rule) for rule in rules}
        self._wanted = {key: found for key, found in wanted.items() if found is not None}
        addresses = {urn for urn, _table, _column in self._wanted.values() if urn}
        spelled = {spelling for urn in addresses for spelling in urns.spellings(urn)}
        columns = Column._base_manager.filter(urn__in=spelled).select_related("capsule__source_system")
        self._columns = {column.urn: column for column in columns}
        tables = {table for urn, table, _column in self._wanted.values() if table}
        self._tables = {}
        if tables:
            found = Capsule._base_manager.filter(retired_at=None).select_related("source_system")
            by_urn = found.filter(urn__in={s for table in tables for s in urns.spellings(table)})
            by_name = found.filter(name__in={table.rpartition(".")[2] for table in tables})
            for capsule in [*by_urn.order_by("urn"), *by_name.order_by("urn")]:
                self._tables.setdefault(capsule.urn, []).append(capsule)
                self._tables.setdefault(capsule.name, []).append(capsule)

    def of(self, rule):
        """{column of the rule: (alias, column)}; empty if it refers to nothing that the catalogue knows."""
        if rule.pk not in self._wanted:
            return {}
        urn, table, column = self._wanted[rule.pk]
        capsule = None
        if urn:
            known = next((self._columns[s] for s in urns.spellings(urn) if s in self._columns), None)
            capsule, column = (known.capsule, known.name) if known else (None, column)
        elif table:
            capsule = self._same_source(rule, table)
        if capsule is None or not column:
            return {}
        if capsule.pk not in self._aliases:
            self._aliases[capsule.pk] = f"{PREFIX}{len(self._aliases) + 1}"
            self.opened.append((self._aliases[capsule.pk], capsule))
        return {rule.column.name if rule.column_id else "": (self._aliases[capsule.pk], column)}

    def _same_source(self, rule, table):
        found = self._tables.get(table) or self._tables.get(table.rpartition(".")[2]) or []
        home = rule.home
        near = [one for one in found if one.source_system_id == home.source_system_id]
        same = [one for one in near if one.schema_name == home.schema_name]
        return next(iter(same or near), None)


def _referred(rule):
    """(column URN, table, column) that a rule looks values up in; None for one that looks nothing up."""
    if rule.rule_type != "referential_integrity":
        return None
    config = rule.config or {}
    stated = config.get("reference") or config.get("references")
    if isinstance(stated, dict):
        table, column = str(stated.get("table") or ""), str(stated.get("column") or "")
        return ("", table, column)
    if isinstance(stated, str) and stated.startswith("urn:"):
        return (stated, "", "")
    if isinstance(stated, str) and "." in stated:
        table, _dot, column = stated.rpartition(".")
        return ("", table, column)
    return ("", str(config.get("reference_table") or ""), str(config.get("reference_column") or ""))


def withheld(capsule):
    """The columns whose values are never kept: restricted or personal ones, and those that a rule or policy hides.

    A stored sample is read by many, so what hides a value from anybody cleared for confidential data hides it here,
    whatever role it names. Fails closed (trust.md, section 5).
    """
    columns = list(Column._base_manager.filter(capsule=capsule, retired_at=None))
    masking = apps.get_model(
        "policy", "MaskingRule"
    )  # a sibling: rules for some roles alone are asked of its table
    hidden = set(masking._base_manager.filter(column__in=columns).values_list("column", flat=True))
    hidden |= maskers.masks(system("samples", clearance=CONFIDENTIAL), columns).keys()
    home = max(capsule.sensitivity_rank, capsule.visibility_rank)
    return frozenset(
        column.name
        for column in columns
        if column.pk in hidden
        or column.pii_type
        or max(column.sensitivity_rank, column.visibility_rank, home) >= CONFIDENTIAL
    )


def kept_masked(capsule):
    """{name: `Mask`} of the columns whose values are kept through their strictest rule."""
    columns = {column.pk: column for column in Column._base_manager.filter(capsule=capsule, retired_at=None)}
    found = maskers.keeping(list(columns.values()))
    return {columns[key].name: mask for key, mask in found.items() if mask.apply is not None}


def keys_of(scope):
    """The keys of the rules that a run is about, empty for all."""
    return [uuid.UUID(key) for key in scope.get("rules", ())]
