"""Questions about plans: whose they are, who may read them, where they stand."""

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils import timezone

from apps.catalog.models import Capsule
from apps.dcs.models import VisibleQuerySet
from apps.people.roles import SECRET
from apps.workflow.models import Review

# Whoever ships, decides on, or audits changes reads those of others as well.
READ_ALL = ("catalog.edit_capsule", "catalog.edit_policy", "catalog.edit_contract", "audit.view_change")


class _Mentions(Func):
    """True if an object has any of the keys of an array."""

    template = "(%(expressions)s)"
    arg_joiner = " ?| "
    output_field = BooleanField()


class PlanQuerySet(VisibleQuerySet):
    def visible_to(self, reader):
        """The reader's own plans; those of others too for who may read all, but for plans of capsules hidden from them."""
        if reader.is_system:
            return self
        mine = Q(author=reader.user)
        if not any(reader.may(permission) for permission in READ_ALL):
            return self.filter(mine)
        if reader.clearance >= SECRET:
            return self
        hidden = Capsule._base_manager.filter(visibility_rank__gt=reader.clearance).order_by().values("urn")
        names = Cast(ArraySubquery(hidden), ArrayField(TextField()))
        return self.annotate(hides=_Mentions(F("base"), names)).filter(mine | Q(hides=False))

    def due(self, *, at):
        """Those that somebody wants applied by this moment, and nobody has applied."""
        return self.filter(scheduled_for__lte=at, applied_at__isnull=True)

    def with_standing(self):
        """Each with `standing`: applied, waiting (for a decision on a part of it), expired, scheduled or draft."""
        return self.annotate(
            standing=Case(
                When(Q(applied_at__isnull=False) & Exists(self._undecided_parts()), then=Value("waiting")),
                When(applied_at__isnull=False, then=Value("applied")),
                When(expires_at__lte=timezone.now(), then=Value("expired")),
                When(scheduled_for__isnull=False, then=Value("scheduled")),
                default=Value("draft"),
                output_field=CharField(),
            )
        )

    def listed(self):
        """For lists: without the documents and the changes, with the `summary` of these."""
        found = self.defer("content", "result", "base")
        return found.annotate(summary=KeyTransform("summary", "result"))

    def _undecided_parts(self):
        """Parts of a plan on whose review nobody has decided for good."""
        undecided = Review._base_manager.filter(
            subject_table="plan_parts", subject_id=OuterRef("pk"), state__in=Review.UNDECIDED
        )
        parts = self.model._meta.get_field("parts").related_model._base_manager
        return parts.filter(Exists(undecided), plan=OuterRef("pk"))


class LineageEventQuerySet(QuerySet):
    def waiting(self):
        """Events that are not projected yet, those that failed apart; oldest first."""
        return self.filter(projected_at__isnull=True, error="").order_by("received_at", "position")

    def in_order(self):
        """All of them as they came."""
        return self.order_by("received_at", "position", "pk")


class SourceScheduleQuerySet(VisibleQuerySet):
    below = ("source",)

    def due(self, *, at):
        """Those whose next time has come."""
        return self.filter(is_on=True, next_due__lte=at)
