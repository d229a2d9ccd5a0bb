"""How masking rules are filtered, on pages and in the API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from apps.catalog.filters import OneAddress
from apps.catalog.models import Capsule, Column
from apps.ui.filters import FilterSet, Flag, OneWord, between

from .models import MaskingMethod, MaskingRule


class MaskingRuleFilter(FilterSet):
    """How masking rules are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Name contains"))
    method = OneWord(field_name="method", words={word: word for word in MaskingMethod.values})
    is_enabled = Flag(field_name="is_enabled")
    is_reversible = Flag(field_name="is_reversible")
    capsule_urn = OneAddress(Capsule, field_name="column__capsule")
    column_urn = OneAddress(Column, field_name="column")
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = MaskingRule
        fields = []
