"""How terms and value domains are filtered: the same on pages, in the API and in exports."""

import django_filters
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.catalog.filters import OneAddress, in_domain
from apps.catalog.models import Capsule, Column, Owner, ValueDomain
from apps.ui.filters import FilterSet, Flag, OneOf, OneRow, OneWord, between

from .models import Term, TermLink

LETTERS = {letter: letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ#"}


class TermFilter(FilterSet):
    """How terms are filtered."""

    q = django_filters.CharFilter(
        method="matching", label=_("Name, synonym, abbreviation or definition contains")
    )
    name = OneOf(method="called")
    letter = OneWord(method="beginning", words=LETTERS | {letter.lower(): letter for letter in LETTERS})
    status = OneWord(field_name="status", words={word: word for word in Term.Status.values})
    approval_status = OneWord(field_name="status", words={word: word for word in Term.Status.values})
    domain = in_domain("domain")
    category = OneOf(field_name="category")
    owner = OneRow(Owner, field_name="owner")
    steward_email = OneOf(field_name="steward_email")
    tag = OneOf(method="tagged")
    used = Flag(method="in_use")
    has_domain = Flag(field_name="domain", lookup_expr="isnull", exclude=True)
    has_owner = Flag(field_name="owner", lookup_expr="isnull", exclude=True)
    capsule_urn = OneAddress(Capsule, method="explaining_capsule")
    column_urn = OneAddress(Column, method="explaining_column")
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = Term
        fields = []

    def matching(self, terms, name, value):
        return terms.matching(value)

    def called(self, terms, name, value):
        wanted = Q()
        for text in value:
            wanted |= Q(name__iexact=text)
        return terms.filter(wanted) if value else terms

    def beginning(self, terms, name, value):
        return terms.beginning_with(value[0]) if value else terms

    def tagged(self, terms, name, value):
        wanted = Q()
        for text in value:
            wanted |= Q(tags__contains=[text])
        return terms.filter(wanted) if value else terms

    def in_use(self, terms, name, value):
        return terms if value is None else terms.used(value)

    def explaining_capsule(self, terms, name, value):
        return self._explaining(terms, value and (Q(capsule__in=value) | Q(column__capsule__in=value)))

    def explaining_column(self, terms, name, value):
        return self._explaining(terms, value and Q(column__in=value))

    def _explaining(self, terms, subject):
        if not subject:
            return terms
        links = TermLink.objects.visible_to(self.request.reader).filter(subject, term=OuterRef("pk"))
        return terms.filter(Exists(links))


class ValueDomainFilter(FilterSet):
    """How value domains are filtered."""

    q = django_filters.CharFilter(method="matching", label=_("Name or description contains"))
    name = OneOf(field_name="name")
    domain_type = OneWord(field_name="kind", words={word: word for word in ValueDomain.Kind.values})
    owner = OneRow(Owner, field_name="owner")
    is_extensible = Flag(field_name="is_extensible")
    used = Flag(method="in_use")

    class Meta:
        model = ValueDomain
        fields = []

    def matching(self, found, name, value):
        return found.filter(Q(name__icontains=value) | Q(description__icontains=value))

    def in_use(self, found, name, value):
        if value is None:
            return found
        columns = Column.objects.filter(value_domain=OuterRef("pk"), retired_at__isnull=True)
        return found.filter(Exists(columns) if value else ~Exists(columns))


class TermLinkFilter(FilterSet):
    """How the terms of a capsule or a column are filtered."""

    level = OneWord(method="on_level", words={"capsule": "capsule", "column": "column"})
    relationship_type = OneWord(
        field_name="relationship", words={word: word for word in TermLink.Relationship.values}
    )
    approval_status = OneWord(field_name="term__status", words={word: word for word in Term.Status.values})

    class Meta:
        model = TermLink
        fields = []

    def on_level(self, links, name, value):
        wanted = Q()
        for level in value:
            wanted |= Q(**{f"{level}__isnull": False})
        return links.filter(wanted) if value else links
