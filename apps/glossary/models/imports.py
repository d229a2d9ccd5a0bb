"""Files of terms on their way to a review."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import ObjectField, StringListField, empty_list
from apps.dcs.models import Record, VisibleQuerySet
from apps.workflow.reviewable import ReviewableMany, Risk

from .terms import Term


class TermImport(ReviewableMany, Record):
    """A file of terms and the plan that was made of it, until it is proposed and somebody else lets it happen.

    `rows` are those of `apps.glossary.plans` as JSON, `options` say how the file was read, `outcome` what became of it.
    """

    review_kind = "term_import"
    review_permission = "glossary.review_term"
    review_icon = "upload"
    large_fields = ("rows",)

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        PROPOSED = "proposed", _("In review")
        APPLIED = "applied", _("Applied")
        DROPPED = "dropped", _("Dropped")

    file_name = models.CharField(max_length=255)
    format = models.CharField(max_length=20)
    options = ObjectField()
    rows = models.JSONField(default=list, db_default=empty_list())
    warnings = StringListField()
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED, db_default=State.PLANNED)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    outcome = ObjectField()
    applied_at = models.DateTimeField(null=True, editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        db_table = "term_imports"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="term_import_state_valid",
                condition=models.Q(state__in=["planned", "proposed", "applied", "dropped"]),
            ),
        ]

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return reverse("glossary:import", args=[self.pk])

    # ---------- its review ----------

    def members(self, reader):
        from .. import gathered

        return gathered.members_of(self, reader)

    def summed_up(self, members):
        from .. import gathered

        return {"file_name": self.file_name, **gathered.summed_up(members)}

    def rank_of(self, members):
        keys = [member.key for member in members if not member.new]
        highest = Term.objects.filter(pk__in=keys).aggregate(rank=models.Max("visibility_rank"))["rank"]
        return max(self.visibility_rank, highest or 0)

    def in_short(self, base, proposal, changed):
        return _("%(new)s new, %(changed)s changed") % {
            "new": proposal["new"],
            "changed": proposal["changed"],
        }

    def risk_of(self, base, proposal):
        return Risk("medium", marks=tuple(word for word in ("renamed", "other_domain") if proposal[word]))

    def affected(self, reader):
        """The columns and capsules that the changed terms explain."""
        from .. import gathered

        return gathered.affected(self, reader)

    def moved(self, review):
        from .. import gathered

        return super().moved(review) + gathered.names_taken(review)

    def carry_out(self, review, *, by, reason):
        from .. import gathered

        gathered.carry_out(self, review, by=by, reason=reason)

    def let_go(self, review):
        """It can be proposed again, or dropped."""
        self.state = self.State.PLANNED
        self.save(update_fields=["state"])

    def effect(self, proposal):
        from .. import gathered

        return gathered.effect(proposal)

    def read_as(self, contents):
        from .. import gathered

        return gathered.read_as(contents)
