"""How the log is narrowed, on the page, in the export and in the API."""

import uuid

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.ui.filters import FilterSet, OneOf, OneWord

from . import words
from .models import Change


class Table(OneOf):
    """Rows of some tables, by name."""

    def check(self, given):
        unknown = sorted(set(given) - {table for table, _word in tables()})
        if unknown:
            raise ValidationError(
                _("Nothing called %(unknown)s is in the log."), params={"unknown": ", ".join(unknown)}
            )
        return given


class ChangeFilter(FilterSet):
    """The filters of the audit log; all of them must hold."""

    actor = OneOf(field_name="changed_by", label=_("Person"))
    table = Table(field_name="table_name", label=_("What"))
    row = django_filters.UUIDFilter(field_name="record_id", label=_("Row"))
    capsule = django_filters.CharFilter(method="of_capsule", label=_("Capsule"))
    field = django_filters.CharFilter(method="with_field", label=_("Field"))
    operation = OneWord(words={each.value: each for each in Change.Operation}, label=_("Action"))
    changed_at__gte = django_filters.IsoDateTimeFilter(
        field_name="changed_at", lookup_expr="gte", label=_("From")
    )
    changed_at__lt = django_filters.IsoDateTimeFilter(
        field_name="changed_at", lookup_expr="lt", label=_("Before")
    )
    request_id = django_filters.CharFilter(label=_("Request"))
    session_id = django_filters.CharFilter(label=_("Session"))

    class Meta:
        model = Change
        fields = []

    def of_capsule(self, changes, name, value):
        """The history of a capsule, named by URN or key, and of every row that belongs to it."""
        keys = [value.lower()] if _is_key(value) else _keys_of(value)
        itself = Q(table_name="capsules", record_id__in=keys)
        parts = Q(new_values__capsule_id__in=keys) | Q(old_values__capsule_id__in=keys)
        return changes.filter(itself | parts)

    def with_field(self, changes, name, value):
        """Changes of one field, by the name of its column."""
        return changes.filter(changed_fields__contains=[value])


def tables():
    """(table, word) of everything under audit that people have a word for, by word."""
    named = [
        (table, words.kind(table, 2)) for table, model in words.models().items() if _is_audited(table, model)
    ]
    return sorted(named, key=lambda each: each[1].casefold())


def _is_audited(table, model):
    return table in words.SPOKEN or (model.__module__.startswith("apps.") and model is not Change)


def _keys_of(urn):
    known = Change.objects.filter(table_name="capsules", operation="INSERT", new_values__urn=urn)
    return [str(key) for key in known.values_list("record_id", flat=True)[:10]]


def _is_key(text):
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
