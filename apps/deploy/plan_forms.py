"""Forms that bring documents: a file, or text."""

import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import origins, plan

LONGEST_SHOWN = 1024 * 1024  # bytes of an uploaded file that are put into the editor when it has faults


class ScheduleForm(forms.Form):
    """The moment at which a plan is applied; a moment without a zone is UTC."""

    at = forms.DateTimeField(
        label=_("Apply at (UTC)"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={
            "required": _("Name a day and a time."),
            "invalid": _("Write it as 2026-12-24T09:00."),
        },
    )

    def clean_at(self):
        """The moment in UTC, whatever the zone of the page."""
        return self.cleaned_data["at"].replace(tzinfo=datetime.UTC)

    @classmethod
    def beginning(cls, day):
        """The form as it is first shown: in the morning of `day`, or of tomorrow."""
        day = day or timezone.now().date() + datetime.timedelta(days=1)
        return cls(initial={"at": datetime.datetime.combine(day, datetime.time(6))})


class DecisionForm(forms.Form):
    """What a person decides about a reader's plan: that it is partial, by its name, and which vanished capsules go."""

    accept_partial = forms.CharField(
        label=_("Accept what was not understood"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    retire = forms.MultipleChoiceField(
        label=_("Gone from the source: retire"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What you do not choose stays in use and is marked as missing."),
    )

    def __init__(self, made, reader, data=None):
        super().__init__(data, initial={"retire": made.reading.get("retire", [])})
        self.name = made.reading.get("name", "")
        gone = origins.told_to(reader, made.reading).get("vanished", ())
        self.fields["retire"].choices = [(each["urn"], f"{each['name']} ({each['urn']})") for each in gone]
        if not gone:
            del self.fields["retire"]
        if not made.is_partial or made.reading.get("accepted"):
            del self.fields["accept_partial"]
        else:
            said = _("Write %(name)s to say that you have seen the list above, and want the rest.")
            self.fields["accept_partial"].help_text = said % {"name": self.name}
            self.fields["accept_partial"].error_messages["required"] = self._wanted()

    def clean_accept_partial(self):
        """The name, exactly as it stands in the plan."""
        found = self.cleaned_data["accept_partial"].strip()
        if found != self.name:
            raise forms.ValidationError(self._wanted())
        return found

    def _wanted(self):
        return _("Write the name exactly: %s") % self.name


class DocumentForm(forms.Form):
    """A document as text or as a file, and how it is taken; `data()` is what was brought, as it came."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("YAML or JSON: one capsule, or a bundle of them."),
    )
    text = forms.CharField(
        label=_("Document"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 24,
                "class": "editor",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
                "wrap": "off",
                "data-editor": "",
            }
        ),
    )
    keep_unlisted = forms.BooleanField(
        label=_("Keep what the document does not name"),
        help_text=_(
            "Only columns are retired. Without this, rules, terms and policies that are not named go too."
        ),
        required=False,
    )
    overwrite = forms.BooleanField(
        label=_("Overwrite what people wrote"),
        help_text=_("Values that somebody edited by hand give way to the document. Without this they stay."),
        required=False,
    )
    strict = forms.BooleanField(
        label=_("Take warnings for faults"),
        help_text=_("A document with a warning is refused."),
        required=False,
    )
    create_terms = forms.BooleanField(
        label=_("Make drafts of missing terms"),
        help_text=_(
            "A term that is named and not in the glossary becomes a draft, to be defined by somebody."
        ),
        required=False,
    )

    def clean(self):
        found = super().clean()
        if not found.get("file") and not found.get("text", "").strip():
            self.add_error("text", _("Choose a file, or write a document."))
        return found

    @property
    def options(self):
        """How the documents are taken."""
        names = ("keep_unlisted", "overwrite", "strict", "create_terms")
        return plan.Options(**{name: self.cleaned_data.get(name, False) for name in names})

    def brought(self):
        """The file if there is one, else the text; no more than a bundle may have, and one byte."""
        if file := self.cleaned_data.get("file"):
            return file.read(plan.limits().bundle + 1)
        return self.cleaned_data["text"]

    def with_text(self, data):
        """The form with an uploaded file put into its editor, so that it can be mended there."""
        if isinstance(data, str):
            return self
        try:
            text = data.decode() if len(data) <= LONGEST_SHOWN else ""
        except UnicodeDecodeError:
            text = ""
        if text:
            self.data = self.data.copy()
            self.data["text"] = text
        return self
