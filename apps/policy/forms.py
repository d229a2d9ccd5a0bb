"""The form of a policy."""

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.forms import WordsField
from apps.catalog.models import Owner

from .models import Policy

LISTS = (
    "classification_tags", "allowed_regions", "restricted_regions", "allowed_roles", "denied_roles",
    "approved_purposes", "prohibited_purposes", "compliance_frameworks",
)  # fmt: skip
HELP = {
    "retention_period": gettext_lazy("Such as “7 years” or P7Y."),
    "deletion_action": gettext_lazy(
        "Deletion and anonymization make the period the longest allowed; otherwise it is the shortest."
    ),
    "allowed_regions": gettext_lazy("Parted by commas, such as EU, CH. Empty: anywhere."),
    "allowed_roles": gettext_lazy("Parted by commas. Empty: everybody with the clearance."),
    "denied_roles": gettext_lazy("Kept out, whatever other role lets them in."),
    "data_residency": gettext_lazy("The region in which the data stays; multi_region for several."),
    "review_frequency": gettext_lazy("How often somebody confirms that it still fits, such as “1 year”."),
    "compliance_frameworks": gettext_lazy("Such as GDPR, PCI-DSS, HIPAA."),
    "effective_from": gettext_lazy("Empty: as soon as it is approved."),
}


class PolicyForm(forms.ModelForm):
    """All that people write of a policy, with what its author saw (`seen`) and why."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("One sentence for the people who decide, and for the log."),
    )

    class Meta:
        model = Policy
        fields = [
            "sensitivity_level", "classification_tags", "retention_period", "retention_start", "deletion_action",
            "legal_hold", "allowed_regions", "restricted_regions", "data_residency", "cross_border_transfer",
            "min_access_level", "allowed_roles", "denied_roles", "approved_purposes", "prohibited_purposes",
            "requires_masking", "masking_method", "encryption_required", "encryption_method", "encryption_at_rest",
            "encryption_in_transit", "compliance_frameworks", "consent_required", "right_to_erasure",
            "audit_log_required", "audit_retention_period", "owner", "review_frequency", "next_review_date",
            "effective_from", "effective_to",
        ]  # fmt: skip
        help_texts = HELP
        field_classes = dict.fromkeys(LISTS, WordsField)
        widgets = {
            **dict.fromkeys(LISTS, forms.TextInput),
            **{
                name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
                for name in ("next_review_date", "effective_from", "effective_to")
            },
        }

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.fields["owner"].queryset = Owner.objects.visible_to(reader)
        if not self.instance._state.adding:
            self.fields["seen"].initial = self.instance.updated_at.isoformat()

    def clean(self):
        said = super().clean()
        known = set(Group.objects.values_list("name", flat=True))
        for name in ("allowed_roles", "denied_roles"):
            if unknown := sorted(set(said.get(name) or ()) - known):
                self.add_error(name, _("There is no role %(names)s.") % {"names": ", ".join(unknown)})
        begins, ends = said.get("effective_from"), said.get("effective_to")
        if begins and ends and begins > ends:
            self.add_error("effective_to", _("The policy ends before it begins."))
        return said

    def _get_validation_exclusions(self):
        # Subject, author and state are not in the form: the verbs see to them.
        return {field.name for field in Policy._meta.fields} - set(self.fields)

    def validate_constraints(self):
        """The dates are compared above; what else the database keeps is not in this form."""

    def clean_seen(self):
        """When the row had last changed as the author saw it; None if the form does not say."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            raise ValidationError(_("This is no moment.")) from None

    def values(self):
        """What to store: an empty text is stored as missing."""
        found = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return {name: None if value == "" else value for name, value in found.items()}
