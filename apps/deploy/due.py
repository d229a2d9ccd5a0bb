"""Plans that somebody scheduled: applied when their moment has come, by the worker, with the rights of that moment."""

import logging

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.people.reader import reader_of, system
from apps.workflow import notices
from apps.workflow.models import Notification

from . import applying
from .models import Plan

log = logging.getLogger(__name__)


def apply_due(*, at=None):
    """Apply every plan that is due; returns how many were. One that cannot be is taken off, and its person told why."""
    with acting(system("apply_due_plans")):
        found = Plan.objects.due(at=at or timezone.now()).select_related("scheduled_by")
        found = list(found.defer("content", "result").order_by("scheduled_for", "number"))
    return sum(map(_apply, found))


def _apply(plan):
    try:
        reader = reader_of(plan.scheduled_by, application="schedule", via="task")
        if not plan.scheduled_by.is_active:
            raise Conflict(_("Your account is switched off."))
        applying.apply(plan, reader=reader, due=plan.scheduled_for)
    except OperationalError:
        # A lock or a connection: the next run tries again, until the plan expires.
        log.warning("applying %s as scheduled was interrupted", plan, exc_info=True)
    except applying.PlanStale as stale:
        words = _("%(plan)s was not applied as scheduled: %(why)s") % {"plan": plan, "why": stale.detail}
        _settle(plan, "plan_stale", words, stale.plan)
    except PermissionDenied as refused:
        _settle(
            plan,
            "forbidden",
            _("%(plan)s was not applied as scheduled: %(why)s") % {"plan": plan, "why": refused},
        )
    except Conflict as refused:
        why = " ".join([refused.detail, *(text for texts in refused.fields.values() for text in texts)])
        _settle(
            plan,
            refused.code,
            _("%(plan)s was not applied as scheduled: %(why)s") % {"plan": plan, "why": why},
        )
    except Exception:
        log.exception("applying %s as scheduled failed", plan)
        words = _(
            "%(plan)s was not applied as scheduled: something failed in the portal; the log names the plan."
        )
        _settle(plan, "plan_failed", words % {"plan": plan})
    else:
        with acting(system("apply_due_plans")):
            _tell(plan, "plan_applied", _("%(plan)s was applied as scheduled.") % {"plan": plan}, plan)
        return True
    return False


def _settle(plan, code, words, about=None):
    """Take the moment off and tell who had named it, once; nothing if they, or somebody faster, settled it before."""
    with acting(system("apply_due_plans")):
        stored = Plan._base_manager.select_for_update().get(pk=plan.pk)
        if stored.scheduled_for != plan.scheduled_for or stored.applied_at is not None:
            return
        applying.forget_schedule(stored)
        _tell(plan, code, words, about or stored)


def _tell(plan, event, words, about):
    told = [(plan.scheduled_by, Notification.Why.AUTHOR, words)]
    notices.tell(told, event, about.get_absolute_url(), urgent=True)
