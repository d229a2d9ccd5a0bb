"""The form for code that people write down."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.forms import RevisionForm

from . import codes
from .models import TransformationCode

LONGEST = 500_000  # characters of one code
HEXADECIMAL = frozenset("0123456789abcdef")


class CodeForm(RevisionForm):
    """What people say of the code that makes a capsule or moves data along an edge; the hash is the portal's."""

    # Blanks are part of code: what is sent is what is stored.
    code_text = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}),
    )

    class Meta:
        model = TransformationCode
        fields = [
            "language", "code_text", "function_name", "file_path", "line_start", "line_end", "git_repository",
            "git_commit_sha",
        ]  # fmt: skip
        labels = {
            "language": gettext_lazy("Language"),
            "function_name": gettext_lazy("Function"),
            "file_path": gettext_lazy("File"),
            "line_start": gettext_lazy("First line"),
            "line_end": gettext_lazy("Last line"),
            "git_repository": gettext_lazy("Repository"),
            "git_commit_sha": gettext_lazy("Commit"),
        }
        help_texts = {
            "file_path": gettext_lazy("Path inside the repository."),
            "git_repository": gettext_lazy("Its address, such as https://github.com/acme/warehouse."),
            "git_commit_sha": gettext_lazy("7 to 64 hexadecimal digits."),
        }

    def __init__(self, data=None, **kwargs):
        super().__init__(_with_line_ends_of_files(data), **kwargs)
        self.fields["language"].required = self.fields["code_text"].required = True
        for name in ("line_start", "line_end"):
            self.fields[name].min_value = 1

    def clean_code_text(self):
        text = self.cleaned_data["code_text"]
        if not text.strip():
            raise forms.ValidationError(_("Write the code."))
        if codes.same(self.instance, text):
            raise forms.ValidationError(_("This very code is there already."))
        return text

    def clean_git_commit_sha(self):
        sha = (self.cleaned_data["git_commit_sha"] or "").strip().lower()
        if sha and not (7 <= len(sha) <= 64 and HEXADECIMAL.issuperset(sha)):
            raise forms.ValidationError(_("Write 7 to 64 hexadecimal digits."))
        return sha

    def clean(self):
        found = super().clean()
        first, last = found.get("line_start"), found.get("line_end")
        for name, line in (("line_start", first), ("line_end", last)):
            if line is not None and line < 1:
                self.add_error(name, _("Lines are counted from 1."))
        if first and last and first > last:
            self.add_error("line_end", _("The last line stands before the first."))
        return found


def _with_line_ends_of_files(data):
    """What was sent, its code with line ends as files have them: browsers send those of forms."""
    if data is None:
        return None
    data = data.copy()
    for name in ("code_text", "base_code_text"):
        if name in data:
            data[name] = data[name].replace("\r\n", "\n")
    return data
