"""Legal holds: what would break one, in words, before the database refuses it (`sql/legal_hold_v1.sql`; errata row B20)."""

from collections import defaultdict

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import acting
from apps.dcs.periods import Period
from apps.people.reader import system

from . import document, sentences
from .effective import ENDS, Keeping
from .models import Policy

DROPPED = gettext_lazy(
    "A legal hold stands on %(name)s: its policy cannot be given up until the hold is lifted."
)
SHORTER = gettext_lazy(
    "A legal hold stands on %(name)s: what is kept for %(before)s cannot be kept for less time, %(after)s. Lift the hold first, "
    "by a change of its own."
)


def keeps_less(old, new):
    """Whether `new` keeps data for less time than `old`; each a (period, action). As `dcs.keeps_less` in the database."""
    (before, first), (after, then) = old, new
    if before is not None and after is not None and Keeping(after).seconds < Keeping(before).seconds:
        return True
    if before is not None and after is None and first not in ENDS:
        return True
    return after is not None and then in ENDS and first not in ENDS


def held(capsules):
    """Those of the keys of capsules on which a hold stands today, their own or one of a column, whoever may know of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM unnest(%s::uuid[]) id WHERE dcs.held(id)", [list(capsules)])
        return {key for (key,) in cursor}


def over(policy):
    """Whether a hold stands today over what the policy is about."""
    home = policy.home.pk
    with connection.cursor() as cursor:
        if policy.column_id:
            cursor.execute("SELECT dcs.column_held(%s, %s)", [policy.column_id, home])
        else:
            cursor.execute("SELECT dcs.held(%s)", [home])
        return cursor.fetchone()[0]


def broken(states, capsules):
    """{key of a capsule: [sentences]}: what documents would do against a hold that stands on it or on a column.

    `states` is {key of a capsule: state of its document}. Three queries at most; two where no policy is stored.
    """
    with acting(system("legal_holds")):
        rows = {
            key: row
            for key, row in document.stored(capsules).items()
            if row.status in (Policy.Status.ACTIVE, Policy.Status.SUSPENDED)
        }
        holding = _holding(capsules) if rows else set()
    names = {capsule.pk: capsule.name for capsule in capsules}
    found = defaultdict(list)
    for (capsule, column), row in rows.items():
        said = _said(states[capsule], column)
        name = f"{names[capsule]}.{column}" if column else names[capsule]
        if row.legal_hold and said is None:
            found[capsule].append(DROPPED % {"name": name})
        elif said is not None and _stands(holding, capsule, column):
            before, after = (row.retention_period, row.deletion_action), _retention(said)
            if keeps_less(before, after):
                facts = {"name": name, "before": _in_words(*before), "after": _in_words(*after)}
                found[capsule].append(SHORTER % facts)
    return found


def _said(state, column):
    """What the document wants of a policy in force; None if it gives it up."""
    entry = state.get("policies") if column is None else state.get("column_policies", {}).get(column)
    return entry if entry and entry.get("status") != Policy.Status.DEPRECATED else None


def _retention(entry):
    said = entry.get("retention", {})
    period = said.get("period")
    return (Period.parse(period) if period else None, said.get("action"))


def _holding(capsules):
    """{(key of a capsule, column name or None)} on which a hold stands today."""
    about = Q(capsule__in=capsules) | Q(column__capsule__in=capsules)
    rows = Policy._base_manager.filter(about, legal_hold=True).select_related("column")
    today = timezone.now().date()
    return {
        (row.column.capsule_id, row.column.name) if row.column_id else (row.capsule_id, None)
        for row in rows
        if row.holds(on=today)
    }


def _stands(holding, capsule, column):
    if column is None:
        return any(home == capsule for home, _column in holding)
    return bool({(capsule, None), (capsule, column)} & holding)


def _in_words(period, action):
    return sentences.say("retention_min", Keeping(period, None, action)) if period else _("no period")
