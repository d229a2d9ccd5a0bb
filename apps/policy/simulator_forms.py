"""What the simulator is asked: who, for what, from where, on which day, about which capsule."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.models import Capsule
from apps.people.models import User
from apps.people.reader import reader_of
from apps.people.roles import ROLES

from . import simulating

PERSON = "person"
FIRST_ROLE = "analyst"


class CircumstancesForm(forms.Form):
    """For what, from where and on which day somebody looks."""

    purpose = forms.CharField(label=gettext_lazy("Purpose"), required=False, max_length=100)
    region = forms.CharField(
        label=gettext_lazy("Region"), required=False, max_length=50,
        help_text=gettext_lazy("Such as EU."),
    )  # fmt: skip
    on = forms.DateField(
        label=gettext_lazy("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Policies in force on that day; today if empty."),
    )  # fmt: skip

    @property
    def about(self):
        """The purpose and region as `Reader` has them."""
        return {name: self.cleaned_data.get(name, "") for name in ("purpose", "region")}

    @property
    def day(self):
        return self.cleaned_data.get("on") or timezone.now().date()


class SimulatorForm(CircumstancesForm):
    """The question of the simulator; `who` and `capsule_found` answer for a valid form."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[(role.name, gettext_lazy(role.title)) for role in ROLES.values()],
    )
    person = forms.CharField(
        label=gettext_lazy("Person"), required=False, max_length=150,
        help_text=gettext_lazy("A user name; counts instead of the role."),
    )  # fmt: skip
    capsule = forms.CharField(
        label=gettext_lazy("Capsule"), max_length=700, help_text=gettext_lazy("Its name or URN.")
    )
    field_order = ["role", "person", "capsule", "purpose", "region", "on"]

    def __init__(self, *args, asker, **kwargs):
        super().__init__(*args, **kwargs)
        self.asker = asker
        self.person_found = self.capsule_found = None

    def clean_person(self):
        name = self.cleaned_data["person"].strip()
        if name:
            self.person_found = User.objects.filter(username__iexact=name, is_active=True).first()
            if self.person_found is None:
                raise forms.ValidationError(_("Nobody is called “%(name)s” here.") % {"name": name})
        return name

    def clean_capsule(self):
        text = self.cleaned_data["capsule"].strip()
        seen = Capsule.objects.visible_to(self.asker)
        named = list(seen.filter(urn=text)[:1]) or list(
            seen.filter(name__iexact=text, retired_at=None).order_by("urn")[:2]
        )
        if not named:
            raise forms.ValidationError(_("There is no capsule of this name. Copy its URN from its page."))
        if len(named) > 1:
            raise forms.ValidationError(_("Several capsules have this name. Copy the URN from its page."))
        (self.capsule_found,) = named
        return text

    @property
    def who(self):
        """The `Reader` who is simulated."""
        if self.person_found is not None:
            return reader_of(self.person_found, **self.about)
        return simulating.of_role(self.cleaned_data.get("role") or FIRST_ROLE, **self.about)
