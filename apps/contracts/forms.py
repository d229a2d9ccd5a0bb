"""The forms of a contract: its text, and its end."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.forms import WordsField
from apps.catalog.models import Owner

from . import timing, writing
from .models import Contract

HELP = {
    "version": gettext_lazy("Such as 2.1.0. A number is used once."),
    "freshness_sla": gettext_lazy("Such as “6 hours” or PT6H: how old the data may become."),
    "freshness_schedule": gettext_lazy(
        "When it is renewed: hourly, daily, daily_8am, or five fields of cron."
    ),
    "completeness_sla": gettext_lazy("Percent of the values that are there."),
    "availability_sla": gettext_lazy("Percent of the time; 99.9 leaves 43 minutes a month."),
    "max_downtime": gettext_lazy("Such as “1 hour”, with its period beside it."),
    "critical_quality_rules": gettext_lazy("Names of rules that must pass, parted by commas."),
    "query_latency_p95": gettext_lazy("Milliseconds that 95 of 100 queries stay below."),
    "query_latency_p99": gettext_lazy("Milliseconds that 99 of 100 queries stay below."),
    "breaking_change_notice_days": gettext_lazy(
        "Days between the announcement of a breaking change and the change."
    ),
    "maintenance_windows": gettext_lazy("One a line, such as: sunday 02:00-04:00 Europe/Berlin."),
}
WINDOW = re.compile(
    r"(?P<day>\S+)\s+(?P<start>\d\d:\d\d)\s*[-–]\s*(?P<end>\d\d:\d\d)(?:\s+(?P<timezone>\S+))?"
)


class WindowsField(forms.CharField):
    """Maintenance windows as people write them, one a line, in place of the JSON that stores them."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *args, encoder=None, decoder=None, **kwargs):
        super().__init__(*args, **kwargs)

    def prepare_value(self, value):
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{one.get('day')} {one.get('start')}-{one.get('end')} {one.get('timezone', '')}".rstrip()
            for one in value
        )

    def clean(self, value):
        found = []
        for number, line in enumerate((super().clean(value) or "").splitlines(), start=1):
            if not line.strip():
                continue
            match = WINDOW.fullmatch(line.strip())
            if match is None:
                said = _("Line %(line)s: write day, start and end, such as sunday 02:00-04:00.")
                raise ValidationError(said % {"line": number})
            window = {key: text for key, text in match.groupdict().items() if text}
            window["day"] = window["day"].lower()
            if not timing.is_window(window):
                said = _(
                    "Line %(line)s: the day, the hours or the zone does not exist, or nothing lies between them."
                )
                raise ValidationError(said % {"line": number})
            found.append(window)
        return found


class ContractForm(forms.ModelForm):
    """All that people write of a contract, with what its author saw (`seen`) and why."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("One sentence for the people who decide, and for the log."),
    )

    class Meta:
        model = Contract
        fields = [
            "version", "freshness_sla", "freshness_schedule", "completeness_sla", "expected_row_count_min",
            "expected_row_count_max", "availability_sla", "max_downtime", "max_downtime_period",
            "maintenance_windows", "quality_score_sla", "critical_quality_rules", "query_latency_p95",
            "query_latency_p99", "schema_change_policy", "breaking_change_notice_days", "deprecation_policy",
            "support_level", "support_contact", "support_slack_channel", "support_oncall",
            "consumer_notification_required", "cost_center", "owner",
        ]  # fmt: skip
        help_texts = HELP
        labels = {
            "version": gettext_lazy("Version"),
            "freshness_sla": gettext_lazy("Fresh within"),
            "freshness_schedule": gettext_lazy("Renewed"),
            "completeness_sla": gettext_lazy("Complete"),
            "expected_row_count_min": gettext_lazy("Least rows"),
            "expected_row_count_max": gettext_lazy("Most rows"),
            "availability_sla": gettext_lazy("Available"),
            "max_downtime": gettext_lazy("Longest downtime"),
            "max_downtime_period": gettext_lazy("In a"),
            "quality_score_sla": gettext_lazy("Quality score"),
            "critical_quality_rules": gettext_lazy("Critical rules"),
            "query_latency_p95": gettext_lazy("Latency, p95"),
            "query_latency_p99": gettext_lazy("Latency, p99"),
            "schema_change_policy": gettext_lazy("Changes of structure"),
            "breaking_change_notice_days": gettext_lazy("Days of notice"),
            "deprecation_policy": gettext_lazy("When something is given up"),
            "support_level": gettext_lazy("Support"),
            "support_contact": gettext_lazy("Contact"),
            "support_slack_channel": gettext_lazy("Slack channel"),
            "support_oncall": gettext_lazy("On call"),
            "cost_center": gettext_lazy("Cost centre"),
            "consumer_notification_required": gettext_lazy("Tell consumers of changes"),
        }
        field_classes = {"maintenance_windows": WindowsField, "critical_quality_rules": WordsField}
        widgets = {
            "maintenance_windows": forms.Textarea(attrs={"rows": 3}),
            "critical_quality_rules": forms.TextInput,
        }

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Owner.objects.visible_to(reader).order_by("name")
        for name in ("completeness_sla", "availability_sla", "quality_score_sla"):
            if (value := getattr(self.instance, name)) is not None:
                self.initial[name] = f"{value.normalize():f}"
            self.fields[name].validators += [MinValueValidator(0), MaxValueValidator(100)]
        if self.instance._state.adding:
            del self.fields["seen"]
        else:
            self.fields["seen"].initial = self.instance.updated_at.isoformat()
            if self.instance.status != Contract.Status.DRAFT:
                # A number that people know stays with its text.
                del self.fields["version"]

    def clean(self):
        said = super().clean()
        if (said.get("max_downtime") is None) != (not said.get("max_downtime_period")):
            self.add_error("max_downtime", _("A longest downtime needs its period, and the other way round."))
        least, most = said.get("expected_row_count_min"), said.get("expected_row_count_max")
        if least is not None and most is not None and least > most:
            self.add_error("expected_row_count_max", _("The smallest row count is above the largest."))
        return said

    def _get_validation_exclusions(self):
        # Capsule, author and state are not in the form: the verbs see to them.
        return {field.name for field in Contract._meta.fields} - set(self.fields)

    def validate_constraints(self):
        """Pairs are compared above; bounds of single values belong to their fields."""

    def clean_freshness_schedule(self):
        text = (self.cleaned_data.get("freshness_schedule") or "").strip()
        if not text:
            return None
        try:
            timing.schedule(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return text

    def clean_version(self):
        version = self.cleaned_data["version"].strip()
        same = Contract._base_manager.filter(capsule=self.instance.capsule, version=version)
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError(writing.taken(self.instance.capsule, version).detail)
        return version

    def clean_seen(self):
        """When the row had last changed as the author saw it; None if the form does not say."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            raise ValidationError(_("This is no moment.")) from None

    def values(self):
        """{field: value} of what the form changes of a contract; empty texts are none."""
        found = {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.cleaned_data}
        nullable = {field.name for field in Contract._meta.fields if field.null}
        return {name: None if value == "" and name in nullable else value for name, value in found.items()}


class EndForm(forms.Form):
    """From when a contract no longer holds, what takes its place, and why."""

    day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: as soon as somebody else has agreed."),
    )
    replacement = forms.CharField(
        label=gettext_lazy("Replacement"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("The URN of the capsule to use instead."),
    )
    comment = forms.CharField(label=gettext_lazy("Why"), max_length=1000)
