"""The page of an announcement: what changes, from when, and what those who use the data say."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog.access import EDIT
from apps.dcs.refusals import Conflict
from apps.people.reader import Reader

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
    reader: Reader = request.reader
    answers = list(found.answers.select_related("person").order_by("answered_at", "pk"))
    last = {answer.consumer: answer for answer in answers}
    rows = [
        {
            "name": name,
            "answer": last.get(name),
            "may": announcing.speaks_for(reader, found, name) or _stands_in(found, reader),
        }
        for name in found.told
    ]
    context = {
        "announcement": found,
        "capsule": found.capsule,
        "rows": rows,
        "acknowledged": sum(
            row["answer"] is not None and row["answer"].says == Answer.Says.ACKNOWLEDGED for row in rows
        ),
        "is_over": found.effective_on <= timezone.now().date(),
        "log": reversed(answers),
        "error": error,
    }
    return TemplateResponse(request, "contracts/announcement.html", context, status=status)


def _stands_in(found, reader):
    return reader.user is not None and reader.user.pk != found.announced_by_id and reader.may(EDIT)


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
