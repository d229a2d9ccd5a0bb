"""The form of a rule, drawn from the JSON Schema of its type; a person writes what a rule of that type takes, no JSON."""

import json
from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog.vocabularies import RuleSeverity
from apps.dcs import cron

from . import configs
from .rule_types.reading import as_number
from .rule_types.schemas import CARRIED

SHORT_LISTS = 40  # choices of a parameter up to which they are offered; longer ones are typed
FIXED = ("name", "severity", "blocking", "is_enabled", "description", "schedule")
COLUMN_PARAMETERS = ("column", "left", "right")
LIMITS = ("p_threshold_percent", "p_max_failure_percent", "p_threshold_value", "p_threshold_operator")
SELDOM = ("p_apply_condition", "schedule")
SYNONYMS = {"allowed_values": "values", "reference": "references"}  # what capsule documents call them


class RuleForm(forms.Form):
    """What a rule says, and what its type needs; `definition` is the type's."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Left empty, it is called after its type and subject."),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=RuleSeverity.choices, initial=RuleSeverity.WARNING
    )
    blocking = forms.BooleanField(
        label=gettext_lazy("Blocks what comes after it"),
        required=False,
        help_text=gettext_lazy(
            "The gate answers no while it fails. It needs the severity error or critical."
        ),
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("Checked"), required=False, initial=True)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    schedule = forms.CharField(
        label=gettext_lazy("Times of its own"),
        required=False,
        max_length=100,
    )

    def __init__(self, *args, definition, columns, rule=None, draft=None, zone="UTC", **kwargs):
        self.definition, self.rule, self.zone = definition, rule, zone
        if (told := rule or draft) is not None:
            kwargs["initial"] = {**self._stored(told), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        told = _(
            "Five fields of cron in the time zone %(zone)s, such as 0 6 * * *. Empty: checked with its capsule."
        )
        self.fields["schedule"].help_text = told % {"zone": zone}
        needed = set(definition.schema.get("required", ()))
        self.parameters = {}
        for key, told in definition.schema["properties"].items():
            if key not in CARRIED and key not in FIXED and told:
                self.parameters[key] = told
                self.fields[f"p_{key}"] = _field(key, told, key in needed, columns)
        order = [f"p_{key}" for key in self.parameters]
        self.order_fields([*order, *FIXED])
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def _stored(self, rule):
        config = rule.config or {}
        found = {
            name: getattr(rule, name)
            for name in ("name", "severity", "blocking", "is_enabled", "description")
        }
        found["schedule"] = config.get("schedule", "")
        for key, told in self.definition.schema["properties"].items():
            value = getattr(rule, told["x-column"]) if "x-column" in told else None
            if value is None:
                value = config.get(key, config.get(SYNONYMS.get(key)))
            if value is not None:
                found[f"p_{key}"] = _shown(value, told)
        return found

    def clean_schedule(self):
        text = " ".join(self.cleaned_data["schedule"].split())
        if text and (said := cron.problem(text, self.zone, after=timezone.now())):
            raise forms.ValidationError(said)
        return text

    def values(self):
        """The model's names and what was written; what the form does not ask of a stored rule stays."""
        cleaned = self.cleaned_data
        found = {name: cleaned[name] for name in ("name", "severity", "blocking", "is_enabled")}
        found["description"] = cleaned["description"] or None
        kept = {SYNONYMS.get(key, key) for key in self.parameters} | set(self.parameters) | {"schedule"}
        stored = (self.rule.config or {}) if self.rule else {}
        config = {key: value for key, value in stored.items() if key not in kept}
        found |= dict.fromkeys(configs.COLUMNS)
        for key, told in self.parameters.items():
            value = cleaned.get(f"p_{key}")
            if value in (None, "", []):
                continue
            if told.get("type") == "boolean" and value == told.get("default", False):
                continue
            column = told.get("x-column")
            if column and (not _is_number(column) or isinstance(value, int | float | Decimal)):
                found[column] = value
            else:
                config[key] = _plain(value)
        if cleaned["schedule"]:
            config["schedule"] = cleaned["schedule"]
        return {**found, "config": config}

    @property
    def said(self):
        """The fields that most rules of the type need, as they are drawn."""
        seldom = {field.name for field in self.seldom}
        return [field for field in self if field.name not in seldom]

    @property
    def seldom(self):
        """The fields that few rules need: limits other than the type's, some rows only, times of their own."""
        tolerated = LIMITS if "max_failure_percent" in self.parameters else ()
        return [self[name] for name in self.fields if name in (*tolerated, *SELDOM)]

    @property
    def seldom_open(self):
        """True if one of the fields that few need says something, or is wrong."""
        return any(field.errors or field.value() not in (None, "") for field in self.seldom)

    def blame(self, fields):
        """Say what is wrong at the fields that are to blame; `fields` are names of the API."""
        by_column = {told["x-column"]: key for key, told in self.parameters.items() if "x-column" in told}
        for name, sentences in fields.items():
            key = name.removeprefix("rule_config.")
            key = by_column.get(key, key)
            field = f"p_{key}" if f"p_{key}" in self.fields else key if key in self.fields else None
            field = "name" if name == "rule_name" else field
            for sentence in sentences:
                self.add_error(field, sentence)


def _field(key, told, required, columns):
    kind, options = told.get("type"), {
        "label": _(told.get("title") or key), "required": required,
        "help_text": _(told["description"]) if told.get("description") else "",
    }  # fmt: skip
    if "default" in told:
        options["initial"] = told["default"]
    if kind == "boolean":
        return forms.BooleanField(**{**options, "required": False})
    if key in COLUMN_PARAMETERS or key == "columns":
        choices = [(name, name) for name in columns]
        if key == "columns":
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **options)
        return forms.ChoiceField(choices=[("", "—"), *choices], **options)
    if "enum" in told and len(told["enum"]) <= SHORT_LISTS:
        blank = [] if required else [("", "—")]
        return forms.ChoiceField(choices=[*blank, *((word, word) for word in told["enum"])], **options)
    if kind == "array":
        options["help_text"] = f"{options['help_text']} {_('One on each line.')}".strip()
        return Lines(widget=forms.Textarea(attrs={"rows": 5}), **options)
    if kind == "object":
        return forms.JSONField(widget=forms.Textarea(attrs={"rows": 3}), **options)
    if kind == "integer":
        return forms.IntegerField(min_value=told.get("minimum"), **options)
    if kind == "number":
        return Number(min_value=told.get("minimum"), max_value=told.get("maximum"), **options)
    if isinstance(kind, list) and "number" in kind:
        return NumberOrText(**options)
    if key in ("sql", "check_expression", "apply_condition"):
        rows = 6 if key == "sql" else 2
        return forms.CharField(
            strip=False,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}),
            **options,
        )
    return forms.CharField(max_length=2000, strip=key != "pattern", **options)


class Lines(forms.CharField):
    """A list, one value on each line; what is a number is one."""

    def to_python(self, value):
        return [_value(line.strip()) for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value):
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class NumberOrText(forms.CharField):
    """A number, or a date or time as text."""

    def to_python(self, value):
        text = str(value or "").strip()
        found = as_number(text) if text else None
        return text if found is None else found


class Number(forms.DecimalField):
    """A number of no more places than are written out at once."""

    def to_python(self, value):
        found = super().to_python(value)
        if found is not None and as_number(found) is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found


def _value(text):
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, int | float) and not isinstance(found, bool) else text


def _is_number(column):
    return column in configs.NUMBERS


def _plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _shown(value, told):
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dict) and told.get("type") != "object":
        return ".".join(str(value[key]) for key in ("table", "column") if value.get(key))
    return value


class MuteForm(forms.Form):
    """Until when a rule is left unchecked."""

    until = forms.DateField(label=gettext_lazy("Mute until"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_until(self):
        until = self.cleaned_data["until"]
        if until <= timezone.now().date():
            raise forms.ValidationError(_("Write a date to come."))
        return until


class ScheduleForm(forms.Form):
    """When the rules of a capsule are checked by themselves."""

    cron = forms.CharField(
        label=gettext_lazy("Times of checks"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Five fields of cron, such as 0 6 * * 1-5: at six on working days. Empty: never."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    profile_cron = forms.CharField(
        label=gettext_lazy("Times of profiles"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "When the values of all columns are counted, such as 0 3 * * 0. Empty: never."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        initial="UTC",
        help_text=gettext_lazy("Such as Europe/Berlin or UTC."),
    )
    after_ingest = forms.BooleanField(
        label=gettext_lazy(
            "Checked after each ingestion or plan that changes it, and each run that writes it"
        ),
        required=False,
    )
    is_on = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)

    def __init__(self, data=None, *, schedule=None):
        names = ("cron", "profile_cron", "zone", "after_ingest", "is_on")
        super().__init__(data, initial={name: getattr(schedule, name) for name in names} if schedule else {})
