"""What the pages of policies show: the filters of the list, and one policy with what it covers and what waits."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from apps.catalog.models import Column
from apps.catalog.vocabularies import Sensitivity
from apps.ui import querystring
from apps.workflow.models import Review

from . import access, conflict_rows, effective_rows, effects, sentences
from .models import MaskingRule, Policy

COVERED = 30
FILTERS = {
    "state": gettext_lazy("State"),
    "policy_status": gettext_lazy("State"),
    "sensitivity": gettext_lazy("Sensitivity"),
    "review": gettext_lazy("Review due"),
    "level": gettext_lazy("Covers"),
    "legal_hold": gettext_lazy("Legal hold"),
    "requires_masking": gettext_lazy("Masking"),
    "framework": gettext_lazy("Framework"),
    "q": gettext_lazy("Words"),
}
DUE_WORDS = {
    "overdue": gettext_lazy("Overdue"),
    "today": gettext_lazy("By today"),
    "30_days": gettext_lazy("Within 30 days"),
    "90_days": gettext_lazy("Within 90 days"),
}
LEVEL_WORDS = {"capsule": gettext_lazy("A whole capsule"), "column": gettext_lazy("One column")}
FLAG_WORDS = {"true": gettext_lazy("Yes"), "false": gettext_lazy("No")}
OPTIONS = {
    "state": dict(Policy.Status.choices),
    "policy_status": dict(Policy.Status.choices),
    "sensitivity": dict(Sensitivity.choices),
    "review": DUE_WORDS,
    "level": LEVEL_WORDS,
    "legal_hold": FLAG_WORDS,
    "requires_masking": FLAG_WORDS,
}
OFFERED = ("state", "sensitivity", "review", "level", "legal_hold", "requires_masking")


def word(name, value):
    """The word of a filter's value."""
    return OPTIONS.get(name, {}).get(value, value)


def choices(request):
    """The selects above the list, each with what is chosen."""
    return [
        {
            "name": name,
            "title": FILTERS[name],
            "options": OPTIONS[name].items(),
            "chosen": request.GET.get(name, ""),
        }
        for name in OFFERED
    ]


def context(policy, reader):
    """Everything that the page of one policy shows; a fixed number of queries."""
    waiting = list(
        Review.objects.visible_to(reader)
        .touching(policy)
        .submitted()
        .select_related("created_by")
        .order_by("number")
    )
    own = next((review for review in waiting if review.subject_id == policy.pk), None)
    covered = Column.objects.visible_to(reader).current()
    covered = (
        covered.filter(pk=policy.column_id) if policy.column_id else covered.filter(capsule=policy.capsule_id)
    )
    today = timezone.now().date()
    clashes = conflict_rows.visible(reader, on=today, capsule=policy.home) if policy.holds(on=today) else []
    values = {name: getattr(policy, name) for name in effective_rows.FIELDS}
    may_write = access.may_write(reader, policy.home)
    change = effects.waiting(policy, reader, own) if may_write else None
    return {
        "policy": policy,
        "capsule": policy.home,
        "matrix_url": matrix_url(policy, change.on) if change and reader.may(access.DECIDE) else "",
        "change": change,
        "says": sentences.of_policy(values, reader.clearance),
        "proposals": waiting,
        "covered": covered.order_by("ordinal_position", "name")[:COVERED],
        "covered_total": covered.count(),
        "masks": MaskingRule.objects.visible_to(reader)
        .enabled()
        .filter(
            **({"column": policy.column_id} if policy.column_id else {"column__capsule": policy.capsule_id})
        )
        .select_related("column")[:COVERED],
        "effective": effective(policy.subject, reader, on=today),
        "conflicts": [each for each in clashes if policy.pk in {side["policy"].pk for side in each.sides}],
        "steps": policy.steps_for(reader, waiting=own),
        "decisions": list(policy.steps_taken[:50]),
        "may_write": may_write,
        "may_remove": access.may_remove(reader, policy),
    }


def matrix_url(policy, on):
    """The matrix of the capsule on a day, with the text that waits laid over it."""
    day = on.isoformat() if on > timezone.now().date() else ""
    return querystring.url(reverse("policy:matrix"), {}, policy=policy.number, q=policy.home.urn, on=day)


def effective(subject, reader, *, on, policies=None):
    """The facets in force for a capsule or column as rows of a table; `policies` are its own, if they are known."""
    of = effective_rows.of_columns if isinstance(subject, Column) else effective_rows.of_capsules
    found = effective_rows.named_for(of([subject.pk], on=on), reader, policies)[subject.pk]
    return {
        "on": on,
        "rows": sentences.shown(found, reader.clearance),
        "suggestions": suggestions(found),
    }


def suggestions(found):
    """What columns upstream ask beyond what holds, once for each facet and value."""
    seen = {}
    for each in found.suggestions:
        title, value = sentences.TITLES[each.facet], sentences.say(each.facet, each.value)
        seen.setdefault((title, value), []).append(f"{each.source.subject} ({each.source.label})")
    return [
        {
            "title": title,
            "value": value,
            "sources": ", ".join(sources[:3]) + (" …" if len(sources) > 3 else ""),
        }
        for (title, value), sources in seen.items()
    ]
