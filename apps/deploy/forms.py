"""The upload of artifacts."""

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_FILES = 20


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One or more uploaded files."""

    widget = ManyFiles

    def clean(self, data, initial=None):
        one = super().clean
        if isinstance(data, list | tuple):
            if len(data) > MOST_FILES:
                raise forms.ValidationError(_("Send at most %(most)d files.") % {"most": MOST_FILES})
            found = [one(item, initial) for item in data]
            return found or [one(None, initial)]
        return [one(data, initial)]


class ArtifactsForm(forms.Form):
    """The files of one dbt invocation, told apart by what they say of themselves."""

    files = ManyFilesField(
        label=_("dbt artifacts"),
        help_text=_(
            "manifest.json from dbt's target folder; with catalog.json beside it the columns have types, "
            "with run_results.json the tests have results."
        ),
        error_messages={
            "required": _("Choose manifest.json, and catalog.json and run_results.json if you have them.")
        },
    )
    accept_vanished = forms.BooleanField(
        label=_("Retire capsules that are gone, even if they are many"),
        help_text=_(
            "Without this, nothing happens when more than a third of the project is missing from the manifest."
        ),
        required=False,
    )
