"""The form of a masking rule, drawn from the JSON Schema of its method; a person writes what the method takes."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.people import roles

from .masking import METHODS
from .masking.checking import options_of

ROLES = [(role.name, role.title) for role in roles.ROLES.values()]
FIXED = ("name", "applies_to", "exempt", "condition", "priority", "description")
KEEPS = ("preserve_length", "preserve_type", "preserve_null", "is_reversible")


class MaskingRuleForm(forms.Form):
    """What a masking rule says, and what its method takes."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Left empty, it is called after its column and method."),
    )
    applies_to = forms.MultipleChoiceField(
        label=gettext_lazy("Masks for"),
        required=False,
        choices=ROLES,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: for everybody."),
    )
    exempt = forms.MultipleChoiceField(
        label=gettext_lazy("Exempt"),
        required=False,
        choices=ROLES,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("They see the value if its level lets them. Tokens are never exempt."),
    )
    condition = forms.CharField(
        label=gettext_lazy("Only rows where"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy("Such as country = 'DE'. Rows of which it is unknown are masked."),
    )
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        initial=100,
        min_value=0,
        max_value=1_000_000,
        help_text=gettext_lazy("Of several rules the lowest that applies decides."),
    )
    preserve_length = forms.BooleanField(label=gettext_lazy("Keep the length"), required=False)
    preserve_type = forms.BooleanField(label=gettext_lazy("Keep the type"), required=False, initial=True)
    preserve_null = forms.BooleanField(
        label=gettext_lazy("Leave null as it is"), required=False, initial=True
    )
    is_reversible = forms.BooleanField(label=gettext_lazy("May be undone"), required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    samples = forms.CharField(
        label=gettext_lazy("Try it on"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("Values of your own making, one on each line. They are not kept."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("As seen by"), required=False, choices=[("", "—"), *ROLES], initial="analyst"
    )

    def __init__(self, *args, method, kind, **kwargs):
        self.method = METHODS[method]
        super().__init__(*args, **kwargs)
        if not self.method.is_reversible:
            del self.fields["is_reversible"]
        required = set(self.method.schema.get("required", ()))
        self.options = {}
        for key in options_of(method, kind):
            self.options[f"p_{key}"] = key
            self.fields[f"p_{key}"] = _field(self.method.schema["properties"][key], key in required)
        self.order_fields([*self.options, *FIXED])
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def values(self):
        """The names of the model and what was written."""
        cleaned = self.cleaned_data
        config = {}
        for name, key in self.options.items():
            value = cleaned.get(name)
            if value in (None, "", [], {}) or value == self.method.schema["properties"][key].get("default"):
                continue
            config[key] = value
        return {
            "name": cleaned["name"],
            "method": self.method.name,
            "config": config,
            "condition": cleaned["condition"].strip() or None,
            "applies_to_roles": cleaned["applies_to"],
            "exempt_roles": cleaned["exempt"],
            "priority": cleaned["priority"],
            "description": cleaned["description"] or None,
            **{name: cleaned.get(name, False) for name in KEEPS},
        }

    @property
    def said(self):
        """The options of the method, and its name."""
        return [self[name] for name in (*self.options, "name")]

    @property
    def viewers(self):
        """Whom it masks for, and when."""
        return [self[name] for name in ("applies_to", "exempt", "condition", "priority")]

    @property
    def seldom(self):
        """What few rules need."""
        return [self[name] for name in (*KEEPS, "description") if name in self.fields]

    @property
    def tries(self):
        """Values of the person's own, and for whom they are masked."""
        return [self["samples"], self["role"]]

    def blame(self, fields):
        """Say what is wrong at the fields that are to blame; `fields` are names of the API."""
        names = {
            "apply_condition": "condition",
            "rule_name": "name",
            "exempt_roles": "exempt",
            "applies_to_roles": "applies_to",
        }
        for name, sentences in fields.items():
            parts = name.split(".")
            field = f"p_{parts[1]}" if len(parts) > 1 else names.get(name, name)
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


def _field(told, required):
    kind = told.get("type")
    options = {"label": _(told["title"]), "help_text": _(told["description"]), "required": required}
    if "default" in told:
        options["initial"] = told["default"]
    if kind == "boolean":
        return forms.BooleanField(**{**options, "required": False})
    if "enum" in told:
        return forms.ChoiceField(
            choices=[
                *([] if required or "default" in told else [("", "—")]),
                *((word, word) for word in told["enum"]),
            ],
            **options,
        )
    if kind == "array":
        options["help_text"] = f"{options['help_text']} {_('One on each line.')}"
        return Lines(of=told["items"]["type"], widget=forms.Textarea(attrs={"rows": 4}), **options)
    if kind == "object":
        options["help_text"] = f"{options['help_text']} {_('One on each line: value = what stands for it.')}"
        return Pairs(widget=forms.Textarea(attrs={"rows": 4}), **options)
    if kind == "integer":
        return forms.IntegerField(min_value=told.get("minimum"), max_value=told.get("maximum"), **options)
    if kind == "number":
        return forms.FloatField(**options)
    return forms.CharField(max_length=told.get("maxLength", 2000), strip=False, **options)


class Lines(forms.CharField):
    """A list, one value on each line; numbers where the option takes these alone."""

    def __init__(self, *args, of, **kwargs):
        self.of = of
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if self.of != "number":
            return lines
        try:
            return [float(line) for line in lines]
        except ValueError:
            raise forms.ValidationError(_("Write one number on each line.")) from None


class Pairs(forms.CharField):
    """What stands for what: `value = other`, one pair on each line."""

    def to_python(self, value):
        found = {}
        for line in str(value or "").splitlines():
            key, mark, told = line.partition("=")
            if not line.strip():
                continue
            if not mark or not key.strip():
                raise forms.ValidationError(_("Write value = what stands for it, one on each line."))
            found[key.strip()] = told.strip()
        return found
