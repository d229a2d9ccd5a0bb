"""Who was told what, and how they want to be told."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.dcs.fields import Moment
from apps.dcs.models import Keyed

from ..querysets import NotificationQuerySet
from .reviews import Review


class Notification(Keyed):
    """One sentence to one person, with the reason why they are told; not audited, it repeats what the log has."""

    class Why(models.TextChoices):
        DECIDER = "decider", _("You can decide on it.")
        STAND_IN = "stand_in", _("A colleague asked you to decide in their place.")
        AUTHOR = "author", _("You wrote it.")
        WATCHER = "watcher", _("You watch it.")
        OWNER = "owner", _("You look after it or its domain.")
        TALKED = "talked", _("You took part in its discussion.")
        CONSUMER = "consumer", _("You or your team use this data.")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    review = models.ForeignKey(Review, models.CASCADE, null=True, related_name="notifications")
    event = models.CharField(max_length=30)
    stage = models.CharField(max_length=60, blank=True, default="", db_default="")
    why = models.CharField(max_length=20, choices=Why)
    text = models.CharField(max_length=1000)
    url = models.CharField(max_length=500, blank=True, default="", db_default="")
    urgent = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        ordering = ["-created_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["person", "-created_at"], name="notifications_person"),
            models.Index(
                fields=["created_at"], condition=models.Q(mailed_at__isnull=True), name="notifications_unsent"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "review", "event", "stage"],
                condition=~models.Q(stage=""),
                name="one_reminder_a_stage",
            ),
            models.UniqueConstraint(
                fields=["person", "event", "stage"],
                condition=models.Q(review__isnull=True) & ~models.Q(stage=""),
                name="one_message_a_stage",
            ),
        ]

    def __str__(self):
        return self.text


class NoticePreference(Keyed):
    """When a person's mails come; who never chose gets one a day."""

    class Mails(models.TextChoices):
        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("Once a day, together")
        NEVER = "never", _("Never; I look here")

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preference")
    mails = models.CharField(max_length=10, choices=Mails, default=Mails.DAILY, db_default=Mails.DAILY)

    class Meta:
        db_table = "notice_preferences"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="mails_valid", condition=models.Q(mails__in=["at_once", "daily", "never"])
            ),
        ]

    def __str__(self):
        return f"{self.person}: {self.get_mails_display()}"
