"""The form that brings rules of another tool: a file, or text."""

from django import forms
from django.utils.translation import gettext_lazy as _

from . import rule_imports


class RuleFileForm(forms.Form):
    """A suite of expectations or checks, one of file and text; `name` and `content` are what was brought."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_(
            "A suite of Great Expectations (JSON, 0.x or 1.x), or checks of Soda (YAML). It is told apart by what it says."
        ),
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        max_length=rule_imports.MOST_BYTES,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 14, "class": "code", "spellcheck": "false", "autocomplete": "off"}
        ),
    )

    def clean_file(self):
        """A file of a size that is read at once."""
        file = self.cleaned_data["file"]
        if file and file.size > rule_imports.MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(most)d bytes. Split it by table.")
                % {"most": rule_imports.MOST_BYTES}
            )
        return file

    def clean(self):
        found = super().clean()
        if not self.errors and bool(found.get("file")) == bool((found.get("text") or "").strip()):
            self.add_error("file", _("Choose a file or paste its text; one of the two."))
        return found

    @property
    def name(self):
        """What the file is called; a pasted one has no name of its own."""
        file = self.cleaned_data.get("file")
        return file.name[:200] if file else ""

    @property
    def content(self):
        """The text. Signs that are no UTF-8 are replaced: what is left is refused or read like any other."""
        file = self.cleaned_data.get("file")
        return file.read().decode("utf-8-sig", errors="replace") if file else self.cleaned_data["text"]
