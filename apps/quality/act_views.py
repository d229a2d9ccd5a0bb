"""Pages of quality that do something: write a rule, try it, mute, retire, run, cancel."""

from datetime import UTC, datetime, time

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.catalog.addresses import at_its_urn
from apps.dcs.refusals import Conflict
from apps.ui.htmx import fragment

from . import (
    batches,
    configs,
    profile_page,
    rule_page,
    running,
    schedules,
    sentences,
    storing,
    views,
    writing,
)
from .forms import MuteForm, RuleForm, ScheduleForm
from .models import QualityRule, QualitySchedule, RuleType
from .rule_types import TYPES

NEW = ("quality/rule_form.html", "trial")


# ---------- running ----------


@require_POST
@at_its_urn
def check_capsule(request, capsule):
    """Queue a run of all rules of a capsule; its page shows the rest."""
    try:
        return redirect(running.accept(capsule, reader=request.reader))
    except Conflict as refused:
        messages.error(request, refused.detail)
        return redirect("catalog:dimension", capsule.urn, "quality")


@require_POST
@login_required
def check_rule(request, number):
    """Check one rule now, ten seconds at most; longer, it becomes a run."""
    rule = views.one_rule(request, number)
    try:
        run, check = running.at_once(rule, reader=request.reader)
    except Conflict as refused:
        return views.rule(request, number, error=refused.detail, status=409)
    return redirect(run if check is None else rule)


@require_POST
@login_required
def cancel(request, number):
    """Ask a run to stop."""
    run = views.one_run(request, number)
    running.cancel(run, by=request.reader)
    return redirect(run)


@require_POST
@login_required
def again(request, number):
    """Check again what failed in a run, or all of it if nothing was decided."""
    run = views.one_run(request, number)
    wrong = (
        QualityRule.objects.visible_to(request.reader)
        .current()
        .filter(checks__run=run, checks__status__in=["failed", "error", "warning"])
    )
    try:
        return redirect(running.accept(run.capsule, reader=request.reader, rules=list(wrong)))
    except Conflict as refused:
        messages.error(request, refused.detail)
        return redirect(run)


@at_its_urn
def schedule(request, capsule):
    """When the rules of a capsule are checked by themselves."""
    running.may_run(request.reader, capsule).or_refuse()
    stored = QualitySchedule.objects.filter(capsule=capsule).first()
    form = ScheduleForm(request.POST or None, schedule=stored)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            schedules.put(
                capsule,
                by=request.reader,
                cron_text=wanted["cron"],
                profile_cron=wanted["profile_cron"],
                zone=wanted["zone"],
                is_on=wanted["is_on"],
                after_ingest=wanted["after_ingest"],
            )
            return redirect("catalog:dimension", capsule.urn, "quality")
        except schedules.WrongTimes as wrong:
            form.add_error(wrong.field, str(wrong))
    context = {"form": form, "capsule": capsule, "schedule": stored}
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "quality/schedule.html", context, status=status)


# ---------- writing ----------


@at_its_urn
def new(request, capsule):
    """A new rule of a capsule or of one of its columns: first its type, then what that needs."""
    writing.may_write(request.reader, capsule, writing.ADD).or_refuse()
    columns = list(
        capsule.columns.visible_to(request.reader).filter(retired_at=None).order_by("ordinal_position")
    )
    given = request.POST if request.method == "POST" else request.GET
    column = next((one for one in columns if one.name == given.get("column")), None)
    if given.get("column") and column is None:
        raise Http404
    rule_type = given.get("type", "")
    subject = "column" if column else "capsule"
    offered = [(name, RuleType(name).label) for name in RuleType.values if subject in TYPES[name].subjects]
    if rule_type not in dict(offered):
        context = {"capsule": capsule, "columns": columns, "column": column, "offered": offered}
        return TemplateResponse(request, "quality/rule_type.html", context)
    rule = QualityRule(rule_type=rule_type, capsule=None if column else capsule, column=column)
    return _form(request, rule, capsule, columns, stored=None, draft=_suggested(request, column))


def _suggested(request, column):
    """The draft that a profile leads here with (`profile`, `rule`), to be tried and changed before it is saved."""
    number = request.GET.get("profile", "")
    if column is None or not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    return profile_page.draft(int(number), column, request.GET.get("rule", ""), request.reader)


@login_required
def edit(request, number):
    """Change a rule; its type and its subject stay."""
    rule = views.one_rule(request, number)
    capsule = rule.home
    writing.may_write(request.reader, capsule).or_refuse()
    if rule.rule_type not in TYPES:
        raise Http404
    columns = list(
        capsule.columns.visible_to(request.reader).filter(retired_at=None).order_by("ordinal_position")
    )
    return _form(request, rule, capsule, columns, stored=rule)


def _form(request, rule, capsule, columns, *, stored, draft=None):
    definition = TYPES[rule.rule_type]
    form = RuleForm(
        request.POST or None,
        definition=definition,
        columns=[one.name for one in columns],
        rule=stored,
        draft=draft,
        zone=QualitySchedule.objects.zone_of(capsule),
    )
    context = {
        "form": form,
        "rule": stored,
        "capsule": capsule,
        "column": rule.column if rule.column_id else None,
        "type": rule.rule_type,
        "title": RuleType(rule.rule_type).label,
        "description": definition.schema.get("description", ""),
        "seen": (request.POST.get("seen") or stored.updated_at.isoformat()) if stored else "",
        "draft": draft,
        "trial": None,
    }
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                if "try" in request.POST:
                    context["trial"] = _tried(rule, capsule, form.values(), request.reader)
                else:
                    return redirect(_saved(request, rule, form.values(), stored))
            except configs.Misconfigured as wrong:
                form.blame(wrong.fields)
            except Conflict as refused:
                form.blame(refused.fields or {"rule_config": [refused.detail]})
        status = 422 if form.errors else 200
    return TemplateResponse(request, fragment(request, *NEW), context, status=status)


def _saved(request, rule, values, stored):
    if stored is None:
        values |= {"rule_type": rule.rule_type, "capsule": rule.capsule, "column": rule.column}
        return writing.create(values, by=request.reader)
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        seen = None
    return writing.change(stored, values, by=request.reader, seen=seen)


def _tried(rule, capsule, values, reader):
    """What the rule as it is written would find now; nothing is kept. Raises `Misconfigured`, `Conflict`."""
    running.may_run(reader, capsule).or_refuse()
    draft = QualityRule(
        **values, rule_type=rule.rule_type, capsule=rule.capsule, column=rule.column, number=rule.number or 0
    )
    draft.is_enabled = True
    configs.settle(draft)
    running.place_of(capsule)
    now = timezone.now()
    batch = batches.of_rules(capsule, [draft], now=now)
    found, facts = running.tried(batch, now=now)
    check = rule_page.told(storing.rows(batch, found, facts)[0], reader)
    check.sentence = sentences.sentence(draft, draft.subject.name)
    sample = rule_page.sample([check]) if reader.clearance >= rule_page.CONFIDENTIAL else None
    return {"check": check, "sample": sample}


@require_POST
@login_required
def mute(request, number):
    """Leave a rule unchecked until a date, or check it again from now on."""
    rule = views.one_rule(request, number)
    if "unmute" in request.POST:
        writing.mute(rule, None, by=request.reader)
        return redirect(rule)
    form = MuteForm(request.POST)
    if not form.is_valid():
        return views.rule(request, number, error=form.errors["until"][0], status=422)
    until = datetime.combine(form.cleaned_data["until"], time(), tzinfo=UTC)
    writing.mute(rule, until, by=request.reader)
    return redirect(rule)


@login_required
def retire(request, number):
    """Ask, then retire a rule for good; its checks stay."""
    rule = views.one_rule(request, number)
    writing.may_write(request.reader, rule.home).or_refuse()
    if request.method == "POST":
        try:
            writing.retire(rule, by=request.reader)
        except Conflict as refused:
            messages.error(request, refused.detail)
        return redirect(rule)
    context = {"rule": rule, "capsule": rule.home, "checks": rule.checks.count()}
    return TemplateResponse(request, "quality/rule_retire.html", context)
