"""How the catalogue's rows are filtered in the API: by every column that they have."""

import django_filters

from apps.catalog.filters import Capsule, ColumnFilter, OneAddress, in_domain
from apps.catalog.models import Owner
from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS, SENSITIVITY
from apps.discovery.filters import CONTRACT
from apps.discovery.models import CapsuleFacts
from apps.ui.filters import FilterSet, Flag, OneOf, OneRow, OneWord, OpenWord, between

COUNTS = {
    "column_count": "column_count",
    "index_count": "index_count",
    "pk_count": "pk_count",
    "fk_count": "fk_count",
    "business_term_count": "term_count",
    "quality_rule_count": "rule_count",
    "enabled_quality_rule_count": "enabled_rules",
    "upstream_count": "upstream_count",
    "downstream_count": "downstream_count",
    "quality_score_sla": "quality_score_sla",
}
HEALTH = ("kept", "at_risk", "broken", "unknown")
RANKS = {level: place for place, level in enumerate(SENSITIVITY, start=1)}


def numbers(name, field_name):
    """Three filters: `name`, `name__gte` and `name__lt`."""
    return {
        name: django_filters.NumberFilter(field_name=field_name),
        f"{name}__gte": django_filters.NumberFilter(field_name=field_name, lookup_expr="gte"),
        f"{name}__lt": django_filters.NumberFilter(field_name=field_name, lookup_expr="lt"),
    }


class CatalogCapsuleFilter(FilterSet):
    """How the capsules of the catalogue are filtered."""

    capsule_urn = OneAddress(Capsule, field_name="capsule")
    urn = OneOf(field_name="capsule__urn")
    name = OneOf(field_name="capsule__name")
    capsule_type = OpenWord(field_name="capsule_type", words=CAPSULE_TYPES)
    layer = OpenWord(field_name="layer", words=LAYERS)
    domain = in_domain("capsule__domain")
    owner = OneRow(Owner, field_name="capsule__owner")
    highest_sensitivity = OneWord(field_name="policy_rank", words=RANKS)
    has_masking = Flag(field_name="has_masking")
    has_contract = Flag(field_name="contract_status", lookup_expr="isnull", exclude=True)
    contract_status = OneWord(field_name="contract_status", words={word: word for word in CONTRACT})
    health = OneWord(field_name="health", words={word: word for word in HEALTH})
    locals().update({k: v for name, field in COUNTS.items() for k, v in numbers(name, field).items()})
    locals().update(between("updated_at"))
    locals().update(between("data_updated_at"))

    class Meta:
        model = CapsuleFacts
        fields = []


class CatalogColumnFilter(ColumnFilter):
    """How the columns of the catalogue are filtered: as columns are elsewhere, and by what is counted of them."""

    has_terms = Flag(field_name="term_links", lookup_expr="isnull", exclude=True, distinct=True)
    has_masking = Flag(method="masked")

    def masked(self, columns, name, value):
        found = columns.filter(masking_rules__is_enabled=True)
        return found.distinct() if value else columns.exclude(pk__in=found.values("pk"))
