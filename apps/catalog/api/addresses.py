"""Capsules and columns in the addresses of the API: by URN in any spelling, by a former URN, or by id."""

import uuid

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS

from apps.catalog import urns
from apps.catalog.models import Capsule, CapsuleAlias, Column


def matching(address):
    """The condition for the row that an address means."""
    try:
        return Q(pk=uuid.UUID(address))
    except ValueError:
        return Q(urn__in=urns.spellings(address))


def capsules(address, reader, queryset=None):
    """The queryset of the one capsule at the address, empty if the reader may not know of any; retired ones too."""
    visible = (Capsule.objects.all() if queryset is None else queryset).visible_to(reader)
    if not address.startswith("urn:"):
        return visible.filter(matching(address))
    spelled = urns.spellings(address)
    # Two look-ups by index inside one query; a condition with OR would read the whole table.
    present = Capsule.objects.filter(urn__in=spelled).values("pk")[:1]
    former = CapsuleAlias.objects.visible_to(reader).filter(urn__in=spelled).values("capsule")[:1]
    return visible.filter(pk=Coalesce(Subquery(present), Subquery(former)))


def capsule(address, reader, *, lock=False):
    """The capsule at the address. Raises `NotFound`."""
    found = capsules(address, reader).select_related("owner", "domain").order_by()
    return _first(found.select_for_update(of=("self",)) if lock else found)


def column(address, reader, *, lock=False):
    """The column at the address, with its capsule. Raises `NotFound`."""
    found = Column.objects.visible_to(reader).filter(matching(address)).order_by()
    found = found.select_related("capsule__owner", "capsule__domain")
    return _first(found.select_for_update(of=("self",)) if lock else found)


def _first(queryset):
    record = queryset.first()
    if record is None:
        kind = queryset.model._meta.verbose_name
        raise NotFound(_("There is no %(kind)s with this address.") % {"kind": kind})
    return record


class UnderCapsule:
    """A route below `/capsules/{urn}`: finds `self.capsule` first, locked if something is to be added to it."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.capsule = capsule(self.kwargs["urn"], request.reader, lock=request.method not in SAFE_METHODS)


class UnderColumn:
    """A route below `/columns/{urn}`: finds `self.column` first, locked if something is to be added to it."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.column = column(self.kwargs["urn"], request.reader, lock=request.method not in SAFE_METHODS)
