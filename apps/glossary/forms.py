"""Forms for terms and value domains."""

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.forms import TagsField
from apps.catalog.models import Domain, Owner, ValueDomain

from . import plans, validation
from .models import Term


class LinesField(forms.CharField):
    """Texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [line.strip() for line in super().to_python(value).splitlines() if line.strip()]


class SeenForm(forms.Form):
    """A form that knows what its author saw (`seen`) and says why."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("One sentence for the people who decide, and for the log."),
    )

    def clean_seen(self):
        """When the row had last changed as the author saw it; None if the form does not say."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            return None


class TermForm(SeenForm):
    """All that people write of a term."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    display_name = forms.CharField(
        label=gettext_lazy("Shown as"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Where the name has to differ because another domain uses the same word."),
    )
    definition = forms.CharField(
        label=gettext_lazy("Definition"),
        min_length=plans.SHORTEST_DEFINITION,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What kind of thing it is, and which of that kind. Markdown is understood."),
    )
    abbreviation = forms.CharField(label=gettext_lazy("Abbreviation"), max_length=50, required=False)
    synonyms = TagsField(
        label=gettext_lazy("Also called"), required=False, help_text=gettext_lazy("Words parted by commas.")
    )
    examples = LinesField(
        label=gettext_lazy("Examples"), required=False, help_text=gettext_lazy("One a line.")
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(), label=gettext_lazy("Domain"), required=False, empty_label=gettext_lazy("None")
    )
    category = forms.CharField(label=gettext_lazy("Category"), max_length=100, required=False)
    owner = forms.ModelChoiceField(
        Owner.objects.none(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("Nobody yet"),
    )
    steward_email = forms.EmailField(label=gettext_lazy("Steward"), max_length=255, required=False)
    broader = LinesField(label=gettext_lazy("Broader terms"), required=False)
    narrower = LinesField(label=gettext_lazy("Narrower terms"), required=False)
    related = LinesField(
        label=gettext_lazy("Related terms"), required=False, help_text=gettext_lazy("One name a line.")
    )
    tags = TagsField(
        label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Words parted by commas.")
    )

    field_order = [
        "name", "definition", "examples", "synonyms", "abbreviation", "display_name", "domain", "category",
        "owner", "steward_email", "broader", "narrower", "related", "tags", "reason", "seen",
    ]  # fmt: skip
    RELATIONS = ("broader", "narrower", "related")

    def __init__(self, *args, reader, term=None, **kwargs):
        self.reader, self.term = reader, term
        super().__init__(*args, initial={**_told(term), **kwargs.pop("initial", {})}, **kwargs)
        self.fields["domain"].queryset = Domain.objects.visible_to(reader)
        self.fields["owner"].queryset = Owner.objects.visible_to(reader)

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        others = Term.objects.called(name)
        if self.term is not None:
            others = others.exclude(pk=self.term.pk)
        if others.exists():
            raise forms.ValidationError(_("A term of this name exists, perhaps in another case."))
        return name

    def clean_definition(self):
        return self.cleaned_data["definition"].replace("\r\n", "\n").strip()

    def values(self):
        """What to store, as `writing.create` and `writing.change` take it."""
        said = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("seen", "reason", *self.RELATIONS)
        }
        before = self.term.meta.get("relations", {}) if self.term else {}
        relations = {key: value for key, value in before.items() if key not in self.RELATIONS}
        relations |= {key: self.cleaned_data[key] for key in self.RELATIONS if self.cleaned_data[key]}
        return {**said, "relations": relations}


def _told(term):
    if term is None:
        return {}
    fields = ("name", "display_name", "definition", "abbreviation", "synonyms", "domain", "category", "owner")
    relations = term.meta.get("relations", {})
    return {
        **{name: getattr(term, name) for name in (*fields, "steward_email", "tags")},
        "examples": term.meta.get("examples", []),
        **{key: relations.get(key, []) for key in TermForm.RELATIONS},
        "seen": term.updated_at.isoformat(),
    }


class CodesField(forms.CharField):
    """Codes, one a line: `A = Active: why it exists`."""

    widget = forms.Textarea(attrs={"rows": 6})

    def prepare_value(self, value):
        return "\n".join(map(_code_line, value)) if isinstance(value, list) else value

    def to_python(self, value):
        lines = [line.strip() for line in super().to_python(value).splitlines() if line.strip()]
        return [_code(line) for line in lines] or None


def _code(line):
    code, equals, rest = line.partition(" = ")
    if not equals:
        return line
    label, colon, description = rest.partition(": ")
    found = {"code": code.strip(), "label": label.strip()}
    return {**found, "description": description.strip()} if colon else found


def _code_line(item):
    if not isinstance(item, dict):
        return str(item)
    code = item.get("code", item.get("value"))
    said = f"{code} = {item['label']}" if item.get("label") else str(code)
    return f"{said}: {item['description']}" if item.get("label") and item.get("description") else said


class ValueDomainForm(SeenForm):
    """All that people write of a value domain; each kind has its own fields."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ValueDomain.Kind.choices)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    allowed_values = CodesField(
        label=gettext_lazy("Values"),
        required=False,
        help_text=gettext_lazy("For a list. One a line: the code, or “code = label: description”."),
    )
    pattern = forms.CharField(
        label=gettext_lazy("Pattern"),
        required=False,
        help_text=gettext_lazy("For a pattern: a regular expression for the whole value."),
    )
    pattern_description = forms.CharField(label=gettext_lazy("The pattern in words"), required=False)
    min_value = forms.DecimalField(
        label=gettext_lazy("Smallest"), required=False, help_text=gettext_lazy("For a range.")
    )
    max_value = forms.DecimalField(label=gettext_lazy("Largest"), required=False)
    reference_column_urn = forms.CharField(
        label=gettext_lazy("Column with the values"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For reference data: the column's URN."),
    )
    reference_table_urn = forms.CharField(label=gettext_lazy("Its capsule"), max_length=500, required=False)
    owner = forms.ModelChoiceField(
        Owner.objects.none(),
        label=gettext_lazy("Owner"),
        required=False,
        empty_label=gettext_lazy("Nobody yet"),
    )
    is_extensible = forms.BooleanField(
        label=gettext_lazy("The list may grow"),
        required=False,
        help_text=gettext_lazy("New values are taken and told."),
    )
    FIELDS = (
        "name", "kind", "description", "allowed_values", "pattern", "pattern_description", "min_value", "max_value",
        "reference_table_urn", "reference_column_urn", "owner", "is_extensible",
    )  # fmt: skip
    field_order = [*FIELDS, "reason", "seen"]
    COLUMNS = {"pattern_regex": "pattern"}

    def __init__(self, *args, reader, domain=None, **kwargs):
        self.domain = domain
        told = {name: getattr(domain, name) for name in self.FIELDS} if domain else {}
        if domain:
            told["seen"] = domain.updated_at.isoformat()
        super().__init__(*args, initial={**told, **kwargs.pop("initial", {})}, **kwargs)
        self.fields["owner"].queryset = Owner.objects.visible_to(reader)

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        others = ValueDomain.objects.filter(name=name)
        if self.domain is not None:
            others = others.exclude(pk=self.domain.pk)
        if others.exists():
            raise forms.ValidationError(_("A value domain of this name exists."))
        return name

    def clean(self):
        said = super().clean()
        draft = ValueDomain(**{name: said.get(name) for name in self.FIELDS if name != "owner"})
        for name, sentence in validation.problems(draft).items():
            name = self.COLUMNS.get(name, name)
            if name not in self.errors:
                self.add_error(name, sentence)
        return said

    def values(self):
        """What to store: an empty text is stored as missing."""
        return {
            name: None if self.cleaned_data[name] == "" else self.cleaned_data[name] for name in self.FIELDS
        }
