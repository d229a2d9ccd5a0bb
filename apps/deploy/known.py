"""What the portal answers while documents are read (rules R7, R11, S2b, S10, S12, S16, S19)."""

from functools import cache

from django.conf import settings

from apps.catalog.documents import Known, StoredVersion
from apps.catalog.documents.known import ENVIRONMENTS
from apps.catalog.models import Capsule, CapsuleVersion, Column, Domain, Owner, ValueDomain
from apps.contracts.models import Contract
from apps.glossary.models import Term
from apps.provenance.models import CapsuleEdge


def known_to(reader):
    """The `Known` of one reader: every answer asks the database once, however often it is wanted."""
    return Known(
        capsule=cache(_capsule),
        columns=cache(_columns),
        tables=cache(_tables),
        term=_terms(),
        value_domain=cache(_value_domain),
        domain=_names(Domain),
        owner_email=cache(_owner_email),
        versions=cache(_versions),
        contract=cache(_contract),
        upstream=cache(_upstream),
        may_see=cache(lambda urn: _may_see(reader, urn)),
        environments=frozenset(getattr(settings, "MASKING_ENVIRONMENTS", ENVIRONMENTS)),
    )


def _capsule(urn):
    return Capsule._base_manager.filter(urn=urn).exclude(meta__has_key="placeholder").exists()


def _columns(urn):
    capsule = Capsule._base_manager.filter(urn=urn, retired_at__isnull=True).only("pk").first()
    if capsule is None:
        return None
    found = Column._base_manager.filter(capsule=capsule, retired_at__isnull=True)
    return tuple(found.order_by("ordinal_position", "name").values_list("name", flat=True))


def _tables(table, near):
    """The URNs that a table's name may mean: of the same namespace, else of the same system."""
    system, _kind, namespace = near.split(":")[2:5]
    name = table.rpartition(".")[2]
    found = Capsule._base_manager.filter(
        name=name, urn__startswith=f"urn:dcs:{system}:", retired_at__isnull=True
    )
    urns = [
        urn
        for urn in found.order_by("urn").values_list("urn", flat=True)
        if table in _called(urn.split(":", 5)[4], name)
    ]
    return [urn for urn in urns if urn.split(":")[4] == namespace] or urns


def _called(namespace, name):
    return {name, f"{namespace.rpartition('.')[2]}.{name}", f"{namespace}.{name}"}


def _terms():
    @cache
    def words():
        found = set()
        for name, short, synonyms in Term._base_manager.values_list("name", "abbreviation", "synonyms"):
            found |= {word.casefold() for word in (name, short, *synonyms) if word}
        return found

    return lambda name: name.casefold() in words()


def _names(model):
    @cache
    def names():
        return frozenset(model._base_manager.values_list("name", flat=True))

    return lambda name: name in names()


def _value_domain(name):
    found = ValueDomain._base_manager.filter(name=name).values_list("allowed_values", flat=True).first()
    if found is None:
        return [] if ValueDomain._base_manager.filter(name=name).exists() else None
    return [one.get("code") if isinstance(one, dict) else one for one in found]


def _owner_email(team):
    return Owner._base_manager.filter(name=team).order_by("-kind").values_list("email", flat=True).first()


def _versions(urn):
    """The versions that have names, oldest first; with date and words where a document told of them."""
    rows = CapsuleVersion._base_manager.filter(capsule__urn=urn, name__isnull=False).order_by("number")
    found = {}
    for name, told in rows.values_list("name", "meta__told"):
        said = (
            (told.get("date", ""), told.get("changes", ""), told.get("breaking", False)) if told else (None,)
        )
        found[name] = StoredVersion(name, *said)
    return list(found.values())


def _contract(urn, version):
    found = Contract._base_manager.filter(capsule__urn=urn, version=version)
    return found.values_list("status", flat=True).first()


def _upstream(urn):
    return tuple(CapsuleEdge._base_manager.filter(target_urn=urn).values_list("source_urn", flat=True))


def _may_see(reader, urn):
    known = Capsule._base_manager.filter(urn=urn)
    return not known.exists() or Capsule.objects.visible_to(reader).filter(urn=urn).exists()
