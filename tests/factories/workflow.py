from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.audit.context import acting
from apps.workflow import reviews
from apps.workflow.models import (
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

from .glossary import TermFactory, proposed_import
from .people import UserFactory


class ReviewFactory(DjangoModelFactory):
    """A proposal that waits for a decision: `ReviewFactory(subject=term, content={"category": "risk"}, by=ada)`."""

    class Meta:
        model = Review

    subject = factory.SubFactory(TermFactory)
    content = factory.LazyFunction(dict)
    by = factory.SelfAttribute("subject.author")
    reason = "Wanted by Finance."

    @classmethod
    def _create(cls, model_class, *args, subject, content, by, **kwargs):
        return reviews.propose(subject, content, by=by, **kwargs)


class ReviewAuthorFactory(DjangoModelFactory):
    class Meta:
        model = ReviewAuthor

    review = factory.SubFactory(ReviewFactory)
    person = factory.SubFactory(UserFactory)


class ReviewDecisionFactory(DjangoModelFactory):
    """A remark of somebody; a real decision is made by `reviews.decide`."""

    class Meta:
        model = ReviewDecision

    review = factory.SubFactory(ReviewFactory)
    by = factory.SubFactory(UserFactory)
    text = "Sales says the same."

    @classmethod
    def _create(cls, model_class, *args, review, by, text):
        return reviews.comment(review, by=by, text=text)


class ReviewMemberFactory(DjangoModelFactory):
    """A new term of an import that waits for a decision."""

    class Meta:
        model = ReviewMember

    name = factory.Sequence("margin_{}".format)
    by = factory.SubFactory(UserFactory, role="producer")

    @classmethod
    def _create(cls, model_class, *args, name, by):
        review = proposed_import((name, "What is left of revenue after all costs."), by=by)
        return review.members.get()


class DelegationFactory(DjangoModelFactory):
    class Meta:
        model = Delegation

    from_person = factory.SubFactory(UserFactory, role="steward")
    to_person = factory.SubFactory(UserFactory, role="steward")
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))
    reason = "On leave."

    @classmethod
    def _create(cls, model_class, *args, from_person, **kwargs):
        with acting(from_person):
            return model_class.objects.create(from_person=from_person, **kwargs)


class WatcherFactory(DjangoModelFactory):
    class Meta:
        model = Watcher

    review = factory.SubFactory(ReviewFactory)
    person = factory.SubFactory(UserFactory)


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    person = factory.SubFactory(UserFactory)
    review = factory.SubFactory(ReviewFactory)
    event = "asked"
    why = Notification.Why.DECIDER
    text = "Ada Lovelace asks for a decision on Revenue."


class NoticePreferenceFactory(DjangoModelFactory):
    class Meta:
        model = NoticePreference

    person = factory.SubFactory(UserFactory)


class StepFactory(DjangoModelFactory):
    class Meta:
        model = Step

    subject_table = "business_terms"
    subject_id = factory.LazyFunction(lambda: TermFactory().pk)
    name = "submit"
    before = "draft"
    after = "under_review"
