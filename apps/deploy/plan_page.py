"""What the page of one plan shows, part by part."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.activity import people_called
from apps.catalog.comparison_markdown import counted
from apps.ui.formats import exact

from . import drift, origins, overriding, plan_impact, rights, showing, standing
from .plan_forms import DecisionForm, ScheduleForm
from .showing import LISTED

POLICIES = {
    "strict": gettext_lazy("strict contract"),
    "backwards_compatible": gettext_lazy("backwards compatible contract"),
    "flexible": gettext_lazy("flexible contract"),
    "unrestricted": gettext_lazy("unrestricted contract"),
}
OPTIONS = {
    "keep_unlisted": gettext_lazy("keeps what is not named"),
    "overwrite": gettext_lazy("overwrites what people wrote"),
    "strict": gettext_lazy("warnings are faults"),
    "create_terms": gettext_lazy("makes drafts of missing terms"),
}


def context(request, plan, *, refused=None, instead_of=None, schedule=None, decision=None):
    """Context of the page: the five parts, cut to what the reader may see and can read at once.

    `refused` is the conflict that an attempt to apply met, `instead_of` the plan that this one replaces,
    `schedule` the form of a moment that was sent and is faulty, `decision` that of what a reader's plan leaves open.
    """
    reader = request.reader
    shown = showing.Showing(plan, reader)
    where = standing.standing(plan, reader)
    kept = shown.kept()
    people = people_called(_names(where, kept))
    _call_by_name(where, kept, people)
    found = {
        "plan": plan,
        "shown": shown,
        "where": where,
        "refused": refused,
        "instead_of": instead_of,
        "overtaken": standing.moved_since(instead_of, reader) if instead_of else [],
        "sentence": counted(dict(shown.counts)),
        "options": [str(words) for name, words in OPTIONS.items() if plan.options.get(name)],
        "left_label": _("before") if where.state == "applied" else _("now"),
        "right_label": _("after") if where.state == "applied" else _("planned"),
        "may_plan": rights.may_plan(reader),
        # The document of a reader's plan is the source's: what is to be otherwise is changed there, or on the capsule.
        "mine": reader.user is not None and plan.author_id == reader.user.pk and not plan.reading,
        "missed": _cut(plan.reading.get("missed", [])),
        "vanished": _cut(origins.told_to(reader, plan.reading).get("vanished", [])),
        "locked": _("%(author)s made this plan.") % {"author": plan.author} if plan.author else "",
        "crumbs": [{"title": _("Changes"), "url": reverse("deploy:changes")}, {"title": str(plan)}],
    }
    consumers = shown.consumers()
    found |= {"consumers_count": len(consumers), "effect": _effect(shown, consumers)}
    found |= _checks(plan, shown, kept, where, reader) | {
        "impact": plan_impact.parts(shown, set(consumers), reader)
    }
    found |= {"approvals": _cut(shown.approvals()), "awaiting": shown.awaiting(), "made": _cut(where.made)}
    if where.may_schedule:
        found["schedule"] = schedule or ScheduleForm.beginning(where.earliest)
    found["may_announce"] = found["may_plan"] and any(block.day is None for block in where.blocks)
    found["override"] = override = overriding.shown(plan, reader) if where.blocks else {}
    found["may_override"] = (
        bool(override) and found["mine"] and not override["waiting"] and not override["granted"]
    )
    if plan.reading and where.state in ("ready", "partial"):
        found["decision"] = decision or DecisionForm(plan, reader)
    if where.state == "applying":
        found["job"] = progress_of(plan, where.job)
    return found | _plan(shown, request)


def progress_of(plan, job):
    """What the progress region shows of a plan that is being applied."""
    return {
        "state": job.state,
        "finished": job.is_finished,
        "text": job.phase or _("Waits for a worker."),
        "done": job.done,
        "total": job.total,
        "url": plan.get_absolute_url(),
        "title": str(plan),
    }


# ---------- the plan itself ----------


def _plan(shown, request):
    start = _number(request.GET.get("from", ""))
    only = shown.named(request.GET.get("capsule", ""))
    return {"only": only, **(_one(only, start) if only is not None else _many(shown, start))}


def _one(planned, start):
    start = start if start < planned.total else 0
    hunks = showing.hunks_of(planned, start, start + 1)
    following = start + showing.HUNKS
    return {
        "hunks": hunks,
        "first": start + 1,
        "last": start + len(hunks),
        "total": planned.total,
        "previous": max(start - showing.HUNKS, 0) if start else None,
        "next": following if following < planned.total else None,
    }


def _many(shown, start):
    page = shown.capsules(start)
    stops, opened = [], []
    for planned in page.shown:
        if page.folded:
            opened.append({"planned": planned, "few": showing.few_of(planned)})
        else:
            hunks = showing.hunks_of(planned, 0, len(stops) + 1)
            stops += hunks
            opened.append({"planned": planned, "hunks": hunks, "more": planned.total - len(hunks)})
    breaking = next((f"h{each['number']}" for each in stops if each["class"] == "breaking"), "")
    return {
        "capsules": page,
        "opened": opened,
        "stops": stops,
        "breaking": breaking,
        "previous": page.previous,
        "next": page.next,
    }


def _number(text):
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


# ---------- checks, impact, effect ----------


def _checks(plan, shown, kept, where, reader):
    verdicts = [
        {
            "name": planned.name,
            "decision": planned.verdict["decision"],
            "policy": POLICIES.get(planned.verdict["policy"], ""),
            "reasons": [
                {
                    "text": reason["text"],
                    "words": ", ".join(code.replace("_", " ") for code in reason["codes"]),
                }
                for reason in planned.verdict["reasons"]
            ],
        }
        for planned in shown.verdicts()
    ]
    return {
        "verdicts": _cut(sorted(verdicts, key=lambda each: each["decision"] != "blocked")),
        "kept": _cut(kept),
        "unlisted": _cut(shown.unlisted()),
        "advice": _cut(shown.advice()),
        "suggestions": _cut(shown.suggestions()),
        "drift": _cut(drift.drift(plan, reader) if where.is_open else []),
    }


def _cut(rows):
    return {"shown": rows[:LISTED], "rest": rows[LISTED:], "total": len(rows)}


def _effect(shown, consumers):
    """The sentence of what applying does."""
    changes = ngettext("%(n)s change", "%(n)s changes", shown.total) % {"n": exact(shown.total)}
    number = sum(planned.action != "no_change" for planned in shown.planned)
    capsules = ngettext("%(n)s capsule", "%(n)s capsules", number) % {"n": exact(number)}
    said = {"changes": changes, "capsules": capsules, "n": exact(len(consumers))}
    if not consumers:
        return _("Applying makes %(changes)s in %(capsules)s. All of it or none of it.") % said
    told = ngettext(
        "Applying makes %(changes)s in %(capsules)s and informs %(n)s consumer. All of it or none of it.",
        "Applying makes %(changes)s in %(capsules)s and informs %(n)s consumers. All of it or none of it.",
        len(consumers),
    )
    return told % said


# ---------- people ----------


def _names(where, kept):
    return {version.deployed_by for version in where.made} | {entry["by"] for _planned, entry in kept}


def _call_by_name(where, kept, people):
    for version in where.made:
        version.pair = f"{version.number - 1}..{version.number}"
        where.by = str(people.get(version.deployed_by, version.deployed_by or ""))
    for _planned, entry in kept:
        entry["who"] = str(people.get(entry["by"], entry["by"]))
