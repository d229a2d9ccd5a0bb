"""How lists are narrowed, on pages and in the API alike: one FilterSet a model, made of these filters.

Filters combine with AND; a repeated parameter, or `name__in=a,b`, means one of; flags take `true` and `false`,
and `false` filters too. An empty parameter filters nothing, so that a form may send all its inputs.
"""

import operator
import uuid
from functools import reduce

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

TEXTS = {"type": "array", "items": {"type": "string"}}


class FilterSet(django_filters.FilterSet):
    """Filters of one model; `request.reader` bounds what references may name."""

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(_without_in(data, self.base_filters), *args, **kwargs)

    @classmethod
    def parameters(cls):
        """The names of all query parameters that the filters understand."""
        several = {f"{name}__in" for name, found in cls.base_filters.items() if isinstance(found, OneOf)}
        return several | set(cls.base_filters)


def _without_in(data, filters):
    """The parameters with `name__in=a,b` written as `name=a&name=b`."""
    if not data or not any(key.endswith("__in") for key in data):
        return data
    plain = QueryDict(mutable=True)
    for key, values in data.lists():
        name = key.removesuffix("__in")
        if name != key and name in filters and key not in filters:
            values = [part.strip() for value in values for part in value.split(",")]
        else:
            name = key
        plain.setlistdefault(name).extend(values)
    return plain


class Texts(forms.Field):
    """The values of a parameter that may be repeated; `check` turns them into what the filter needs."""

    widget = forms.SelectMultiple
    default_validators = [ProhibitNullCharactersValidator()]

    def __init__(self, *, check, **kwargs):
        kwargs.pop("choices", None)
        super().__init__(**kwargs)
        self.check = check

    def clean(self, value):
        given = [text for text in value or () if text != ""]
        for text in given:
            self.run_validators(text)
        return self.check(given) if given else []


@extend_schema_field(TEXTS)
class OneOf(django_filters.Filter):
    """Rows whose value is one of those given; any text may be given."""

    field_class = Texts

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra["check"] = self.check

    def __deepcopy__(self, memo):
        # Filters are copied for every request; the form field must ask the copy, which knows the request.
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        copied.__dict__.pop("_field", None)
        copied.extra = {**self.extra, "check": copied.check}
        if self.method is not None:
            copied.method = self.method
        return copied

    def check(self, given):
        """The values to look for. Raises `ValidationError` for what makes no sense."""
        return given

    def filter(self, found, values):
        if not values:
            return found
        return self.get_method(found)(**{f"{self.field_name}__in": values})


class OneWord(OneOf):
    """Rows whose value is one of the given words of a closed list."""

    def __init__(self, *args, words, **kwargs):
        self.words = {str(word): stored for word, stored in dict(words).items()}
        super().__init__(*args, **kwargs)

    def check(self, given):
        unknown = [word for word in given if word not in self.words]
        if unknown:
            raise ValidationError(
                _("Unknown: %(unknown)s. Choose from %(known)s."),
                params={"unknown": ", ".join(unknown), "known": ", ".join(self.words)},
            )
        return [self.words[word] for word in given]


class OpenWord(OneOf):
    """Rows whose value is one of the given words of an open list: known ones, or ones that are stored."""

    def __init__(self, *args, words, **kwargs):
        self.words = words
        super().__init__(*args, **kwargs)

    def check(self, given):
        for word in given:
            if word not in self.words and not self.parent.queryset.filter(**{self.field_name: word}).exists():
                raise ValidationError(
                    _("Nothing is “%(word)s”. Known are %(known)s."),
                    params={"word": word, "known": ", ".join(self.words)},
                )
        return given


class OneRow(OneOf):
    """Rows that refer to one of the given rows of another table, by id or by one of its `names`.

    `OneRow(Domain, field_name="domain")`; `within(row ids)` may widen what is found, such as to sub-domains.
    """

    def __init__(self, model, *args, names=("name",), within=None, **kwargs):
        self.rows, self.names, self.within = model, names, within
        super().__init__(*args, **kwargs)

    def check(self, given):
        keys = {}
        for text in given:
            try:
                keys[text] = uuid.UUID(text)
            except ValueError:
                keys[text] = None
        named = [Q(**{f"{name}__in": given}) for name in self.names]
        by_key = Q(pk__in=[key for key in keys.values() if key])
        rows = self.rows.objects.visible_to(self.parent.request.reader)
        found = list(rows.filter(reduce(operator.or_, named, by_key)).values_list("pk", *self.names))
        known = {str(value) for row in found for value in row}
        unknown = [text for text in given if text not in known and str(keys[text]) not in known]
        if unknown:
            raise ValidationError(
                _("There is no %(kind)s “%(unknown)s”."),
                params={"kind": self.rows._meta.verbose_name, "unknown": ", ".join(unknown)},
            )
        ids = [row[0] for row in found]
        return self.within(ids) if self.within else ids


class Truth(forms.Field):
    """`true` or `false`, in any case; empty says nothing."""

    widget = forms.Select(choices=[("", _("Any")), ("true", _("Yes")), ("false", _("No"))])

    def clean(self, value):
        word = str(value or "").strip().lower()
        if word not in ("", "true", "false"):
            raise ValidationError(_("Write true or false."))
        return {"": None, "true": True, "false": False}[word]


@extend_schema_field({"type": "boolean"})
class Flag(django_filters.Filter):
    """Rows for which a fact holds (`true`) or does not (`false`)."""

    field_class = Truth

    def filter(self, found, value):
        if value is None:
            return found
        return self.get_method(found)(**{f"{self.field_name}__{self.lookup_expr}": value})


class Filled(Flag):
    """Rows where a column says something (`true`) or is empty or missing (`false`)."""

    def filter(self, found, value):
        if value is None:
            return found
        empty = Q(**{f"{self.field_name}__isnull": True})
        if getattr(
            found.model._meta.get_field(self.field_name.split("__")[0]), "empty_strings_allowed", False
        ):
            empty |= Q(**{f"{self.field_name}__regex": r"^\s*$"})
        return found.filter(~empty if value else empty)


def between(name, *, filter_class=django_filters.IsoDateTimeFilter):
    """Two filters for a range: `name__gte` (from) and `name__lt` (before), to be spread into a FilterSet.

    `locals().update(between("created_at"))`
    """
    return {
        f"{name}__gte": filter_class(field_name=name, lookup_expr="gte"),
        f"{name}__lt": filter_class(field_name=name, lookup_expr="lt"),
    }
