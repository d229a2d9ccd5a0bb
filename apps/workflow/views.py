"""Pages of the review desk, of notifications and of absences."""

import uuid

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.people import proof
from apps.ui import paging, querystring
from apps.ui.htmx import is_for

from . import absences, desk, inbox
from . import reviews as verbs
from .filters import ReviewFilter
from .forms import AbsenceForm
from .models import Delegation, NoticePreference, Notification, Review

DONE = {
    "approve": gettext_lazy("Approved"),
    "send_back": gettext_lazy("Requested changes to"),
    "reject": gettext_lazy("Rejected"),
    "hand_over": gettext_lazy("Handed over"),
}


# ---------- the desk ----------


@login_required
def reviews(request):
    """The list of a box, and its first review beside it."""
    return _desk(request, None)


@login_required
def review(request, number):
    """One review: what changes, who feels it, who said what, and the bar that decides."""
    return _desk(request, _found(request, number))


@require_POST
@login_required
def decide(request, number):
    """Record a decision on what was shown, then open what waits next; nothing is recorded if it has moved."""
    asked = _found(request, number)
    name, reason = request.POST.get("decision", ""), request.POST.get("reason", "")
    following = _next(request, asked)
    try:
        if name == "hand_over":
            to = get_user_model().objects.filter(pk=_key(request.POST.get("to"))).first()
            if to is None:
                raise ValidationError({"to": [_("Choose a colleague.")]})
            verbs.hand_over(asked, by=request.reader, to=to, reason=reason)
        elif name in verbs.DECISIONS:
            if said := proof.show(request):
                raise ValidationError({"password": [said]})
            verbs.take(asked, name, by=request.reader, reason=reason, shown=request.POST.get("hash", ""))
        else:
            raise ValidationError({"decision": [_("Choose what to decide.")]})
    except Conflict as refused:
        return _desk(request, asked, error=refused.detail, reason=reason, chosen=name, status=409)
    except ValidationError as invalid:
        return _desk(request, asked, error=" ".join(invalid.messages), reason=reason, chosen=name, status=422)
    others = _decide_alike(request, asked, name, reason) if name in verbs.DECISIONS else []
    waiting = inbox.waiting(request.reader)
    if following is not None and not waiting.filter(pk=following.pk).exists():
        following = waiting.order_by("due", "number").first()
    left = desk.left(waiting.count())
    messages.success(request, f"{DONE[name]} {asked.title}. {left}")
    for title, said in others:
        messages.info(request, f"{title}: {said}")
    if following is None:
        return redirect(querystring.url(reverse("workflow:reviews"), desk.state_of(request)))
    return redirect(desk.url_of(following, desk.state_of(request)))


@require_POST
@login_required
def comment(request, number):
    """Say something without deciding."""
    asked = _found(request, number)
    try:
        verbs.comment(asked, by=request.reader, text=request.POST.get("text", ""))
    except ValidationError as invalid:
        return _desk(request, asked, error=" ".join(invalid.messages), status=422)
    return redirect(desk.url_of(asked, desk.state_of(request)) + "#discussion")


@require_POST
@login_required
def take(request, number, step):
    """Submit again, or withdraw."""
    if step not in ("submit", "withdraw"):
        raise Http404
    asked = _found(request, number)
    try:
        verbs.take(asked, step, by=request.reader, reason=request.POST.get("reason", ""))
    except Conflict as refused:
        return _desk(request, asked, error=refused.detail, status=409)
    said = {
        "submit": _("Submitted %(title)s."),
        "withdraw": _("Withdrawn: %(title)s. What is in force stays."),
    }
    messages.success(request, said[step] % {"title": asked.title})
    return redirect(desk.url_of(asked, desk.state_of(request)))


@require_POST
@login_required
def merge(request, number):
    """Bring a proposal that was overtaken up to date, with a choice for each field that both sides changed."""
    asked = _found(request, number)
    choices = {
        name.removeprefix("keep_"): value for name, value in request.POST.items() if name.startswith("keep_")
    }
    try:
        verbs.rebase(asked, choices, by=request.reader, reason=request.POST.get("reason", ""))
    except Conflict as refused:
        return _desk(request, asked, error=refused.detail, status=409)
    messages.success(request, _("Merged. %(title)s waits for a decision again.") % {"title": asked.title})
    return redirect(desk.url_of(asked, desk.state_of(request)))


@require_POST
@login_required
def watch(request, number):
    """Follow a review, or follow it no longer."""
    asked = _found(request, number)
    (verbs.unwatch if request.POST.get("off") else verbs.watch)(asked, by=request.reader)
    return redirect(desk.url_of(asked, desk.state_of(request)))


def _desk(request, selected, *, error="", reason="", chosen="", status=200):
    reader = request.reader
    box = request.GET.get("box", "waiting")
    if box not in desk.BOXES:
        box = "waiting"
    state = desk.state_of(request)
    everything = desk.in_box(box, reader)
    found = ReviewFilter(request.GET, queryset=everything, request=request)
    listed = list((found.qs if found.is_valid() else everything)[: desk.MOST])
    if selected is None and listed:
        selected = listed[0]
    grouped = request.GET.get("group") == "yes"
    if (
        selected is not None
        and selected.pk not in {each.pk for each in listed}
        and not request.GET.get("box")
    ):
        listed = [selected, *listed] if selected.is_open else listed
    context = {
        "box": box,
        "box_title": desk.BOXES[box],
        "filter": found,
        "risks": Review.Risk.choices,
        "kinds": desk.KINDS.items(),
        "domains": sorted(set(everything.order_by().values_list("domain_name", flat=True)) - {""}),
        "groups": desk.lines(listed, state, selected=selected, grouped=grouped),
        "grouped": grouped,
        "state": querystring.url("", state),
        "group_url": querystring.url(request.path, {**state, "group": [] if grouped else ["yes"]}),
        "filtered": sum(bool(request.GET.get(name)) for name in ("risk", "kind", "domain", "overdue")),
        "error": error,
        "reason_kept": reason,
        "chosen": chosen,
    }
    if selected is not None:
        selected = Review.objects.select_related("submitted_by", "created_by").get(pk=selected.pk)
        context |= desk.page_of(selected, request)
        context["alike"] = desk.alike(selected, reader) if context["may_decide"] else []
    if is_for(request, "members"):
        return TemplateResponse(request, "workflow/_members.html", context, status=status)
    item_alone = is_for(request, "item")
    if not item_alone:
        context["boxes"] = desk.boxes(reader, box, reverse("workflow:reviews"))
    else:
        context["alone"] = True
    template = "workflow/reviews.html" + ("#item" if item_alone else "")
    response = TemplateResponse(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _decide_alike(request, asked, name, reason):
    """Decide in the same way on the identical ones that were ticked: one decision each, and a result for each."""
    results = []
    for text in request.POST.getlist("also"):
        number, _colon, shown = text.partition(":")
        other = Review.objects.visible_to(request.reader).filter(
            number=int(number) if number.isdigit() else -1, change_hash=asked.change_hash
        )
        other = other.first()
        if other is None:
            continue
        try:
            with transaction.atomic():
                verbs.take(other, name, by=request.reader, reason=reason, shown=shown)
            results.append((other.title, str(DONE[name])))
        except (Conflict, PermissionDenied, ValidationError) as refused:
            results.append((other.title, getattr(refused, "detail", str(refused))))
    return results


def _found(request, number):
    return get_object_or_404(
        Review.objects.visible_to(request.reader).select_related("submitted_by", "created_by"), number=number
    )


def _next(request, asked):
    """What opens after this one: the next of the list as it is filtered, else the first."""
    found = ReviewFilter(request.GET, queryset=desk.in_box("waiting", request.reader), request=request)
    listed = list((found.qs if found.is_valid() else found.queryset)[: desk.MOST])
    ticked = {text.partition(":")[0] for text in request.POST.getlist("also")}
    rest = [each for each in listed if each.pk == asked.pk or str(each.number) not in ticked]
    at = next((place for place, each in enumerate(rest) if each.pk == asked.pk), -1)
    others = rest[at + 1 :] + rest[: max(at, 0)]
    return others[0] if others else None


def _key(text):
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


# ---------- what one was told ----------


@login_required
def notifications(request):
    """What the portal told the reader and why them; a POST marks all as read, or sets when mails come."""
    told = Notification.objects.for_reader(request.reader)
    preference = NoticePreference.objects.filter(person=request.user).first() or NoticePreference(
        person=request.user
    )
    if request.method == "POST":
        with acting(request.reader):
            if request.POST.get("mails") in NoticePreference.Mails.values:
                preference.mails = request.POST["mails"]
                preference.save()
                messages.success(request, _("Saved."))
            else:
                told.unread().update(read_at=timezone.now())
        return redirect("workflow:notifications")
    page = paging.page(told.select_related("review"), request, order=("-created_at", "-pk"))
    context = {
        "page": page,
        "unread": told.unread().count(),
        "preference": preference,
        "choices": NoticePreference.Mails.choices,
    }
    return TemplateResponse(request, "workflow/notifications.html", context)


# ---------- away ----------


@login_required
def absence(request):
    """Who decides while one is away, and for whom one decides."""
    form = AbsenceForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            absences.begin(form.instance, by=request.reader)
        except (Conflict, PermissionDenied) as refused:
            form.add_error("to_person", getattr(refused, "detail", str(refused)))
        else:
            messages.success(request, _("%(name)s decides for you.") % {"name": form.instance.to_person})
            return redirect("workflow:absence")
    own = Delegation.objects.filter(ended_at__isnull=True).select_related(
        "from_person", "to_person", "review"
    )
    now = timezone.now()
    context = {
        "form": form,
        "mine": own.filter(from_person=request.user).exclude(ends_at__lt=now),
        "others": own.filter(to_person=request.user).exclude(ends_at__lt=now),
    }
    return TemplateResponse(request, "workflow/absence.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def end_absence(request, pk):
    """Decide for oneself again."""
    found = get_object_or_404(Delegation, pk=pk, from_person=request.user, ended_at__isnull=True)
    absences.end(found, by=request.reader, reason=_("Back again"))
    messages.success(request, _("You decide for yourself again."))
    return redirect("workflow:absence")
