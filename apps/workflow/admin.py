"""Steps and reviews in the back office: the same verbs, buttons and refusals as in the portal."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.dcs.admin import GovernedAdmin, ReadOnlyAdmin
from apps.dcs.refusals import Conflict
from apps.people import proof

from . import desk, refusals, reviews
from .models import (
    Delegation,
    NoticePreference,
    Notification,
    Review,
    ReviewAuthor,
    ReviewDecision,
    ReviewMember,
    Step,
    Watcher,
)
from .transitions import Stateful

REFUSED = (Conflict, PermissionDenied, ValidationError)


class WorkflowAdmin(GovernedAdmin):
    """An admin whose records move only by their steps: state read-only, a button a step, the difference above.

    Drafts are edited in the form; what is in force, or waits for a decision, changes by proposals alone.
    """

    change_form_template = "admin/workflow/change_form.html"
    state_fields = []

    # ---------- what may be edited ----------

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.is_edited_freely)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_edited_freely)

    def has_view_permission(self, request, obj=None):
        """Who may decide has to see what it is about."""
        deciding = self.model.decided_with()
        return super().has_view_permission(request, obj) or any(map(request.reader.may, deciding))

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *self.state_fields]

    def save_model(self, request, obj, form, change):
        if not change and hasattr(obj, "author_id"):
            obj.author = request.user
        super().save_model(request, obj, form, change)

    # ---------- steps ----------

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        step = path(
            "<path:object_id>/step/<slug:step>/", self.admin_site.admin_view(self.step_view), name=name
        )
        return [step, *super().get_urls()]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= self.workflow_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def workflow_context(self, request, record):
        """What stands below the form: the open proposal with its difference, the steps, what happened so far."""
        waiting = reviews.waiting_review(record)
        return {
            "steps": self.steps(record, request.reader, waiting),
            "needs_proof": waiting is not None and refusals.needs_proof(waiting, request.reader),
            "step_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_step",
            "review": waiting,
            "changed_fields": desk.fields_of(waiting) if waiting is not None else [],
            "decisions": ReviewDecision.objects.filter(review__in=Review.objects.of(record)).select_related(
                "review", "person", "on_behalf_of"
            ),
            "steps_taken": Step.objects.of(record).select_related("actor"),
            "portal_url": desk.address_of(record),
        }

    def steps(self, record, reader, waiting):
        if isinstance(record, Stateful):
            return record.steps_for(reader)
        return (
            [step for step in reviews.steps_for(waiting, reader) if step.name != "reject"] if waiting else []
        )

    def step_view(self, request, object_id, step):
        """Take one step of one record, then show the record as it now stands."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, object_id)
        if record is None or not self.has_view_permission(request, record):
            raise Http404
        try:
            if wrong := proof.show(request):
                raise ValidationError({"password": [wrong]})
            said = self.take(
                request, record, step, request.POST.get("comment", ""), request.POST.get("hash", "")
            )
        except KeyError:
            raise Http404 from None
        except (Conflict, ValidationError) as refused:
            self.message_user(request, sentence(refused), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", record.pk)

    def take(self, request, record, step, reason, shown):
        """Take the step and return the sentence that says so. `shown` is the hash of the proposal on the screen."""
        with transaction.atomic():
            if isinstance(record, Stateful):
                spec = next((each for each in record.transitions() if each.name == step), None)
                if spec is None:
                    raise KeyError(step)
                given = {"shown": shown or "-"} if spec.review in ("approve", "request_changes") else {}
                record.take(step, by=request.reader, comment=reason, **given)
                return f"{spec.label}: {record}"
            waiting = reviews.open_review(record)
            if waiting is None or step not in (*reviews.DECISIONS, "withdraw"):
                raise KeyError(step)
            reviews.take(waiting, step, by=request.reader, reason=reason, shown=shown)
            return f"{dict(STEP_WORDS).get(step, step)}: {record}"

    # ---------- many at once ----------

    def get_actions(self, request):
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        for name, label in self.bulk_steps():
            found[f"step_{name}"] = (_bulk(name, label), f"step_{name}", label)
        return found

    def bulk_steps(self):
        if issubclass(self.model, Stateful):
            return [(spec.name, spec.label) for spec in self.model.transitions()]
        return list(STEP_WORDS)

    def confirm(self, request, queryset, name, label):
        """First show what every row would become, then take the step row by row, each with its own result."""
        records = list(queryset)
        if request.POST.get("confirmed") != "yes":
            rows = [(record, reviews.waiting_review(record)) for record in records]
            context = {
                **self.admin_site.each_context(request),
                "title": label,
                "opts": self.opts,
                "action": f"step_{name}",
                "rows": [(record, found, desk.fields_of(found) if found else []) for record, found in rows],
            }
            return TemplateResponse(request, "admin/workflow/confirm.html", context)
        for record in records:
            shown = request.POST.get(f"hash_{record.pk}", "")
            try:
                said = self.take(request, record, name, request.POST.get("comment", ""), shown)
            except REFUSED as refused:
                self.message_user(request, f"{record}: {sentence(refused)}", messages.ERROR)
            except KeyError:
                self.message_user(request, f"{record}: " + _("nothing waits for a decision."), messages.ERROR)
            else:
                self.message_user(request, said, messages.SUCCESS)
        return None


STEP_WORDS = (
    ("approve", gettext_lazy("Approve")),
    ("send_back", gettext_lazy("Request changes")),
    ("withdraw", gettext_lazy("Withdraw")),
)


def _bulk(name, label):
    def action(modeladmin, request, queryset):
        return modeladmin.confirm(request, queryset, name, label)

    action.short_description = label
    return action


def sentence(refused):
    """What a refusal says to people."""
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)


class DecisionInline(admin.TabularInline):
    """What people decided, for reading."""

    model = ReviewDecision
    extra = 0
    fields = readonly_fields = [
        "revision",
        "decision",
        "person",
        "on_behalf_of",
        "capacity",
        "reason",
        "decided_at",
    ]

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Proposals; they are decided on at the page of their record, or at the desk."""

    list_display = [
        "number",
        "title",
        "kind",
        "state",
        "risk",
        "domain_name",
        "submitted_by",
        "submitted_at",
        "due",
    ]
    list_select_related = ["submitted_by"]
    list_filter = ["state", "kind", "risk", "domain_name"]
    search_fields = ["title", "number"]
    inlines = [DecisionInline]

    def view_on_site(self, obj):
        return reverse("workflow:review", args=[obj.number])


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    list_display = ["taken_at", "name", "subject_table", "before", "after", "actor_name", "reason"]
    list_filter = ["name", "subject_table"]
    search_fields = ["actor_name", "reason"]


@admin.register(ReviewAuthor)
class ReviewAuthorAdmin(ReadOnlyAdmin):
    list_display = ["review", "person", "revision", "added_at"]
    list_select_related = ["review", "person"]
    search_fields = ["person__username"]


@admin.register(ReviewMember)
class ReviewMemberAdmin(ReadOnlyAdmin):
    list_display = ["title", "action", "review", "revision", "subject_table"]
    list_select_related = ["review"]
    list_filter = ["action", "subject_table"]
    search_fields = ["title"]


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(ReadOnlyAdmin):
    list_display = ["decided_at", "review", "revision", "decision", "person", "on_behalf_of", "capacity"]
    list_select_related = ["review", "person", "on_behalf_of"]
    list_filter = ["decision"]
    search_fields = ["person__username", "reason"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ["from_person", "to_person", "review", "starts_at", "ends_at", "ended_at", "reason"]
    list_select_related = ["from_person", "to_person", "review"]
    search_fields = ["from_person__username", "to_person__username"]


@admin.register(Watcher)
class WatcherAdmin(ReadOnlyAdmin):
    list_display = ["person", "review", "since"]
    list_select_related = ["person", "review"]
    search_fields = ["person__username"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "person", "event", "why", "text", "read_at", "mailed_at"]
    list_select_related = ["person"]
    list_filter = ["event", "why"]
    search_fields = ["person__username", "text"]


@admin.register(NoticePreference)
class NoticePreferenceAdmin(ReadOnlyAdmin):
    list_display = ["person", "mails"]
    list_select_related = ["person"]
    list_filter = ["mails"]
    search_fields = ["person__username"]
