"""Quality, the fourth dimension: what is expected of the data, and what was found."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import access, facts
from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Dimension, Gap, State, register
from apps.ui import paging
from apps.ui.formats import duration, points, when
from apps.ui.templatetags.ui import outcomes

from . import document, profile_page, running, scores, sentences, writing
from .models import QualityCheck, QualityRule, QualityRun

SLUG = "quality"
TICKS = 30
TICKS_IN_ROW = 20
PAGE = 100
RUN_PROBLEMS = ("failed", "error")
# What is wrong stands first; a rule that could not run is not one that failed.
WORST_FIRST = {"failed": 0, "error": 1, "warning": 2, None: 3, "skipped": 4, "passed": 5}


def latest():
    """The newest check of a rule."""
    return QualityCheck.objects.filter(rule=OuterRef("pk")).order_by("-checked_at", "-id")


def told(rules):
    """Rules as JSON, with their latest outcome."""
    newest = latest().values(json=JSONObject(status="status", at="checked_at", measured="measured_value"))[:1]
    said = JSONObject(
        number="number",
        type="rule_type",
        blocking="blocking",
        enabled="is_enabled",
        meta="meta",
        latest=Subquery(newest),
    )
    return ArraySubquery(rules.order_by("number").values(json=said))


def asked(reader):
    """Every rule of the capsule and of its columns, with its latest outcome."""
    rules = QualityRule.objects.visible_to(reader)
    return {
        "own": told(rules.filter(capsule=OuterRef("pk"))),
        "columns": told(rules.filter(column__capsule=OuterRef("pk"), column__retired_at__isnull=True)),
    }


def asked_of_column(reader):
    """How many rules a column has, and the outcomes of its checks, newest first."""
    rules = QualityRule.objects.visible_to(reader).filter(column=OuterRef("pk"), is_enabled=True).order_by()
    checks = (
        QualityCheck.objects.visible_to(reader).filter(column=OuterRef("pk")).order_by("-checked_at", "-id")
    )
    return {
        "rules": Subquery(rules.values("column").annotate(found=Count("pk")).values("found")),
        "outcomes": ArraySubquery(checks.values("status")[:TICKS_IN_ROW]),
    }


def of(capsules, reader):
    """(capsule, its enabled rules, their `Score`)."""
    for capsule, found in facts.known(SLUG, capsules, reader):
        rules = [rule for rule in [*(found["own"] or []), *(found["columns"] or [])] if rule["enabled"]]
        results = [((rule["latest"] or {}).get("status"), scores.weight(rule["meta"])) for rule in rules]
        yield capsule, rules, scores.score(results)


def count(capsules, reader):
    return {capsule.pk: len(rules) for capsule, rules, _score in of(capsules, reader)}


def state(capsules, reader):
    found = {}
    for capsule, rules, score in of(capsules, reader):
        failing = sum((rule["latest"] or {}).get("status") in RUN_PROBLEMS for rule in rules)
        mark = (
            "missing"
            if not rules
            else "alert"
            if failing
            else "complete"
            if score.rules_counted
            else "partial"
        )
        found[capsule.pk] = State(mark, _sentence(rules, score, failing))
    return found


def _sentence(rules, score, failing):
    if not rules:
        return _("No rules yet")
    said = [ngettext("%(n)s rule", "%(n)s rules", len(rules)) % {"n": f"{len(rules):,}"}]
    if blocking := sum(rule["blocking"] for rule in rules):
        said.append(ngettext("%(n)s blocks", "%(n)s block", blocking) % {"n": blocking})
    if failing:
        said.append(ngettext("%(n)s fails", "%(n)s fail", failing) % {"n": failing})
    elif not score.rules_counted:
        said.append(_("never run"))
    else:
        said.append(_("%(some)s of %(all)s pass") % {"some": score.rules_passed, "all": score.rules_counted})
    return ", ".join(said)


def gaps(capsules, reader):
    found = {}
    for capsule, rules, score in of(capsules, reader):
        url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
        mine = found[capsule.pk] = []
        if not rules:
            mine.append(
                Gap(SLUG, _("No rule says what good data looks like here."), _("See how rules come in"), url)
            )
        elif not score.rules_counted:
            mine.append(Gap(SLUG, _("Its rules have never been checked."), _("See the rules"), url))
    return found


def strip(capsules, reader):
    """Quality and freshness, never green without a measurement."""
    return {
        capsule.pk: [quality(capsule, score), freshness(capsule, rules)]
        for capsule, rules, score in of(capsules, reader)
    }


def quality(capsule, score):
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    item = {"key": "quality", "title": _("Quality"), "url": url, "url_label": _("See the rules")}
    if score.value is None:
        sub = _("%(n)s rules never run") % {"n": score.left_out} if score.left_out else _("no rules yet")
        return {**item, "vocabulary": "health", "value": "unknown", "sub": sub}
    sub = ngettext("%(some)s of %(all)s rule passes", "%(some)s of %(all)s rules pass", score.rules_counted)
    return {
        **item,
        "score": score.value,
        "hue": "" if score.value >= 95 else "caution" if score.value >= 90 else "critical",
        "sub": sub % {"some": score.rules_passed, "all": score.rules_counted},
        "why": {"title": _("How %(score)s is made") % {"score": points(score.value)}, **arithmetic(score)},
    }


def arithmetic(score):
    """The rows of the sum behind a score."""
    passed = ngettext("%(n)s rule passed, weight", "%(n)s rules passed, weight", score.rules_passed)
    counted = ngettext("%(n)s rule counted, weight", "%(n)s rules counted, weight", score.rules_counted)
    rows = [
        (passed % {"n": score.rules_passed}, f"{score.passed:g}"),
        (counted % {"n": score.rules_counted}, f"{score.counted:g}"),
    ]
    if score.left_out:
        rows.append((_("Left out, never run or skipped"), score.left_out))
    return {"rows": rows, "total": (_("Passed ÷ counted × 100"), points(score.value))}


def freshness(capsule, rules):
    """How old the newest row was when somebody last looked."""
    url = reverse("catalog:dimension", args=[capsule.urn, SLUG])
    item = {"key": "freshness", "title": _("Freshness"), "url": url}
    seen = [rule["latest"] for rule in rules if rule["type"] == "freshness" and rule["latest"]]
    newest = max(seen, key=lambda check: check["at"], default=None)
    if newest is None:
        return {**item, "vocabulary": "health", "value": "unknown", "sub": _("nobody measures it")}
    at = datetime.fromisoformat(newest["at"])
    if newest["measured"] is None:
        return {**item, "vocabulary": "check", "value": newest["status"], "sub": when(at)}
    hue = {"passed": "", "warning": "caution"}.get(newest["status"], "critical")
    return {**item, "value": duration(float(newest["measured"])), "hue": hue, "sub": when(at)}


def cells(columns, reader):
    """The last outcomes of a column's checks as ticks, oldest first, or how many rules wait for their first run."""
    found = {}
    for column, known in facts.known(SLUG, columns, reader, kind=facts.COLUMN):
        if known["outcomes"]:
            found[column.pk] = outcomes(known["outcomes"][::-1])
        elif known["rules"]:
            found[column.pk] = ngettext("%(n)s rule", "%(n)s rules", known["rules"]) % {"n": known["rules"]}
    return found


def rules_of(capsule, reader):
    """Rules of the capsule and of its present columns; two index scans instead of one pass over all rules."""
    keys = QualityRule.objects.keys_about(capsule)
    return QualityRule.objects.visible_to(reader).current().filter(pk__in=keys)


def panel(request, capsule):
    """The quality tab: the score and its sum, then every rule as a sentence, worst first."""
    _capsule, rules, score = next(iter(of([capsule], request.reader)))
    page = paging.page(
        worst_first(rules_of(capsule, request.reader)), request, order=("worst", "number"), size=PAGE
    )
    for rule in page:
        told_as_row(rule, rule.column.name if rule.column_id else capsule.name)
    runs = [rule["latest"]["at"] for rule in rules if rule["latest"]]
    reader, now = request.reader, timezone.now()
    for rule in page:
        rule.muted = rule.is_muted(at=now)
    editable = reader.may(writing.ADD) or reader.may(running.RUN)
    mine = bool(access.may_edit(reader, capsule)) if editable else False
    known = QualityRun.objects.visible_to(reader).filter(capsule=capsule).order_by("kind", "-number")
    newest = {run.kind: run for run in known.distinct("kind")}
    return {
        "may_write": mine and reader.may(writing.ADD),
        "may_run": mine and reader.may(running.RUN),
        "run": newest.get(QualityRun.Kind.CHECKS),
        "profile": newest.get(QualityRun.Kind.PROFILE),
        "page": page,
        "score": score,
        "sum": arithmetic(score) if score.value is not None else None,
        "blocking": sum(rule["blocking"] for rule in rules),
        "last_run": datetime.fromisoformat(max(runs)) if runs else None,
    }


def worst_first(rules):
    newest = latest()
    whens = [When(last_status=status, then=Value(rank)) for status, rank in WORST_FIRST.items() if status]
    return (
        rules.select_related("column")
        .annotate(
            last_status=Subquery(newest.values("status")[:1]),
            last_at=Subquery(newest.values("checked_at")[:1]),
            last_failures=Subquery(newest.values("failure_count")[:1]),
            last_results=ArraySubquery(newest.values("status")[:TICKS]),
        )
        .annotate(worst=Case(*whens, default=Value(WORST_FIRST[None]), output_field=IntegerField()))
    )


def column_panel(request, column):
    """Rules of one column with their outcomes."""
    rules = list(
        worst_first(QualityRule.objects.visible_to(request.reader).filter(column=column)).order_by(
            "worst", "number"
        )
    )
    for rule in rules:
        told_as_row(rule, column.name)
    return {"rules": rules, **profile_page.of_column(column, request.reader)}


def told_as_row(rule, subject):
    """Give a rule its sentence, its address and its outcomes, oldest first."""
    rule.sentence = sentences.sentence(rule, subject)
    rule.url = page_of("quality:rule", rule.number)
    rule.ticks = rule.last_results[::-1]
    # What passes is quiet: only where something is wrong does it matter in colour how bad that is.
    rule.is_wrong = rule.last_status in (*RUN_PROBLEMS, "warning")


register(
    Dimension(
        slug=SLUG,
        title=gettext_lazy("Quality"),
        order=4,
        icon="gauge",
        template="quality/dimension.html",
        snapshot=document.snapshot,
        write=document.write,
        sections=("quality_rules",),
        panel=panel,
        facts=asked,
        count=count,
        state=state,
        gaps=gaps,
        strip=strip,
        cells=cells,
        cell_title=gettext_lazy("Last checks"),
        column_facts=asked_of_column,
        column_template="quality/column.html",
        column_panel=column_panel,
    )
)
