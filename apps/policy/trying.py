"""What a rule would make of given values for a role: asked before it masks anybody."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.people import roles

from . import effective_rows
from .deciding import CLEAR, Viewer, decide
from .maskers import carried_out
from .masking import kind_of
from .masking.kinds import TEXT, read
from .masking_rows import kinds_of, ruled
from .models import MaskingRule
from .reasons import sentence


@dataclass(frozen=True)
class Tried:
    """A value, what a role would see of it, and why."""

    given: Any
    shown: Any
    outcome: str
    because: str
    failed: bool = False


def tried(rule, values, *, role="", row=None):
    """The `Tried` of values as holders of `role` would see them if the rule masked, beside the others of its column.

    `row` holds values of other columns for conditions. Raises `ValueError` for a value that the column could not hold.
    """
    column = rule.column
    kind = kind_of(column.data_type)
    known = kinds_of({column.capsule_id}).get(column.capsule_id, {})
    others = MaskingRule._base_manager.filter(column=column, is_enabled=True).exclude(pk=rule.pk)
    all_rules = [ruled(each, known) for each in (rule, *others.select_related("column"))]
    held = effective_rows.of_columns([column.pk], on=timezone.now().date())[column.pk]
    names = frozenset({role} if role else ())
    viewer = Viewer(roles=names, clearance=roles.clearance_of(names))
    decision = decide(viewer, held, all_rules, kind=kind, urn=column.urn, rank=column.sensitivity_rank)
    clear = {name: _taken((row or {}).get(name), of) for name, of in known.items()}
    keys = frozenset({str(rule.pk), *(str(each.key) for each in all_rules), *_policies(held)})
    return [_tried(_taken(value, kind), decision, clear | {}, column.name, keys) for value in values]


def _policies(held):
    return {source.key for facet in held.facets for source in facet.origins}


def _taken(value, kind):
    """A value of JSON or of a form as the column holds it."""
    if value is None or kind.name == TEXT:
        return None if value is None else str(value)
    return read(str(value).lower() if isinstance(value, bool) else str(value), kind)


def _tried(value, decision, row, name, keys):
    way = decision.of(row | {name: value})
    because = sentence(way.reasons, keys)
    if way.outcome == CLEAR:
        return Tried(value, value, way.outcome, because)
    if way.rule is None:
        return Tried(value, None, way.outcome, because)
    shown, failed = carried_out([value], way.rule)
    because = _("%(why)s, which could not mask it") % {"why": because} if failed else because
    return Tried(value, shown[0], way.outcome, because, bool(failed))
