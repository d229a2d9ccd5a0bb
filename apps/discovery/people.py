"""Who somebody is: roles, teams, domains, what they own, and their open work as far as the reader may see it."""

from django.contrib.auth.decorators import login_required
from django.db.models.expressions import RawSQL
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from apps.deploy.models import Plan
from apps.people.about import answers_for, held_by
from apps.people.models import User
from apps.workflow.models import Review

from .organisation import placed

SHOWN = 10
OPEN = ("draft", "scheduled", "waiting")


@login_required
def person(request, username):
    """One person's page; who is in no team owns nothing, and their page lists nothing."""
    found = get_object_or_404(User, username=username)
    context = {
        "person": found,
        "held": held_by(found),
        "is_me": found.pk == request.user.pk,
        **answers_for(found, request.reader),
    }
    if not (request.htmx and request.htmx.target == "results"):
        context |= work(found, request.reader)
    names = tuple(each.owner.name for each in context["teams"])
    if names:
        return placed(request, "discovery/person.html", context, owner=names)
    return TemplateResponse(request, "discovery/person.html", context)


def work(person, reader):
    """What the person has asked for, has to decide and plans, each with how many there are; five queries."""
    reviews = Review.objects.visible_to(reader)
    asked = reviews.undecided().filter(authors__person=person)
    waits = RawSQL("SELECT dcs.reviews_waiting_for(%s)", [person.pk])
    plans = Plan.objects.visible_to(reader).filter(author=person).with_standing().filter(standing__in=OPEN)
    return {
        "asked": _some(asked.order_by("due", "number").distinct()),
        "deciding": _some(reviews.filter(pk__in=waits).order_by("due", "number")),
        "plans": _some(plans.listed().order_by("-number")),
    }


def _some(found):
    rows = list(found[: SHOWN + 1])
    more = found.count() - SHOWN if len(rows) > SHOWN else 0
    return {"rows": rows[:SHOWN], "more": more, "total": len(rows[:SHOWN]) + more}
