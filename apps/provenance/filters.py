"""How edges and code are filtered: the same on pages, in the API and in exports."""

from django.db.models import Q

from apps.catalog.filters import OneAddress
from apps.catalog.models import Capsule, Column
from apps.catalog.vocabularies import EDGE_TYPES
from apps.ui.filters import FilterSet, OneOf, OneWord, OpenWord, between

from .models import CapsuleEdge, ColumnEdge, TransformationCode


class CapsuleEdgeFilter(FilterSet):
    """How edges between capsules are filtered; `capsule_urn` is either end."""

    capsule_urn = OneAddress(Capsule, method="touching")
    source_urn = OneAddress(Capsule, field_name="source")
    target_urn = OneAddress(Capsule, field_name="target")
    edge_type = OpenWord(field_name="edge_type", words=EDGE_TYPES)
    locals().update(between("created_at"))

    class Meta:
        model = CapsuleEdge
        fields = []

    def touching(self, edges, name, value):
        return edges.filter(Q(source__in=value) | Q(target__in=value))


class ColumnEdgeFilter(FilterSet):
    """How edges between columns are filtered; `column_urn` and `capsule_urn` are either end."""

    capsule_urn = OneAddress(Capsule, method="in_capsule")
    column_urn = OneAddress(Column, method="touching")
    source_urn = OneAddress(Column, field_name="source")
    target_urn = OneAddress(Column, field_name="target")
    transformation_type = OneOf(field_name="transformation_type")
    locals().update(between("created_at"))

    class Meta:
        model = ColumnEdge
        fields = []

    def touching(self, edges, name, value):
        return edges.filter(Q(source__in=value) | Q(target__in=value))

    def in_capsule(self, edges, name, value):
        return edges.filter(Q(source__capsule__in=value) | Q(target__capsule__in=value))


class CodeFilter(FilterSet):
    """How transformation code is filtered; `capsule_urn` takes in the code of the edges that end in the capsule."""

    capsule_urn = OneAddress(Capsule, method="making")
    language = OneWord(
        field_name="language", words={word: word for word in TransformationCode.Language.values}
    )
    file_path = OneOf(field_name="file_path")

    class Meta:
        model = TransformationCode
        fields = []

    def making(self, code, name, value):
        return code.filter(Q(capsule__in=value) | Q(edge__target__in=value))
