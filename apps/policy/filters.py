"""How policies are filtered: the same on pages, in the API and in exports."""

from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog import domains
from apps.catalog.filters import OneAddress
from apps.catalog.models import Capsule, Column, Domain, Owner
from apps.catalog.vocabularies import Sensitivity
from apps.ui.filters import FilterSet, Flag, OneOf, OneRow, OneWord, between

from .models import Policy

SUBJECTS = {"capsule": "capsule", "column": "column"}
DUE = {"overdue": -1, "today": 0, "30_days": 30, "90_days": 90}


def words(choices):
    return {value: value for value in choices.values}


class PolicyFilter(FilterSet):
    """How policies are filtered; `on` leaves those that are in force on that day."""

    q = django_filters.CharFilter(method="matching", label=_("Number, capsule or column contains"))
    state = OneWord(field_name="status", words=words(Policy.Status))
    policy_status = OneWord(field_name="status", words=words(Policy.Status))
    sensitivity = OneWord(field_name="sensitivity_level", words=words(Sensitivity))
    level = OneWord(method="about_subject", words=SUBJECTS)
    framework = OneOf(method="under")
    requires_masking = Flag(field_name="requires_masking", lookup_expr="exact")
    legal_hold = Flag(field_name="legal_hold", lookup_expr="exact")
    review = OneWord(method="due", words={word: word for word in DUE})
    owner = OneRow(Owner, field_name="owner")
    domain = OneRow(Domain, method="in_domain", within=domains.within)
    capsule_urn = OneAddress(Capsule, method="of_capsule")
    column_urn = OneAddress(Column, field_name="column")
    on = django_filters.DateFilter(method="holding")
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = Policy
        fields = []

    def matching(self, policies, name, value):
        said = Q(capsule__name__icontains=value) | Q(column__name__icontains=value)
        number = value.strip().lower().removeprefix("p-")
        if number.isdecimal() and len(number) < 18:
            said |= Q(number=int(number))
        return policies.filter(said | Q(column__capsule__name__icontains=value))

    def about_subject(self, policies, name, value):
        if not value or set(value) == set(SUBJECTS):
            return policies
        return policies.filter(column__isnull=value == ["capsule"])

    def under(self, policies, name, value):
        wanted = Q()
        for word in value:
            wanted |= Q(compliance_frameworks__contains=[word])
        return policies.filter(wanted) if value else policies

    def due(self, policies, name, value):
        if not value:
            return policies
        days = max(DUE[word] for word in value)
        return policies.due_for_review(on=timezone.now().date() + timedelta(days))

    def in_domain(self, policies, name, value):
        if not value:
            return policies
        return policies.filter(Q(capsule__domain__in=value) | Q(column__capsule__domain__in=value))

    def of_capsule(self, policies, name, value):
        if not value:
            return policies
        return policies.filter(Q(capsule__in=value) | Q(column__capsule__in=value))

    def holding(self, policies, name, value):
        return policies.in_force(on=value) if value else policies
