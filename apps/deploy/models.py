"""Plans: what a file of capsule documents would do, kept until it is done or a day has passed."""

import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as __

from apps.catalog.changes.codes import DIMENSIONS
from apps.dcs.fields import Next, ObjectField, empty_list
from apps.dcs.models import Record, VisibleQuerySet
from apps.workflow.reviewable import Affected, Reviewable, Risk

LASTS = datetime.timedelta(hours=24)


class _Decides:
    """The permission to decide on a plan: of contracts if it holds nothing else, else of policies."""

    def __get__(self, plan, model):
        sections = {section for held in plan.held.values() for section in held} if plan is not None else set()
        return "catalog.edit_contract" if sections == {"contract"} else "catalog.edit_policy"


class PlanQuerySet(VisibleQuerySet):
    def of(self, reader):
        """The plans that the reader made; the portal's own tasks see all."""
        return self if reader.is_system else self.filter(author=reader.user)


class Plan(Reviewable, Record):
    """What a file of capsule documents would do, by capsule and dimension. People call it by its number: PL-12.

    `content` holds the documents, `base` the hash of each capsule's state when it was made, `result` the answer of
    capsule-document.md section 7. `held` are the sections that wait for an approval once the rest was applied, {URN:
    {section: value}}; the plan is then the subject of their review (errata row E22).
    """

    governed_fields = ("held",)
    review_kind = "plan"
    review_permission = _Decides()
    review_icon = "git-pull-request"
    review_domain = None
    large_fields = ("content", "result")

    number = models.BigIntegerField(db_default=Next("dcs.plans_number"), editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    document_hash = models.CharField(max_length=64)
    base = ObjectField(editable=False)
    options = ObjectField(editable=False)
    content = models.JSONField(default=list, db_default=empty_list(), editable=False)
    result = ObjectField(editable=False)
    held = ObjectField()
    expires_at = models.DateTimeField(editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        db_table = "plans"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["number"], name="plan_number_unique")]

    def __str__(self):
        return f"PL-{self.number}"

    def get_absolute_url(self):
        return reverse("api:plan-detail", args=[self.pk])

    @property
    def is_expired(self):
        """True if it is too old to be applied."""
        return self.expires_at <= timezone.now()

    @property
    def answer(self):
        """The result with dimensions in the order of the design, which stored objects do not keep."""
        capsules = [
            {**each, "dimensions": {name: each["dimensions"][name] for name in DIMENSIONS}}
            for each in self.result["capsules"]
        ]
        return {**self.result, "capsules": capsules}

    # ---------- the review of what it holds back ----------

    @property
    def is_in_force(self):
        """What it holds back is about capsules that people rely on."""
        return True

    def content_in_force(self):
        from . import holding

        return holding.in_force(self)

    def note_writer(self, review):
        from . import holding

        holding.carry_out(self, review)

    def risk_of(self, base, proposal):
        return Risk("high")

    def affected(self, reader):
        """The capsules whose policies or contracts wait."""
        urns = sorted(self.held)
        return len(urns), [Affected(urn, reverse("catalog:capsule", args=[urn])) for urn in urns[:20]]

    def in_short(self, base, proposal, changed):
        return __("Policies and contracts of %(n)s capsules") % {"n": len(proposal.get("held") or {})}
