"""Announcements: changes that would break what a contract promises, told to those who use the data; and their answers."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Capsule
from apps.catalog.querysets import OfCapsuleQuerySet
from apps.dcs.fields import Moment, Next, StringListField, empty_list, empty_object
from apps.dcs.models import Keyed, Visible, VisibleQuerySet


class Announcement(Keyed, Visible):
    """A change to come, as consumers were told of it (breaking-changes.md, section 5, way 1). People call it AN-7.

    `covers` lists {code, pointer, text, fingerprint}, one for each change; `carried_out` says by the fingerprint which
    plan did it, and such a change is announced no more. `told` are the consumers it went to. `contract_version` is the
    version in force that it counted with, `effective_on` the first day on which its notice is kept. The database says
    when it was announced, and lets nobody rewrite it.
    """

    number = models.BigIntegerField(db_default=Next("dcs.announcements_number"), editable=False)
    capsule = models.ForeignKey(Capsule, models.CASCADE, related_name="announcements", editable=False)
    contract_version = models.CharField(max_length=50, editable=False)
    covers = models.JSONField(default=list, db_default=empty_list(), editable=False)
    carried_out = models.JSONField(default=dict, db_default=empty_object(), editable=False)
    told = StringListField(editable=False)
    text = models.TextField(editable=False)
    effective_on = models.DateField(editable=False)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    announced_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = OfCapsuleQuerySet.as_manager()

    class Meta:
        db_table = "announcements"
        ordering = ["-announced_at"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["number"], name="announcement_number_unique")]
        indexes = [models.Index(fields=["capsule", "-announced_at"], name="announcements_capsule")]

    def __str__(self):
        return f"AN-{self.number}"

    def get_absolute_url(self):
        return reverse("contracts:announcement", args=[self.number])


class AnswerQuerySet(VisibleQuerySet):
    below = ("announcement", "announcement__capsule")


class Answer(Keyed, Visible):
    """What a consumer said to an announcement; a later answer replaces an earlier one, and both stay."""

    class Says(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        OBJECTED = "objected", _("Objected")

    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="answers", editable=False)
    consumer = models.CharField(max_length=255, editable=False)
    says = models.CharField(max_length=20, choices=Says, editable=False)
    reason = models.TextField(blank=True, default="", db_default="", editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        db_table = "announcement_answers"
        ordering = ["answered_at", "pk"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["announcement", "answered_at"], name="announcement_answers_of")]
        constraints = [
            models.CheckConstraint(
                name="announcement_answer_valid", condition=models.Q(says__in=["acknowledged", "objected"])
            ),
            models.CheckConstraint(
                name="objections_say_why", condition=models.Q(says="acknowledged") | ~models.Q(reason="")
            ),
        ]

    def __str__(self):
        return f"{self.consumer}: {self.get_says_display()}"
