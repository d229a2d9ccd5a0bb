"""Reminding of the reviews of policies: before the day, on it and after it; each stage is told once (trust.md, section 6).

An overdue policy stays in force: nothing is switched off because nobody looked.
"""

import datetime
from collections import defaultdict

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.people import roles
from apps.workflow import notices
from apps.workflow.models import Notification

from .access import DECIDE
from .models import Policy

Why = Notification.Why
EVENT = "policy_review"
STAGES = (-30, -7, 0, 7, 30)  # days after the day on which the review is due
# What is longer overdue has had its last reminder, unless the worker stood still for this long.
LAST = datetime.timedelta(days=60)
STEWARDS = """
WITH RECURSIVE above(capsule_id, domain_id) AS (
    SELECT c.id, c.domain_id FROM dcs.capsules c WHERE c.id = ANY (%s) AND c.domain_id IS NOT NULL
    UNION SELECT a.capsule_id, d.parent_id FROM above a JOIN dcs.domains d ON d.id = a.domain_id WHERE d.parent_id IS NOT NULL
) SELECT a.capsule_id, s.user_id FROM above a JOIN dcs.stewardships s ON s.domain_id = a.domain_id
"""


def stage_of(due, on):
    """The last stage that the day has reached, in days after the review was due; None before the first."""
    reached = [stage for stage in STAGES if due + datetime.timedelta(days=stage) <= on]
    return reached[-1] if reached else None


def remind(*, on):
    """Remind those who decide on policies, and who looks after the domain; returns how many messages are new.

    Nobody hears of a policy that they may not know of.
    """
    policies = list(
        Policy._base_manager.filter(
            status=Policy.Status.ACTIVE,
            next_review_date__lte=on - datetime.timedelta(days=STAGES[0]),
            next_review_date__gte=on - LAST,
        )
        .exclude(column__retired_at__isnull=False)
        .select_related("capsule", "column__capsule")
        .order_by("next_review_date", "number")
    )
    policies = [policy for policy in policies if policy.home.retired_at is None]
    if not policies:
        return 0
    people = _people()
    stewards = _stewards({policy.home.pk for policy in policies})
    return sum(_tell(policy, people, stewards[policy.home.pk], on) for policy in policies)


def _people():
    """{key: (person, clearance, whether they decide on policies)} of everybody who is active."""
    found = get_user_model().objects.filter(is_active=True).order_by("username")
    groups = Prefetch("groups", to_attr="held")
    codename = DECIDE.partition(".")[2]
    deciding = set(found.filter(groups__permissions__codename=codename).values_list("pk", flat=True))
    return {
        person.pk: (person, _clearance(person), person.pk in deciding)
        for person in found.prefetch_related(groups)
    }


def _clearance(person):
    if person.clearance is not None:
        return person.clearance
    return roles.clearance_of({group.name for group in person.held})


def _stewards(capsules):
    """{key of a capsule: keys of those who look after its domain, or one above it}."""
    found = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(STEWARDS, [list(capsules)])
        for capsule, person in cursor:
            found[capsule].add(person)
    return found


def _tell(policy, people, stewards, on):
    stage = stage_of(policy.next_review_date, on)
    text = _sentence(policy, (policy.next_review_date - on).days)
    rank = max(policy.visibility_rank, policy.subject.visibility_rank)
    rows = [
        (person, Why.DECIDER if decides else Why.OWNER, text)
        for key, (person, clearance, decides) in people.items()
        if clearance >= rank and (decides or key in stewards)
    ]
    told = f"{policy.pk}:{policy.next_review_date.isoformat()}:{stage}"
    return notices.tell(rows, EVENT, policy.get_absolute_url(), stage=told, urgent=stage > 0)


def _sentence(policy, days):
    facts = {"policy": policy.label, "name": policy.subject.name, "days": abs(days)}
    if days == 0:
        return _("The review of %(policy)s, %(name)s, is due today.") % facts
    if days > 0:
        return (
            ngettext(
                "The review of %(policy)s, %(name)s, is due in %(days)s day.",
                "The review of %(policy)s, %(name)s, is due in %(days)s days.",
                days,
            )
            % facts
        )
    return (
        ngettext(
            "The review of %(policy)s, %(name)s, is %(days)s day late. The policy stays in force.",
            "The review of %(policy)s, %(name)s, is %(days)s days late. The policy stays in force.",
            -days,
        )
        % facts
    )
