"""How capsules, columns and what belongs to them are filtered: the same on pages, in the API and in exports."""

import uuid

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.ui.filters import Filled, FilterSet, Flag, OneOf, OneRow, OneWord, OpenWord, between

from . import domains, urns
from .models import (
    Capsule,
    CapsuleTag,
    CapsuleVersion,
    Column,
    ColumnTag,
    Constraint,
    DataProduct,
    Domain,
    Index,
    Owner,
    PIIType,
    ProductMember,
    SemanticType,
    SourceSystem,
    Tag,
)
from .vocabularies import CAPSULE_TYPES, LAYERS, MATERIALIZATIONS, SENSITIVITY

RANKS = {level: place for place, level in enumerate(SENSITIVITY, start=1)}


def addressed(model, texts, reader):
    """The keys of the capsules or columns that `texts` mean, by URN in any spelling or by id: {text: key or None}."""
    found = {}
    for text in texts:
        try:
            named = Q(pk=uuid.UUID(text))
        except ValueError:
            named = Q(urn__in=urns.spellings(text))
        found[text] = model.objects.visible_to(reader).filter(named).values_list("pk", flat=True).first()
    return found


class OneAddress(OneOf):
    """Rows that belong to one of the capsules or columns at the given addresses."""

    def __init__(self, model, *args, **kwargs):
        self.rows = model
        super().__init__(*args, **kwargs)

    def check(self, given):
        found = addressed(self.rows, given, self.parent.request.reader)
        if missing := [text for text, key in found.items() if key is None]:
            raise ValidationError(
                _("There is no %(kind)s “%(missing)s”."),
                params={"kind": self.rows._meta.verbose_name, "missing": ", ".join(missing)},
            )
        return list(found.values())


def in_domain(field_name):
    """Rows of a domain, or of any that lies in it."""
    return OneRow(Domain, field_name=field_name, within=domains.within)


class IncludeRetired(Flag):
    """Retired rows are left out unless this is `true`."""

    def filter(self, found, value):
        return found


def current_unless_asked(found, parameters):
    """Without the retired rows, unless `include_retired=true`."""
    asked = str(parameters.get("include_retired", "")).strip().lower()
    return found if asked == "true" else found.current()


class CapsuleFilter(FilterSet):
    """How capsules are filtered."""

    q = django_filters.CharFilter(method="matching", label=_("Name, address or description contains"))
    name = OneOf(field_name="name")
    capsule_urn = OneAddress(Capsule, field_name="pk")
    capsule_type = OpenWord(field_name="capsule_type", words=CAPSULE_TYPES)
    layer = OpenWord(field_name="layer", words=LAYERS)
    materialization = OpenWord(field_name="materialization", words=MATERIALIZATIONS)
    domain = in_domain("domain")
    owner = OneRow(Owner, field_name="owner")
    source_system = OneRow(SourceSystem, field_name="source_system")
    product = OneRow(DataProduct, method="in_product")
    tag = OneOf(method="tagged")
    sensitivity = OneWord(field_name="sensitivity_rank", words=RANKS)
    database_name = OneOf(field_name="database_name")
    schema_name = OneOf(field_name="schema_name")
    has_description = Filled(field_name="description")
    has_owner = Flag(field_name="owner", lookup_expr="isnull", exclude=True)
    has_domain = Flag(field_name="domain", lookup_expr="isnull", exclude=True)
    has_tests = Flag(field_name="has_tests")
    has_columns = Flag(method="with_columns")
    has_pii = Flag(method="with_pii")
    include_retired = IncludeRetired()
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = Capsule
        fields = []

    def matching(self, capsules, name, value):
        return capsules.filter(
            Q(name__icontains=value) | Q(urn__icontains=value) | Q(description__icontains=value)
        )

    def in_product(self, capsules, name, value):
        members = ProductMember.objects.visible_within(self.request.reader)
        return capsules.filter(Exists(members.filter(capsule=OuterRef("pk"), product__in=value)))

    def tagged(self, capsules, name, value):
        return with_tags(capsules, value, CapsuleTag, "capsule")

    def with_columns(self, capsules, name, value):
        return _where(capsules, value, self._columns())

    def with_pii(self, capsules, name, value):
        return _where(capsules, value, self._columns().filter(pii_type__isnull=False))

    def _columns(self):
        return Column.objects.visible_to(self.request.reader).filter(
            capsule=OuterRef("pk"), retired_at__isnull=True
        )


class ColumnFilter(FilterSet):
    """How columns are filtered."""

    q = django_filters.CharFilter(method="matching", label=_("Name or description contains"))
    name = OneOf(field_name="name")
    capsule_urn = OneAddress(Capsule, field_name="capsule")
    column_urn = OneAddress(Column, field_name="pk")
    domain = in_domain("capsule__domain")
    owner = OneRow(Owner, field_name="capsule__owner")
    layer = OpenWord(field_name="capsule__layer", words=LAYERS)
    data_type = OneOf(field_name="data_type")
    semantic_type = OneWord(field_name="semantic_type", words={word: word for word in SemanticType.values})
    pii_type = OneWord(field_name="pii_type", words={word: word for word in PIIType.values})
    has_pii = Flag(field_name="pii_type", lookup_expr="isnull", exclude=True)
    has_description = Filled(field_name="description")
    has_tests = Flag(field_name="has_tests")
    is_nullable = Flag(field_name="is_nullable")
    key = OneWord(method="with_key", words={kind: kind for kind in ("primary_key", "foreign_key", "unique")})
    tag = OneOf(method="tagged")
    sensitivity = OneWord(field_name="sensitivity_rank", words=RANKS)
    include_retired = IncludeRetired()
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = Column
        fields = []

    def matching(self, columns, name, value):
        return columns.filter(Q(name__icontains=value) | Q(description__icontains=value))

    def with_key(self, columns, name, value):
        if not value:
            return columns
        return columns.filter(Exists(Constraint.objects.filter(column=OuterRef("pk"), kind__in=value)))

    def tagged(self, columns, name, value):
        return with_tags(columns, value, ColumnTag, "column")


class ConstraintFilter(FilterSet):
    """How constraints are filtered."""

    constraint_type = OneWord(field_name="kind", words={kind: kind for kind in Constraint.Kind.values})
    capsule_urn = OneAddress(Capsule, field_name="column__capsule")
    column_urn = OneAddress(Column, field_name="column")
    is_enforced = Flag(field_name="is_enforced")
    references = OneOf(method="referring", label=_("URN of the table that a foreign key points to"))

    class Meta:
        model = Constraint
        fields = []

    def referring(self, constraints, name, value):
        spelled = [form for text in value for form in urns.spellings(text)]
        return constraints.filter(referenced_table_urn__in=spelled) if value else constraints


class IndexFilter(FilterSet):
    """How indexes are filtered."""

    index_type = OneWord(field_name="kind", words={kind: kind for kind in Index.Kind.values})
    is_unique = Flag(field_name="is_unique")
    is_primary = Flag(field_name="is_primary")
    is_partial = Flag(field_name="is_partial")
    capsule_urn = OneAddress(Capsule, field_name="capsule")

    class Meta:
        model = Index
        fields = []


class VersionFilter(FilterSet):
    """How the versions of a capsule are filtered."""

    change_type = OneWord(
        field_name="change_type", words={word: word for word in CapsuleVersion.ChangeType.values}
    )
    breaking = Flag(field_name="breaking_change")
    current = Flag(field_name="is_current")

    class Meta:
        model = CapsuleVersion
        fields = []


class DomainFilter(FilterSet):
    """How domains are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    name = OneOf(field_name="name")
    parent = OneRow(Domain, field_name="parent")
    owner = OneRow(Owner, field_name="owner")

    class Meta:
        model = Domain
        fields = []


class OwnerFilter(FilterSet):
    """How owners are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    name = OneOf(field_name="name")
    owner_type = OneWord(field_name="kind", words={kind: kind for kind in Owner.Kind.values})

    class Meta:
        model = Owner
        fields = []


class TagFilter(FilterSet):
    """How tags are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    name = OneOf(field_name="name")
    category = OneOf(field_name="category")

    class Meta:
        model = Tag
        fields = []


class SourceSystemFilter(FilterSet):
    """How source systems are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    name = OneOf(field_name="name")
    source_type = OneOf(field_name="kind")

    class Meta:
        model = SourceSystem
        fields = []


class DataProductFilter(FilterSet):
    """How data products are filtered."""

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    name = OneOf(field_name="name")
    status = OneWord(field_name="status", words={word: word for word in DataProduct.Status.values})
    domain = in_domain("domain")
    owner = OneRow(Owner, field_name="owner")
    capsule_urn = OneAddress(Capsule, method="with_capsule")

    class Meta:
        model = DataProduct
        fields = []

    def with_capsule(self, products, name, value):
        members = ProductMember.objects.visible_to(self.request.reader)
        return products.filter(Exists(members.filter(product=OuterRef("pk"), capsule__in=value)))


def with_tags(rows, texts, links, name):
    """Rows that carry one of the tags, linked (by name or id) or written in their list of tags."""
    if not texts:
        return rows
    keys = [key for key in map(_key, texts) if key]
    linked = links.objects.filter(Q(tag__name__in=texts) | Q(tag__in=keys), **{name: OuterRef("pk")})
    written = Q()
    for text in texts:
        written |= Q(tags__contains=[text])
    return rows.filter(Exists(linked) | written)


def _key(text):
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _where(rows, wanted, inner):
    if wanted is None:
        return rows
    return rows.filter(Exists(inner) if wanted else ~Exists(inner))
