"""Which contracts bind capsules, and who is known to consume them: whoever must hear of a change."""

from django.utils.translation import gettext as _

from apps.catalog.addresses import page_of
from apps.catalog.dimensions import Touched
from apps.catalog.models import Capsule

from .consumers import effective, known, stated
from .models import Contract


def reach(capsules, columns, reader):
    """The effective contract of each capsule, and the consumers that contracts and sources name; two queries."""
    bound = _contracts(capsules, reader)
    listed = {row.capsule_id: row.known_consumers for row in bound}
    said = {
        one.pk: stated(one).get("known_consumers")
        for one in Capsule.objects.visible_to(reader)
        .filter(pk__among=capsules, meta__doc__contract__has_key="known_consumers")
        .only("meta")
        .order_by()
    }
    found, pairs = {}, []
    for capsule in listed.keys() | said.keys():
        for consumer in known(listed.get(capsule), said.get(capsule)):
            key = (consumer["name"], consumer["team"])
            found.setdefault(key, consumer)
            pairs.append((key, capsule))
    contracts = [(row.pk, row.capsule_id) for row in bound]
    return [
        Touched("contracts", _("Contracts"), contracts, lambda keys: _told(keys, reader)),
        Touched("consumers", _("Consumers"), sorted(pairs, key=str), lambda keys: _named(keys, found)),
    ]


def _contracts(capsules, reader):
    rows = Contract.objects.visible_to(reader).filter(capsule__id__among=capsules)
    rows = effective(rows).only("capsule_id", "known_consumers")
    first = {}
    for row in rows:
        first.setdefault(row.capsule_id, row)
    return list(first.values())


def _told(keys, reader):
    rows = Contract.objects.visible_to(reader).filter(pk__among=keys).select_related("capsule")
    return {
        row.pk: {
            "name": f"{row.capsule.name} {row.version}",
            "url": page_of("contracts:contract", row.capsule.urn, row.version)
            or page_of("catalog:dimension", row.capsule.urn, "contract"),
            "note": row.get_status_display(),
        }
        for row in rows
    }


def _named(keys, found):
    """A consumer is called by what it does with the data, with the team beside it."""
    return {
        key: {
            "name": found[key]["name"],
            "url": found[key]["url"],
            "note": " · ".join(dict.fromkeys(filter(None, (found[key]["team"], found[key]["contact"])))),
        }
        for key in keys
    }
