"""Quality rules in a capsule document (section 3.4)."""

import json
from collections import defaultdict
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from apps.catalog import documents
from apps.catalog.documents import references
from apps.catalog.documents.keys import RULE
from apps.catalog.documents.schema import fits_rule
from apps.catalog.models import Column
from apps.catalog.remainder import entry_of, meta_with, noted, number, remainder, told_of
from apps.catalog.rewriting import rewrite
from apps.dcs.periods import Period

from .models import QualityRule

LAST = 1_000_000
AGED = ("freshness", "recency_check")
CONFIGURED = "values columns references sql function".split()  # parameters without a column of their own
COMPARING = "cross_field_validation"  # its operator compares columns
RENAMED = {"allowed_values": "values", "reference": "references"}
SECONDS_A_DAY = 86_400
DAYS_A_MONTH = 30  # only for the number beside the duration itself


def snapshot(capsules):
    """{capsule id: {quality_rules}}; one query."""
    found = defaultdict(list)
    for row in _rows(capsules).order_by("name", "number"):
        if "retired_at" not in row.meta:
            found[_home(row)].append((_position(row), _entry(row)))
    return {
        capsule_id: {
            "quality_rules": documents.without_default_names(
                [entry for _place, entry in sorted(rules, key=_first)]
            )
        }
        for capsule_id, rules in found.items()
    }


def _rows(capsules):
    about = Q(capsule__in=capsules) | Q(column__capsule__in=capsules, column__retired_at__isnull=True)
    return (
        QualityRule._base_manager.filter(about)
        .select_related("column")
        .defer("column__stats", "column__meta")
    )


def _home(row):
    return row.column.capsule_id if row.column_id else row.capsule_id


def _first(pair):
    return pair[0]


def _position(row):
    found = noted(row.meta).get("position")
    return LAST if found is None else found


def _entry(row, column=None):
    """The canonical rule of one row, its name written out."""
    config = dict(row.config)
    threshold = number(row.threshold_value)
    _rename(config)
    if row.rule_type in AGED and isinstance(config.get("max_age"), str):
        threshold = Period.parse(config.pop("max_age")).iso()
    compares = config.pop("operator", None) if row.rule_type == COMPARING else None
    lifted = {key: config.pop(key) for key in CONFIGURED if key in config and fits_rule(key, config[key])}
    if "references" in lifted:
        lifted["references"] = references.tidied(lifted["references"])
    column = row.column.name if row.column_id else column
    told = {
        "rule": row.rule_type,
        "name": row.name,
        "capsule_level": column is None,
        "severity": row.severity,
        "blocking": row.blocking,
        "enabled": row.is_enabled,
        **told_of(
            column=column,
            category=row.category if row.category != documents.category({"rule": row.rule_type}) else None,
            description=row.description,
            operator=row.threshold_operator or compares,
            pattern=row.expected_pattern,
            config=config,
            **lifted,
        ),
    }
    numbers = {
        "min": number(row.expected_range_min),
        "max": number(row.expected_range_max),
        "threshold": threshold,
        "threshold_percent": number(row.threshold_percent),
    }
    told |= {key: value for key, value in numbers.items() if value is not None}
    if row.expected_value is not None:
        kind = row.meta.get("value_type", "string")
        told["expected"] = row.expected_value if kind == "string" else json.loads(row.expected_value)
    return entry_of(told, row.meta, RULE)


def _rename(config):
    """Give the parameters of a stored rule the names that documents have for them."""
    if isinstance(config.get("window"), str):
        config.setdefault("max_age", config.pop("window"))
    table, column = config.get("reference_table"), config.get("reference_column")
    if table and column and not config.get("reference"):
        config["reference"] = {"table": table, "column": column}
        del config["reference_table"], config["reference_column"]
    for own, theirs in RENAMED.items():
        if own in config and config.get(theirs) is None:
            config[theirs] = config.pop(own)


def write(wanted):
    """Make the rules of each (capsule, state) equal to it, by name; the results of checks stay with their rule.

    A rule that the document drops is switched off and marked as retired, and revived when it is named again.
    """
    capsules = [capsule for capsule, _state in wanted]
    columns = {
        (capsule_id, name): pk
        for capsule_id, name, pk in Column._base_manager.filter(capsule__in=capsules).values_list(
            "capsule_id", "name", "pk"
        )
    }
    stored = {}
    for row in _rows(capsules).order_by("-number"):
        key = (_home(row), row.name)
        if key not in stored or "retired_at" in stored[key].meta:
            stored[key] = row
    values = {}
    for capsule, state in wanted:
        rules = state.get("quality_rules", [])
        for position, (name, rule) in enumerate(zip(documents.rule_names(rules), rules, strict=True)):
            column_id = columns.get((capsule.pk, rule["column"])) if "column" in rule else None
            row = stored.get((capsule.pk, name))
            values[capsule.pk, name] = _values(capsule, column_id, name, rule, position, row)
    left = [row for row in rewrite(QualityRule, stored, values) if "retired_at" not in row.meta]
    for row in left:
        row.is_enabled = False
        row.meta = {**row.meta, "retired_at": timezone.now().isoformat(timespec="seconds")}
    if left:
        QualityRule._base_manager.bulk_update(left, ["is_enabled", "meta"], batch_size=500)


def _values(capsule, column_id, name, rule, position, row):
    config = {**rule.get("config", {}), **{key: rule[key] for key in CONFIGURED if key in rule}}
    threshold = rule.get("threshold")
    if isinstance(threshold, str):
        config["max_age"] = threshold
        threshold = _seconds(Period.parse(threshold))
    values = {
        "capsule_id": None if column_id else capsule.pk,
        "column_id": column_id,
        "name": name,
        "rule_type": rule["rule"],
        "category": documents.category(rule),
        "config": config,
        "threshold_value": _decimal(threshold),
        "threshold_operator": rule.get("operator"),
        "threshold_percent": _decimal(rule.get("threshold_percent")),
        "expected_range_min": _decimal(rule.get("min")),
        "expected_range_max": _decimal(rule.get("max")),
        "expected_pattern": rule.get("pattern"),
        "severity": rule.get("severity", "warning"),
        "blocking": rule.get("blocking", False),
        "is_enabled": rule.get("enabled", True),
        "description": rule.get("description"),
        "expected_value": None,
    }
    kept = {
        key: value
        for key, value in (row.meta if row else {}).items()
        if key not in ("retired_at", "value_type")
    }
    if "expected" in rule:
        expected = rule["expected"]
        values["expected_value"] = expected if isinstance(expected, str) else json.dumps(expected)
        if not isinstance(expected, str):
            kept["value_type"] = "json"
    plain = QualityRule(**{key: value for key, value in values.items() if key != "column_id"})
    plain.meta = kept
    told = _entry(plain, rule.get("column"))
    values["meta"] = meta_with(kept, position=position, rest=remainder(rule, told))
    return values


def _seconds(period):
    days = period.days + period.months * DAYS_A_MONTH
    return days * SECONDS_A_DAY + period.microseconds // 1_000_000


def _decimal(value):
    return None if value is None else Decimal(repr(value))
