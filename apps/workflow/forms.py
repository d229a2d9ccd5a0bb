"""Forms of the review desk."""

import datetime

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Delegation


class AbsenceForm(forms.ModelForm):
    """Who decides for a person, from which day to which; both days count."""

    starts_on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    class Meta:
        model = Delegation
        fields = ["to_person", "reason"]
        labels = {"to_person": _("Stand-in"), "reason": _("Reason")}
        widgets = {"reason": forms.TextInput}

    field_order = ["to_person", "starts_on", "ends_on", "reason"]

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.from_person = person
        roles = person.groups.values("pk")
        people = get_user_model().objects.filter(is_active=True, groups__in=roles).exclude(pk=person.pk)
        self.fields["to_person"].queryset = people.distinct().order_by("first_name", "last_name")
        self.fields["starts_on"].initial = timezone.localdate

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last:
            if last < first:
                self.add_error("ends_on", _("The end lies after the start."))
            begin = datetime.datetime.combine(first, datetime.time(), datetime.UTC)
            self.instance.starts_at = begin
            self.instance.ends_at = datetime.datetime.combine(
                last + datetime.timedelta(days=1), datetime.time(), datetime.UTC
            )
        return cleaned
