"""Forms for what people say of capsules and columns, and for settling two edits of the same text."""

from dataclasses import dataclass

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import vocabularies
from .models import Capsule, Column, DataProduct, Domain, Owner

LONGEST_TAG = 100


class TagsField(forms.CharField):
    """Free words, parted by commas."""

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return list(
            dict.fromkeys(word.strip() for word in super().to_python(value).split(",") if word.strip())
        )

    def validate(self, value):
        if long := [word for word in value if len(word) > LONGEST_TAG]:
            said = _("“%(tag)s…” is too long: a tag has at most %(most)s characters.")
            raise forms.ValidationError(said % {"tag": long[0][:20], "most": LONGEST_TAG})

    def has_changed(self, initial, data):
        return self.to_python(data or "") != (initial or [])


class WordsField(TagsField):
    """A list of words, parted by commas, in place of the JSON that stores it."""

    def __init__(self, *args, encoder=None, decoder=None, **kwargs):
        super().__init__(*args, **kwargs)


class RevisionForm(forms.ModelForm):
    """An edit that knows what its author saw: `seen` is the row's last change, `base_<field>` each former value."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("One sentence for the activity log."),
    )

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, **kwargs)
        self.reader = reader
        if not self.instance._state.adding:
            self.fields["seen"].initial = self.instance.updated_at.isoformat()
        for name, field in self.fields.items():
            if name in self._meta.fields:
                field.required = False

    @property
    def revised(self):
        """Names of the fields that are written."""
        return list(self._meta.fields)

    def clean_seen(self):
        """When the row had last changed as the author saw it; None if the form does not say."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            return None

    def changes(self):
        """What to store: an empty text is stored as missing."""
        said = {name: self.cleaned_data[name] for name in self.revised}
        return {name: None if value == "" else value for name, value in said.items()}

    def bases(self):
        """(input name, text) of every value as the author first saw it."""
        return [
            (f"base_{name}", self.data.get(f"base_{name}") or self.written(name, self.initial.get(name)))
            for name in self.revised
        ]

    def sent(self):
        """(input name, text) of every value as the author wrote it."""
        return [(name, self.data.get(name, "")) for name in self.revised]

    def written(self, name, value):
        """A value as its input holds it."""
        prepared = self.fields[name].prepare_value(value)
        return "" if prepared is None else str(prepared)

    def told(self, name, text):
        """A value as people read it: the words of a choice instead of its key."""
        choices = getattr(self.fields[name], "choices", None)
        if choices is None or text == "":
            return text
        return next((str(label) for key, label in choices if str(key) == text), text)


class CapsuleForm(RevisionForm):
    """What people say of a capsule."""

    owner = forms.ModelChoiceField(
        Owner.objects.none(), label=gettext_lazy("Owner"), empty_label=gettext_lazy("Nobody yet")
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=gettext_lazy("None")
    )
    layer = forms.ChoiceField(label=gettext_lazy("Layer"))
    tags = TagsField(label=gettext_lazy("Tags"), help_text=gettext_lazy("Words parted by commas."))

    class Meta:
        model = Capsule
        fields = ["description", "owner", "domain", "layer", "tags"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        labels = {"description": gettext_lazy("Description")}
        help_texts = {"description": gettext_lazy("What one row stands for, and what was left out.")}

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        self.fields["owner"].queryset = Owner.objects.visible_to(reader)
        self.fields["domain"].queryset = Domain.objects.visible_to(reader)
        known = [(word, known.title) for word, known in vocabularies.LAYERS.items()]
        stored = self.instance.layer
        if stored and stored not in vocabularies.LAYERS:
            known.append((stored, stored))
        self.fields["layer"].choices = [("", _("None")), *known]


class ColumnForm(RevisionForm):
    """What people say of a column."""

    class Meta:
        model = Column
        fields = ["description", "pii_type", "semantic_type", "unit_of_measure"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {
            "description": gettext_lazy("Description"),
            "pii_type": gettext_lazy("Personal data"),
            "semantic_type": gettext_lazy("Part in its table"),
            "unit_of_measure": gettext_lazy("Unit"),
        }
        help_texts = {"unit_of_measure": gettext_lazy("Such as EUR, kg or seconds.")}

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        for name, none in (("pii_type", _("No personal data")), ("semantic_type", _("Not said"))):
            self.fields[name].choices = [("", none), *self.fields[name].choices[1:]]


PROMISED = {
    "description": gettext_lazy("Description"),
    "status": gettext_lazy("State"),
    "version": gettext_lazy("Version"),
    "slo_freshness_hours": gettext_lazy("Fresh within, hours"),
    "slo_availability_percent": gettext_lazy("Available, %"),
    "slo_quality_threshold": gettext_lazy("Quality score, at least"),
}


class ProductForm(RevisionForm):
    """What people say of a data product; its capsules are put in on its page."""

    owner = forms.ModelChoiceField(
        Owner.objects.none(), label=gettext_lazy("Owner"), empty_label=gettext_lazy("Nobody yet")
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(), label=gettext_lazy("Domain"), empty_label=gettext_lazy("None")
    )
    tags = TagsField(label=gettext_lazy("Tags"), help_text=gettext_lazy("Words parted by commas."))

    class Meta:
        model = DataProduct
        fields = [
            "description", "status", "version", "domain", "owner", "slo_freshness_hours", "slo_availability_percent",
            "slo_quality_threshold", "tags",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        labels = PROMISED
        help_texts = {
            "slo_freshness_hours": gettext_lazy("What the product promises; nothing measures it yet.")
        }

    def __init__(self, *args, reader, **kwargs):
        super().__init__(*args, reader=reader, **kwargs)
        self.fields["owner"].queryset = Owner.objects.visible_to(reader)
        self.fields["domain"].queryset = Domain.objects.visible_to(reader)
        self.fields["status"].required = True
        for name in ("slo_freshness_hours", "slo_availability_percent", "slo_quality_threshold"):
            self.fields[name].min_value = 0
            self.fields[name].validators.append(MinValueValidator(0))
        for name in ("slo_availability_percent", "slo_quality_threshold"):
            self.fields[name].validators.append(MaxValueValidator(100))


class NewProductForm(ProductForm):
    """A data product that is not there yet."""

    class Meta(ProductForm.Meta):
        fields = ["name", *ProductForm.Meta.fields]
        labels = {"name": gettext_lazy("Name"), **PROMISED}
        error_messages = {
            "name": {"unique": gettext_lazy("There is a data product of this name already.")},
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True

    def clean_name(self):
        """The name, which is also the end of its address."""
        name = self.cleaned_data["name"].strip()
        if name == "new":
            raise forms.ValidationError(_("This word is taken: it makes new products."))
        return name


@dataclass(frozen=True)
class Difference:
    """One field of two edits: what each says, what stood there before, and which to keep unless told otherwise."""

    name: str
    label: str
    yours: str
    theirs: str
    base: str
    keep: str


def differences(form, stored):
    """The fields on which `form` and the row as it now is differ; what only one side changed is kept from it."""
    now = type(form)(instance=stored, reader=form.reader)
    found = []
    for name in form.revised:
        yours, base = form.data.get(name, ""), form.data.get(f"base_{name}", "")
        theirs = now.written(name, now.initial.get(name))
        if yours != theirs:
            keep = "theirs" if yours == base else "yours"
            said = (form.told(name, text) for text in (yours, theirs, base))
            found.append(Difference(name, str(form.fields[name].label), *said, keep=keep))
    return found
