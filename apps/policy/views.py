"""Pages of policies: the list, one policy, its form, its steps."""

from collections import Counter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.catalog import structure
from apps.catalog.addresses import at_its_urn
from apps.dcs.refusals import Conflict
from apps.ui import paging, querystring, spreadsheets
from apps.ui.htmx import fragment

from . import access, conflict_rows, page, retention, writing
from .filters import PolicyFilter
from .forms import PolicyForm
from .models import Policy
from .sentences import of_policy

HEAD = ("number", "capsule", "column", "sensitivity", "status", "retention", "regions", "masking", "frameworks",
        "owner", "next_review", "says")  # fmt: skip
MOST_EXPORTED = 20_000


@login_required
def policies(request):
    """The policies under filters that are in the address, overdue reviews first; `format=csv` exports them."""
    everything = Policy.objects.visible_to(request.reader)
    found = PolicyFilter(request.GET, queryset=everything, request=request)
    valid = found.is_valid()
    rows = (found.qs if valid else everything).by_review()
    rows = rows.select_related("capsule", "column__capsule", "owner")
    if request.GET.get("format") == "csv" and valid:
        return _exported(rows.order_by("due", "number")[:MOST_EXPORTED], request.reader)
    context = {
        "page": paging.page(rows, request, order=("due", "number")),
        "errors": {} if valid else found.errors,
        "text": request.GET.get("q", ""),
        "choices": page.choices(request),
        "chips": _chips(request),
        "csv_url": querystring.url(request.path, request.GET, format="csv"),
        "may_simulate": request.reader.may(access.DECIDE),
    }
    return TemplateResponse(request, fragment(request, "policy/policies.html", "policies"), context)


def _chips(request):
    named = PolicyFilter.parameters()
    chosen = [
        (name, value)
        for name in request.GET
        for value in request.GET.getlist(name)
        if name in named and value
    ]
    return [
        {
            "text": f"{page.FILTERS.get(name, name)}:",
            "value": page.word(name, value),
            "url": _without(request, name, value),
        }
        for name, value in chosen
    ]


def _without(request, name, value):
    left = [one for one in request.GET.getlist(name) if one != value]
    return querystring.url(request.path, request.GET, **{name: left})


def _exported(rows, reader):
    def cells():
        for one in rows:
            yield (
                one.label, one.home.name, one.column.name if one.column_id else "", one.sensitivity_level, one.status,
                one.retention_period.iso() if one.retention_period else "", " ".join(one.allowed_regions),
                (one.masking_method or "redaction") if one.requires_masking else "", " ".join(one.compliance_frameworks),
                one.owner.name if one.owner_id else "", one.next_review_date.isoformat() if one.next_review_date else "",
                " ".join(str(said) for _title, said in of_policy(vars(one), reader.clearance)),
            )  # fmt: skip

    answer = StreamingHttpResponse(spreadsheets.lines(HEAD, cells()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="policies-{timezone.now():%Y-%m-%d}.csv"'
    return answer


def one_policy(request, number):
    """The policy of a number that the reader may see, with its subject. Raises `Http404`."""
    found = Policy.objects.visible_to(request.reader).select_related(
        "capsule__owner",
        "capsule__domain",
        "column__capsule__owner",
        "column__capsule__domain",
        "owner",
        "author",
    )
    return get_object_or_404(found, number=number)


@login_required
def policy(request, number, *, error="", status=200):
    """One policy: what it says, whom it covers, who decided, what can be done."""
    context = {**page.context(one_policy(request, number), request.reader), "error": error}
    return TemplateResponse(request, "policy/policy.html", context, status=status)


@login_required
def policy_by_key(request, key):
    """The address by id leads to the one by number."""
    found = get_object_or_404(Policy.objects.visible_to(request.reader), pk=key)
    return redirect(found, permanent=True)


@at_its_urn
def create(request, capsule, name=""):
    """Write a policy of a capsule, or of the column `name`; it is a draft until somebody else has approved it."""
    access.may_write(request.reader, capsule).or_refuse()
    column = structure.named(capsule, name, request.reader) if name else None
    if name and column is None:
        raise Http404
    form = PolicyForm(request.POST if request.method == "POST" else None, reader=request.reader)
    if request.method == "POST" and form.is_valid():
        about = {"column": column} if column else {"capsule": capsule}
        made = writing.create(
            {**form.values(), **about}, by=request.reader, reason=form.cleaned_data["reason"]
        )
        messages.success(request, _("%s is a draft. Submit it when it is ready.") % made.label)
        return redirect(made)
    subject = f"{capsule.name}.{column.name}" if column else capsule.name
    title = _("New policy of %(name)s") % {"name": subject}
    return _form(request, form, title, back=(column or capsule).get_absolute_url(), capsule=capsule)


@login_required
def edit(request, number):
    """Change a policy: a draft at once, what is in force by a proposal."""
    found = one_policy(request, number)
    access.may_write(request.reader, found.home).or_refuse()
    # The form writes into an instance of its own: the verb compares with what is stored.
    form = PolicyForm(
        request.POST if request.method == "POST" else None,
        reader=request.reader,
        instance=one_policy(request, number),
    )
    title = _("Edit %s") if found.status == Policy.Status.DRAFT else _("Propose a change of %s")
    shown = {
        "title": title % found.label,
        "back": found.get_absolute_url(),
        "capsule": found.home,
        "policy": found,
    }
    if request.method == "POST" and form.is_valid():
        try:
            said = form.cleaned_data
            outcome = writing.change(
                found, form.values(), by=request.reader, reason=said["reason"], seen=said["seen"]
            )
        except Conflict as error:
            form.add_error(None, error.detail)
            return _form(request, form, **shown, status=409)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            if outcome.review:
                said = _("%s waits for a decision. What is in force stays as it is.")
                messages.success(request, said % outcome.review.label)
            return redirect(outcome.policy)
    return _form(request, form, **shown)


def _form(request, form, title, *, back, capsule, policy=None, status=None):
    invalid = request.method == "POST" and form.errors
    context = {"form": form, "title": title, "back": back, "capsule": capsule, "policy": policy}
    return TemplateResponse(request, "policy/edit.html", context, status=status or (422 if invalid else 200))


@require_POST
@login_required
def take(request, number, step):
    """Take one step, then show the policy as it now stands; 409 if somebody was faster."""
    found = one_policy(request, number)
    try:
        found.take(step, by=request.reader, comment=request.POST.get("comment", ""))
    except KeyError:
        raise Http404 from None
    except Conflict as error:
        return policy(request, number, error=error.detail, status=409)
    except ValidationError as error:
        return policy(request, number, error=" ".join(error.messages), status=422)
    except PermissionDenied as error:
        return policy(request, number, error=str(error), status=403)
    return redirect(found)


@require_POST
@login_required
def delete(request, number):
    """Delete a draft."""
    found = one_policy(request, number)
    try:
        writing.remove(found, by=request.reader, reason=request.POST.get("comment", ""))
    except Conflict as error:
        return policy(request, number, error=error.detail, status=409)
    messages.success(request, _("%s is deleted.") % found.label)
    return redirect("policy:policies")


@login_required
def conflicts(request):
    """Policies in force that contradict each other: both sides, what holds meanwhile, what would settle it."""
    found = conflict_rows.visible(request.reader, on=timezone.now().date())
    page_of = paging.page(found, request)
    context = {"page": page_of, "kinds": _by_kind(found), "total": len(found)}
    return TemplateResponse(request, fragment(request, "policy/conflicts.html", "conflicts"), context)


def _by_kind(found):
    counts = Counter(each.kind for each in found)
    return [(title, counts[kind]) for kind, title in conflict_rows.KINDS.items() if counts[kind]]


RETENTION = {"all": gettext_lazy("All"), "due": gettext_lazy("Due"), "held": gettext_lazy("Under legal hold")}


@login_required
def retained(request):
    """What is kept how long, what is due, and what a legal hold keeps."""
    found = retention.kept(request.reader, on=timezone.now().date())
    lists = {
        "all": found,
        "due": [each for each in found if each.is_due],
        "held": [each for each in found if each.held],
    }
    show = request.GET.get("show", "all")
    show = show if show in lists else "all"
    context = {
        "page": paging.page(lists[show], request),
        "show": show,
        "shows": [(word, title, len(lists[word])) for word, title in RETENTION.items()],
    }
    return TemplateResponse(request, fragment(request, "policy/retention.html", "retention"), context)
