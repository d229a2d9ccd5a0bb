"""The page of one rule: what it expects, what was found, and how that moved."""

import json

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.models import Change
from apps.people.roles import CONFIDENTIAL, INTERNAL
from apps.ui import charts
from apps.ui.formats import day_of, exact

from . import reasons, sentences, writing
from .models import QualityCheck

HISTORY = 90
TICKS = 30
LISTED = 20
CHANGES = 10
SILENT = frozenset(
    {"meta", "updated_at", "capsule_version_id"}
)  # what moves without the rule saying anything else
MOST_POINTS = 90


def context(rule, reader):
    """What the template of a rule wants; at most eight queries."""
    home = rule.home
    seen = QualityCheck.objects.visible_to(reader).filter(rule=rule).select_related("run")
    checks = list(seen.order_by("-checked_at", "-id")[:HISTORY])
    last = checks[0] if checks else None
    rule.is_wrong = last is not None and last.status in ("failed", "error", "warning")
    may_see_values = reader.clearance >= CONFIDENTIAL
    changed = changes(rule, reader)
    return {
        "rule": rule,
        "capsule": home,
        "sentence": sentences.sentence(rule, rule.subject.name),
        "last": told(last, reader) if last else None,
        "ticks": [check.status for check in checks[:TICKS]][::-1],
        "checks": [told(check, reader) for check in checks[:LISTED]],
        "chart": chart(rule, checks, changed),
        "durations": durations(checks),
        "sample": sample(checks) if may_see_values else None,
        "values_withheld": not may_see_values and any(check.sample_failures for check in checks[:1]),
        "sql": (last.meta or {}).get("sql", "") if last and reader.clearance >= INTERNAL else "",
        "config": json.dumps(rule.config, indent=2, ensure_ascii=False, sort_keys=True)
        if rule.config
        else "",
        "changes": changed,
        "may_write": writing.may_write(reader, home),
        "muted_until": rule.muted_until if rule.is_muted(at=timezone.now()) else None,
        "never_blocks": rule.blocking and rule.severity in ("info", "warning"),
    }


def told(check, reader):
    """A check with the sentence that says why it could not run; values only for readers who may see them."""
    code = (check.meta or {}).get("code", "")
    check.reason = (check.meta or {}).get("reason") or (reasons.reason(code) if code else "")
    check.shown_value = check.actual_value if reader.clearance >= CONFIDENTIAL else None
    check.path = (check.context or {}).get("path", "")
    check.rows = (check.meta or {}).get("rows")
    return check


def sample(checks):
    """(head, rows, check) of the newest failing rows that were kept; None if none were."""
    for check in checks:
        if check.sample_failures:
            rows = [_flat(row) for row in check.sample_failures if isinstance(row, dict)]
            head = list(dict.fromkeys(name for row in rows for name in row))
            return {
                "head": head,
                "rows": [[_shown(row.get(name)) for name in head] for row in rows],
                "check": check,
            }
        if check.status == "passed":
            return None
    return None


def _flat(row):
    """What names a failing row, its tested values and how often it occurs, side by side."""
    if not isinstance(row.get("values"), dict):
        return row
    more = {key: value for key, value in row.items() if key not in ("at", "values")}
    return {**(row.get("at") or {}), **row["values"], **more}


def _shown(value):
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def chart(rule, checks, changed=()):
    """How the number that decides moved against its threshold, and when the rule was changed meanwhile.

    None with fewer than two numbers.
    """
    points = [(check.checked_at, check.measured_value) for check in checks[:MOST_POINTS]][::-1]
    known = [float(value) for _at, value in points if value is not None]
    if len(known) < 2:
        return None
    threshold = _threshold(rule, checks)
    low, high = (
        min([*known, threshold if threshold is not None else known[0]]),
        max([*known, threshold if threshold is not None else known[0]]),
    )
    low = min(low, 0) if low < 0.2 * high else low
    high = high if high > low else low + 1
    last = max(at for at, (_at, value) in enumerate(points) if value is not None)
    status = checks[0].status
    title = _("The measured number went from %(first)s to %(last)s in %(n)d checks") % {
        "first": f"{known[0]:g}",
        "last": f"{known[-1]:g}",
        "n": len(points),
    }
    drawn = charts.trend(
        [(day_of(at), None if value is None else float(value)) for at, value in points],
        low=low,
        high=high,
        lines=(low, high),
        threshold=threshold,
        notes=[(last, f"{known[-1]:g}", "critical" if status == "failed" else "")],
        title=title,
        marks=(marks := _marks(points, changed)),
        head=(_("Checked"), _("Measured")),
    )
    rows = list(drawn.rows)
    for before, said in reversed(marks):
        rows.insert(before, (said, None))
    return charts.Chart(drawn.svg, drawn.title, drawn.head, tuple(rows))


def _marks(points, changed):
    """[(how many points lie before it, what was changed)], oldest first; of changes between two points."""
    found = []
    for change in reversed(changed):
        fields = [name for name in change["changed_fields"] or () if name not in SILENT]
        before = sum(at < change["changed_at"] for at, _value in points)
        if change["operation"] == "UPDATE" and fields and 0 < before < len(points):
            said = _("Rule changed %(day)s: %(fields)s")
            found.append((before, said % {"day": day_of(change["changed_at"]), "fields": ", ".join(fields)}))
    return found


def _threshold(rule, checks):
    for value in (
        rule.threshold_value,
        rule.threshold_percent,
        *(check.threshold_value for check in checks[:1]),
    ):
        if value is not None:
            return float(value)
    return None


def durations(checks):
    """The median and the longest of the last durations in milliseconds; None if none was kept."""
    known = sorted(check.duration_ms for check in checks if check.duration_ms is not None)
    if not known:
        return None
    return {"median": exact(known[len(known) // 2]), "longest": exact(known[-1]), "n": len(known)}


def changes(rule, reader):
    """What people changed of the rule, newest first."""
    found = Change.objects.visible_to(reader).of(rule).order_by("-changed_at", "-seq")
    return list(
        found.values("changed_at", "changed_by", "changed_fields", "change_reason", "operation")[:CHANGES]
    )
