"""How reviews are narrowed, at the desk and in the API."""

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.ui.filters import FilterSet, OneOf, OneWord

from .models import Review


class ReviewFilter(FilterSet):
    """The filters of reviews; all of them must hold."""

    state = OneWord(words={each.value: each for each in Review.State}, label=_("State"))
    risk = OneWord(words={each.value: each for each in Review.Risk}, label=_("Risk"))
    kind = OneOf(field_name="kind", label=_("Kind"))
    domain = OneOf(field_name="domain_name", label=_("Domain"))
    number = django_filters.NumberFilter(label=_("Number"))
    subject_id = django_filters.UUIDFilter(label=_("Record"))
    overdue = django_filters.BooleanFilter(method="only_overdue", label=_("Overdue"))

    class Meta:
        model = Review
        fields = []

    def only_overdue(self, reviews, name, value):
        late = {"state": Review.State.SUBMITTED, "due__lt": timezone.localdate()}
        return reviews.filter(**late) if value else reviews.exclude(**late)
