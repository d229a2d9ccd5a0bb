"""How contracts, measurements and incidents are filtered: the same on pages, in the API and in exports."""

import django_filters
from django.db.models import Q

from apps.catalog import domains
from apps.catalog.filters import OneAddress
from apps.catalog.models import Capsule, Domain, Owner
from apps.catalog.vocabularies import IncidentSeverity
from apps.ui.filters import FilterSet, Flag, OneOf, OneRow, OneWord, between

from .models import Contract, Incident, Measurement, Promise, Watch
from .models.measurements import Aspect


def words(choices):
    return {value: value for value in choices.values}


class ContractFilter(FilterSet):
    """How contracts are filtered."""

    q = django_filters.CharFilter(method="matching")
    capsule_urn = OneAddress(Capsule, field_name="capsule")
    contract_version = OneOf(field_name="version")
    contract_status = OneWord(field_name="status", words=words(Contract.Status))
    health = OneWord(method="as_healthy", words=words(Watch.Health))
    support_level = OneWord(field_name="support_level", words=words(Contract.SupportLevel))
    domain = OneRow(Domain, field_name="capsule__domain", within=domains.within)
    owner = OneRow(Owner, field_name="owner")
    locals().update(between("created_at") | between("updated_at"))

    class Meta:
        model = Contract
        fields = []

    def matching(self, contracts, name, value):
        return contracts.filter(Q(capsule__name__icontains=value) | Q(version=value))

    def as_healthy(self, contracts, name, value):
        """What the last look found; contracts that are not in force have no health."""
        if not value:
            return contracts
        return contracts.in_force().filter(
            Q(watch__health__in=value) | (Q(watch=None) if "unknown" in value else Q(pk=None))
        )


class MeasurementFilter(FilterSet):
    """How the measurements of a contract are filtered."""

    metric = OneWord(field_name="metric", words=words(Promise))
    aspect = OneWord(field_name="aspect", words={word: word for word in Aspect.values if word})
    is_met = Flag(field_name="is_met", lookup_expr="exact")
    locals().update(between("measured_at"))

    class Meta:
        model = Measurement
        fields = []


class IncidentFilter(FilterSet):
    """How incidents are filtered; `open` are those that still need somebody."""

    capsule_urn = OneAddress(Capsule, field_name="capsule")
    contract_id = OneRow(Contract, field_name="contract", names=())
    incident_type = OneWord(field_name="kind", words=words(Promise))
    incident_severity = OneWord(field_name="severity", words=words(IncidentSeverity))
    severity = OneWord(field_name="severity", words=words(IncidentSeverity))
    incident_status = OneWord(field_name="status", words=words(Incident.Status))
    open = Flag(method="as_open")
    domain = OneRow(Domain, field_name="capsule__domain", within=domains.within)
    locals().update(between("detected_at"))

    class Meta:
        model = Incident
        fields = []

    def as_open(self, incidents, name, value):
        if value is None:
            return incidents
        unresolved = Q(status__in=["open", "investigating", "mitigated"])
        return incidents.filter(unresolved if value else ~unresolved)
