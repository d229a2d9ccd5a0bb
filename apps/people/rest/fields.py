"""Serializer fields for what the reference schema stores and Django REST framework does not know."""

import math
import uuid
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.dcs.periods import Period

from .refusals import UnknownSubject


@extend_schema_field({"type": "string", "format": "duration", "example": "P7Y"})
class PeriodField(serializers.Field):
    """A length of time: ISO 8601 (`P7Y`) or words (`7 years`) in, ISO 8601 out (errata row C13)."""

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Write a text such as P7Y, PT4H or 7 years."))
        try:
            return Period.parse(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value):
        return value.iso()


MOST_PLACES = 400  # before or after the point of a number; the largest double has 309


@extend_schema_field(OpenApiTypes.NUMBER)
class NumberField(serializers.DecimalField):
    """A number with as many digits as it is given."""

    MAX_STRING_LENGTH = 1000

    def __init__(self, max_digits=None, decimal_places=None, **kwargs):
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **kwargs)

    def to_internal_value(self, data):
        # “1e999999999” is a short text, and a number that would be written out for hours.
        found = super().to_internal_value(data)
        if found and abs(found.adjusted()) > MOST_PLACES:
            raise serializers.ValidationError(
                _("This has more than %(most)d places. Write a smaller number.") % {"most": MOST_PLACES}
            )
        return found


@extend_schema_field(OpenApiTypes.ANY)
class JSONField(serializers.JSONField):
    """Any JSON value."""

    def to_internal_value(self, data):
        return super().to_internal_value(_with_floats(data))


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(JSONField):
    """A JSON object; a list or a bare value is refused."""

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Write an object, such as {“team”: “finance”}."))
        return super().to_internal_value(data)


class TextListField(serializers.ListField):
    """A JSON list of texts."""

    child = serializers.CharField(max_length=500)

    def __init__(self, **kwargs):
        # ModelSerializer treats the column as JSON and passes what only JSON needs.
        for name in ("encoder", "decoder"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)


class Reference(serializers.PrimaryKeyRelatedField):
    """The id of another row that the caller may know of; an unknown one is 400."""

    default_error_messages = {
        "does_not_exist": _("There is no {kind} with this id."),
        "incorrect_type": _("This is not an id: write a UUID."),
    }

    def get_queryset(self):
        queryset = super().get_queryset()
        request = self.context.get("request")
        return (
            queryset.visible_to(request.reader) if request and hasattr(queryset, "visible_to") else queryset
        )

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("incorrect_type")
        try:
            key = uuid.UUID(data)
        except ValueError:
            self.fail("incorrect_type")
        found = self.get_queryset().filter(pk=key).first()
        return found if found is not None else self.missing()

    def missing(self):
        self.fail("does_not_exist", kind=self.queryset.model._meta.verbose_name)


class SubjectReference(Reference):
    """The id of the row that this one is about; an unknown one is 404, named in `fields`."""

    def missing(self):
        kind = self.queryset.model._meta.verbose_name
        sentence = self.error_messages["does_not_exist"].format(kind=kind)
        raise UnknownSubject(**{self.field_name: sentence})


def reader_in(context):
    """Who asks, as a serializer's context tells; None while the API is only described."""
    return getattr(context.get("request"), "reader", None)


def _with_floats(value):
    """What JSON columns store: fractions as double precision, like every other program writes them."""
    if isinstance(value, Decimal):
        number = float(value)
        if math.isinf(number):
            raise serializers.ValidationError(_("A number is larger than can be stored."))
        return number
    if isinstance(value, dict):
        return {key: _with_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_floats(item) for item in value]
    return value
