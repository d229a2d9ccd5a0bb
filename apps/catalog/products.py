"""Capsules in data products: put in, given another part, taken out; by pages and API alike."""

from django.db.models import Q

from . import urns
from .models import Capsule, DataProduct, ProductMember


def locked(reader, **which):
    """The product that `which` names, locked for a change of its members; None if the reader may not know of any."""
    found = DataProduct.objects.visible_to(reader).filter(**which)
    return found.order_by().select_for_update(of=("self",)).first()


def put(product, capsule, role):
    """Put the capsule into the product, or change the part that it plays there."""
    member, _made = ProductMember.objects.update_or_create(
        product=product, capsule=capsule, defaults={"role": role}
    )
    return member


def take_out(product, capsule):
    """Take the capsule out of the product; False if it was not in it."""
    return ProductMember.objects.filter(product=product, capsule=capsule).delete()[0] > 0


def meant(text, reader):
    """The capsules that a URN, or a name in any letter case, may mean to the reader: at most two, to tell one from several."""
    spelled = Q(urn__in=urns.spellings(text)) if text.startswith("urn:") else Q(name__iexact=text)
    return list(Capsule.objects.visible_to(reader).current().filter(spelled).order_by("urn")[:2])
