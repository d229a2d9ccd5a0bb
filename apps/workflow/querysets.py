"""The questions that reviews answer; they chain into a sentence."""

from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.dcs.models import VisibleQuerySet


class StepQuerySet(VisibleQuerySet):
    def of(self, record):
        """The steps that one record has taken."""
        return self.filter(subject_table=record._meta.db_table, subject_id=record.pk)


class ReviewQuerySet(VisibleQuerySet):
    def of(self, record):
        """The proposals about one record."""
        return self.filter(subject_table=record._meta.db_table, subject_id=record.pk)

    def touching(self, record):
        """The proposals about one record, and those about many that have it among them."""
        return self.touching_any(record._meta.db_table, [record.pk])

    def touching_any(self, table, keys):
        """Like `touching`, for the rows of a table that have one of the keys."""
        members = self.model._meta.get_field("members").related_model.objects.filter(
            subject_table=table, subject_id__in=keys
        )
        among = members.filter(review=models.OuterRef("pk"), revision=models.OuterRef("revision"))
        return self.filter(
            models.Q(subject_table=table, subject_id__in=keys)
            | models.Q(pk__in=members.values("review")) & models.Exists(among)
        )

    def undecided(self):
        """Neither applied, nor rejected, nor withdrawn."""
        return self.filter(state__in=self.model.UNDECIDED)

    def submitted(self):
        """Waiting for somebody's decision."""
        return self.filter(state=self.model.State.SUBMITTED)

    def overdue(self, *, on):
        """Submitted, and waiting since before the day they were due."""
        return self.submitted().filter(due__lt=on)

    def waiting_for(self, reader):
        """What this reader can decide on now, by the same rules that the database keeps."""
        if reader.user is None or reader.via == "token":
            return self.none()
        ids = RawSQL("SELECT dcs.reviews_waiting_for(%s)", [reader.user.pk])
        return self.visible_to(reader).filter(pk__in=ids)

    def asked_by(self, reader):
        """What this reader wrote, or a part of it, and is not settled."""
        return self.visible_to(reader).undecided().filter(authors__person=reader.user)

    def watched_by(self, reader):
        """What this reader follows without having to decide."""
        return self.visible_to(reader).filter(watchers__person=reader.user)

    def done_by(self, reader):
        """What this reader has decided on, or wrote and is settled."""
        decided = models.Exists(
            self.model._meta.get_field("decisions")
            .related_model.objects.filter(review=models.OuterRef("pk"), person=reader.user)
            .exclude(decision="comment")
        )
        wrote = models.Exists(
            self.model._meta.get_field("authors").related_model.objects.filter(
                review=models.OuterRef("pk"), person=reader.user
            )
        )
        return self.visible_to(reader).filter(
            decided | (models.Q(state__in=self.model.FINAL) & models.Q(wrote))
        )


class DelegationQuerySet(models.QuerySet):
    def in_force(self, *, at=None):
        """Begun, not over and not ended early."""
        at = at or timezone.now()
        return self.filter(
            models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=at),
            ended_at__isnull=True,
            starts_at__lte=at,
        )

    def covering(self, review):
        """Those that reach this review."""
        return self.filter(
            models.Q(review__isnull=True) | models.Q(review=review),
            models.Q(kind="") | models.Q(kind=review.kind),
        )


class NotificationQuerySet(models.QuerySet):
    def for_reader(self, reader):
        """What this reader was told about things that they may still know of."""
        return self.filter(person=reader.user).filter(
            models.Q(review__isnull=True) | models.Q(review__visibility_rank__lte=reader.clearance)
        )

    def unread(self):
        """Not seen yet."""
        return self.filter(read_at__isnull=True)
