"""How rows become JSON and JSON becomes rows: one serializer a table, read in bulk and written strictly."""

import difflib
from functools import cache

from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from apps.dcs import fields as columns

from .fields import JSONField, NumberField, ObjectField, PeriodField, Reference, TextListField, reader_in
from .rendering import decode, encode


class StrictFields:
    """Refuses fields that a serializer does not have, so that a misspelt retention period is not lost in silence."""

    def to_internal_value(self, data):
        unknown = [name for name in data if name not in self.fields] if isinstance(data, dict) else []
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not unknown:
                raise
            raise serializers.ValidationError({**error.detail, **self._unknown(unknown)}) from None
        if unknown:
            raise serializers.ValidationError(self._unknown(unknown))
        return values

    def _unknown(self, names):
        return {name: [self._no_such_field(name)] for name in names}

    def _no_such_field(self, name):
        near = difflib.get_close_matches(str(name), list(self.fields), n=1)
        return (
            _("There is no such field; did you mean %(near)s?") % {"near": near[0]}
            if near
            else _("There is no such field.")
        )


class BodySerializer(StrictFields, serializers.Serializer):
    """A body that is no row, such as the reason of a step; unknown fields are refused."""


class RecordSerializer(StrictFields, serializers.ModelSerializer):
    """A row as the API shows and takes it.

    `Meta.fields` are names of the reference schema: `owner_type` finds the attribute `kind` by its column,
    `owner_id` the key `owner`. Declare a field with a dotted `source` to show something of a related row.

    `Meta.read_only_fields` belong to the server, `Meta.create_only_fields` too once the row exists: they are
    ignored when unchanged and refused when changed. `Meta.facets` maps a field to the permission without which it
    is absent. Rows are read as plain values, never as instances; `complete(rows, reader, names)` may add what needs a query.
    """

    serializer_related_field = Reference
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        columns.PeriodField: PeriodField,
        columns.NumberField: NumberField,
        columns.ObjectField: ObjectField,
        columns.StringListField: TextListField,
        columns.models.JSONField: JSONField,
    }

    # ---------- reading ----------

    @classmethod
    @cache
    def paths(cls):
        """The path of every stored field, as the ORM spells it: {"owner_type": "kind", "domain": "domain__name"}."""
        return {
            name: _path(cls.Meta.model, field)
            for name, field in cls().fields.items()
            if field.source != "*" and not field.write_only
        }

    @classmethod
    @cache
    def shown(cls):
        """The names of all fields that an answer may have, in order."""
        return [name for name, field in cls().fields.items() if not field.write_only]

    @classmethod
    def hidden_from(cls, reader):
        """The names of the fields that this reader may not see."""
        facets = getattr(cls.Meta, "facets", {})
        return {name for name, permission in facets.items() if not reader.may(permission)}

    @classmethod
    def computed(cls, reader):
        """Expressions for fields that the database computes from other tables: {"column_count": Subquery(…)}."""
        return {}

    @classmethod
    def complete(cls, rows, reader, names):
        """Add those of `names` that are no column of the table to `rows` (dicts with `id`): one query for all rows."""

    # ---------- writing ----------

    def get_fields(self):
        fields = super().get_fields()
        reader = reader_in(self.context)
        if reader is not None:
            for name in self.hidden_from(reader):
                fields.pop(name, None)
        if self.instance is not None:
            for name in getattr(self.Meta, "create_only_fields", ()):
                if name in fields:
                    fields[name].read_only, fields[name].required = True, False
        return fields

    def get_extra_kwargs(self):
        options = super().get_extra_kwargs()
        for name in self.Meta.fields:
            if name in self._declared_fields:
                continue
            field = _by_column(self.Meta.model, name)
            if field is not None and field.name != name:
                options.setdefault(name, {}).setdefault("source", field.name)
        return options

    def get_uniqueness_extra_kwargs(self, field_names, declared_fields, extra_kwargs):
        # What is taken already is a conflict (409), which only the database can tell without a race.
        return extra_kwargs, {}

    def get_unique_together_validators(self):
        return []

    def get_unique_for_date_validators(self):
        return []

    def build_standard_field(self, field_name, model_field):
        field_class, options = super().build_standard_field(field_name, model_field)
        options["validators"] = [
            validator
            for validator in options.get("validators", [])
            if not isinstance(validator, UniqueValidator)
        ]
        if not options["validators"]:
            del options["validators"]
        return field_class, options

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        problems = self._changed_by_caller(data)
        cleared = [name for name, value in data.items() if value is None and self._clears_to_default(name)]
        try:
            values = super().to_internal_value({name: data[name] for name in data if name not in cleared})
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**error.detail, **problems}) from None
        if problems:
            raise serializers.ValidationError(problems)
        replaces = self.instance is not None and not self.partial
        for field in self._writable_fields:
            name = field.field_name
            if name in cleared or (replaces and name not in data and field.source not in values):
                self._set_default(values, field)
        return {key: _missing_is_null(self.fields, key, value) for key, value in values.items()}

    def _changed_by_caller(self, data):
        """Sentences for the fields that the server owns and the caller wants otherwise."""
        given = [name for name, field in self.fields.items() if field.read_only and name in data]
        if not given:
            return {}
        stored = decode(encode(self.context["stored"]())) if self.instance is not None else {}
        return {
            name: [_("The server sets this; leave it out, or send it as it is.")]
            for name in given
            if not _same(data[name], stored.get(name))
        }

    def _clears_to_default(self, name):
        field = self.fields.get(name)
        if field is None or field.read_only or field.allow_null:
            return False
        column = _field_of(self.Meta.model, field.source)
        return column is not None and column.has_default()

    def _set_default(self, values, field):
        column = _field_of(self.Meta.model, field.source)
        if column is None:
            return
        if column.has_default():
            values[field.source] = column.get_default()
        elif column.null:
            values[field.source] = None


def _path(model, field):
    if isinstance(field, Reference):
        return model._meta.get_field(field.source).attname
    return "__".join(field.source_attrs)


def _by_column(model, name):
    """The model's field whose column is called `name`."""
    return next((field for field in model._meta.concrete_fields if field.column == name), None)


def _field_of(model, source):
    try:
        return model._meta.get_field(source)
    except FieldDoesNotExist:
        return None


def _missing_is_null(fields, source, value):
    """An empty text says nothing, so where a column may be NULL it is."""
    if value == "" and any(field.source == source and field.allow_null for field in fields.values()):
        return None
    return value


def _same(given, stored):
    """True if a client sends back what it was given; times may be spelled differently."""
    if given == stored:
        return True
    if isinstance(given, str) and isinstance(stored, str):
        try:
            one, other = parse_datetime(given), parse_datetime(stored)
        except ValueError:
            return False
        return one is not None and other is not None and one.tzinfo is not None and one == other
    return False


class ErrorSerializer(serializers.Serializer):
    """The one shape of every refusal."""

    detail = serializers.CharField(help_text=gettext_lazy("A sentence for people."))
    code = serializers.CharField(help_text=gettext_lazy("A stable word for programs."))
    fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text=gettext_lazy("Sentences per field; `non_field_errors` for the whole."),
    )
    request_id = serializers.CharField(
        help_text=gettext_lazy("Equals the header `X-Request-ID` and the log line.")
    )
