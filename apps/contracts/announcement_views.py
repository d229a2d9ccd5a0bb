"""The page of an announcement: what changes, from when, and what those who use the data say."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.dcs.refusals import Conflict

from . import announcing
from .models import Announcement, Answer


def one(request, number):
    """The announcement of this number that the reader may see. Raises `Http404`."""
    found = Announcement.objects.visible_to(request.reader).select_related("capsule", "announced_by")
    return get_object_or_404(found, number=number)


@login_required
def announcement(request, number, *, error="", status=200):
    """What changes, from when, who was told, and what they say."""
    found = one(request, number)
    answers = found.answers.select_related("person").order_by("answered_at", "pk")
    last = {answer.consumer: answer for answer in answers}
    own = announcing.speaks_for(request.reader, found)
    stands_in = announcing.stands_in(request.reader, found)
    rows = [{"name": name, "answer": last.get(name), "may": stands_in or name in own} for name in found.told]
    changes = [{**change, "done": found.carried_out.get(change["fingerprint"])} for change in found.covers]
    context = {
        "announcement": found,
        "capsule": found.capsule,
        "rows": rows,
        "acknowledged": sum(
            row["answer"] is not None and row["answer"].says == Answer.Says.ACKNOWLEDGED for row in rows
        ),
        "is_over": found.effective_on <= timezone.now().date(),
        "changes": changes,
        "is_done": all(change["done"] for change in changes),
        "error": error,
    }
    return TemplateResponse(request, "contracts/announcement.html", context, status=status)


@require_POST
@login_required
def answer(request, number):
    """Keep what a consumer says."""
    found = one(request, number)
    says = request.POST.get("says", "")
    try:
        if says not in Answer.Says.values:
            raise ValidationError({"says": [_("Choose what to answer.")]})
        announcing.answer(
            found,
            request.POST.get("consumer", ""),
            says,
            by=request.reader,
            reason=request.POST.get("reason", ""),
        )
    except Conflict as refused:
        return announcement(request, number, error=str(refused.detail), status=409)
    except ValidationError as refused:
        return announcement(request, number, error=" ".join(refused.messages), status=422)
    except PermissionDenied as refused:
        return announcement(request, number, error=str(refused), status=403)
    return redirect(found)
