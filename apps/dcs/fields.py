"""Fields of the reference schema that Django does not bring."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .periods import Period


class Moment(models.Func):
    """`now()`: the time at which the transaction began, as the reference schema writes it."""

    function = "now"
    template = "%(function)s()"
    arity = 0
    output_field = models.DateTimeField()


class NewKey(models.Func):
    """`gen_random_uuid()`: the key of a row that somebody else inserts."""

    function = "gen_random_uuid"
    template = "%(function)s()"
    arity = 0
    output_field = models.UUIDField()


class Next(models.Func):
    """`nextval(sequence)`: the short number that people say aloud (errata row E27)."""

    function = "nextval"
    output_field = models.BigIntegerField()

    def __init__(self, sequence, **extra):
        super().__init__(models.Value(sequence), **extra)


def empty_object():
    """The database default `'{}'` of a JSON column."""
    return models.Value({}, output_field=models.JSONField())


def empty_list():
    """The database default `'[]'` of a JSON column."""
    return models.Value([], output_field=models.JSONField())


def list_of_text(value):
    """Raise `ValidationError` unless `value` is a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError(_("Write a list of texts, such as [“finance”, “daily”]."), code="list_of_text")


class StringListField(models.JSONField):
    """A JSON list of texts; anything else is refused before it can break a page.

    Empty unless said otherwise; with `null=True` missing means unknown.
    """

    empty_values = [None, "", []]

    def __init__(self, *args, **kwargs):
        if not kwargs.get("null"):
            kwargs.setdefault("default", list)
            kwargs.setdefault("db_default", empty_list())
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        list_of_text(value)

    def get_db_prep_save(self, value, connection):
        if value is not None and not hasattr(value, "resolve_expression"):
            list_of_text(value)
        return super().get_db_prep_save(value, connection)


def an_object(value):
    """Raise `ValidationError` unless `value` is a JSON object."""
    if not isinstance(value, dict):
        raise ValidationError(_("Write an object, such as {“team”: “finance”}."), code="object")


class ObjectField(models.JSONField):
    """A JSON object, empty unless said otherwise; a list or a bare value is refused."""

    empty_values = [None, "", {}]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", dict)
        kwargs.setdefault("db_default", empty_object())
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        an_object(value)

    def get_db_prep_save(self, value, connection):
        if value is not None and not hasattr(value, "resolve_expression"):
            an_object(value)
        return super().get_db_prep_save(value, connection)


class NumberField(models.DecimalField):
    """`NUMERIC` without bounds: a decimal that keeps as many digits as it is given."""

    def _check_decimal_places(self):
        return []

    def _check_max_digits(self):
        return []

    def _check_decimal_places_and_max_digits(self, **kwargs):
        return []

    def db_type(self, connection):
        return "numeric"

    def db_parameters(self, connection):
        return {"type": "numeric", "check": None}

    def to_python(self, value):
        # A float is meant as it is written: 0.1, not the 55 digits of its nearest binary fraction.
        return super().to_python(repr(value) if isinstance(value, float) else value)


class PercentField(models.DecimalField):
    """A percentage from 0 to 100; one with more than four decimals is refused, never rounded."""

    def __init__(self, *args, **kwargs):
        kwargs["max_digits"], kwargs["decimal_places"] = 7, 4
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def get_db_prep_save(self, value, connection):
        if value is not None and not hasattr(value, "resolve_expression"):
            value = self.to_python(value)
            self.run_validators(value)
        return super().get_db_prep_save(value, connection)


class URNField(models.CharField):
    """The address of a capsule or column, at most 500 characters."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 500)
        super().__init__(*args, **kwargs)


class PeriodField(models.Field):
    """An interval that keeps months and years: `7 years` comes back as `P7Y`, never as 2,555 days.

    Values are `Period`; text in either spelling is taken. The value is read through its ISO text,
    because the driver's own type has no months (errata row C13).
    """

    description = _("A length of time")

    def db_type(self, connection):
        return "interval"

    def select_format(self, compiler, sql, params):
        return f"({sql})::text", params

    def get_placeholder(self, value, compiler, connection):
        return "%s::interval"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Period.parse(value)

    def to_python(self, value):
        if value in (None, ""):
            return None
        if isinstance(value, Period):
            return value
        try:
            return Period.parse(value)
        except ValueError as error:
            raise ValidationError(str(error), code="period") from None

    def get_prep_value(self, value):
        value = self.to_python(value)
        return None if value is None else value.iso()

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else value.iso()

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PeriodFormField, **kwargs})


class PeriodFormField(forms.CharField):
    """Takes `P7Y`, `PT4H` or `7 years`."""

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return None
        try:
            return Period.parse(value)
        except ValueError as error:
            raise ValidationError(str(error), code="period") from None

    def prepare_value(self, value):
        return value.iso() if isinstance(value, Period) else value
