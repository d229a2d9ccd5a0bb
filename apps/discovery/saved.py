"""Views of lists that people keep by a name: saved from the list, opened from their page and from home."""

from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from .models import SavedView

MOST = 200  # of one person
SHOWN = 200  # of those that others share
PASSING = ("after", "before", "format", "csrfmiddlewaretoken")  # no part of what a view is


class SaveForm(forms.ModelForm):
    """What a view is called and whether others may open it; the list brings place and query."""

    class Meta:
        model = SavedView
        fields = ["name", "place", "query", "shared"]
        labels = {"name": gettext_lazy("Name"), "shared": gettext_lazy("Everybody may open it")}

    def clean_query(self):
        """The query in the one order that lists give it, without its page."""
        pairs = parse_qsl(self.cleaned_data["query"], max_num_fields=200)
        return urlencode(sorted((name, value) for name, value in pairs if value and name not in PASSING))


@login_required
@require_POST
def save(request):
    """Keep the list that is open; a view of the same name is replaced."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        said = "; ".join(error for errors in form.errors.values() for error in errors)
        messages.error(request, _("The view was not saved. %(why)s") % {"why": said})
        return HttpResponseRedirect(_back(request.POST.get("place", "")))
    view = form.save(commit=False)
    own = SavedView.objects.filter(person=request.user)
    same = own.filter(place=view.place, name__iexact=view.name).first()
    if same is None and own.count() >= MOST:
        messages.error(request, _("You have %(n)s views already. Delete one first.") % {"n": MOST})
        return HttpResponseRedirect(view.get_absolute_url())
    view.person = request.user
    if same is not None:
        view.pk, view.created_at = same.pk, same.created_at
        view._state.adding = False
    view.save()
    messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
    return HttpResponseRedirect(view.get_absolute_url())


def _back(place):
    pages = SavedView.PAGES
    return reverse(pages.get(place, "discovery:views"))


@login_required
def views(request):
    """One's own views, and those that others share."""
    own = mine(request.reader)
    shared = SavedView.objects.filter(shared=True).exclude(person=request.user).select_related("person")
    shared = list(shared.order_by("name", "pk")[: SHOWN + 1])
    context = {"own": own, "shared": shared[:SHOWN], "more": len(shared) > SHOWN}
    return TemplateResponse(request, "discovery/views.html", context)


def mine(reader, limit=MOST):
    """The views of the reader, by name."""
    return list(SavedView.objects.filter(person=reader.user).order_by("name", "pk")[:limit])


@login_required
@require_POST
def change(request, pk):
    """Share a view, keep it for oneself, or delete it; only its owner may."""
    view = get_object_or_404(SavedView.objects.filter(person=request.user), pk=pk)
    if request.POST.get("do") == "delete":
        view.delete()
        messages.success(request, _("“%(name)s” is deleted.") % {"name": view.name})
    else:
        view.shared = request.POST.get("do") == "share"
        view.save(update_fields=["shared"])
        said = _("Everybody may open “%(name)s”.") if view.shared else _("“%(name)s” is yours alone.")
        messages.success(request, said % {"name": view.name})
    return HttpResponseRedirect(reverse("discovery:views"))
