"""Capsules as the nodes of a lineage graph: what they are called, what they are, where they lead."""

from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.catalog import vocabularies

# What a node says of a capsule, and where a query finds it.
PATHS = {"urn": "urn", "name": "name", "type": "capsule_type", "layer": "layer"}
ICONS = {
    "source": "database",
    "seed": "file-spreadsheet",
    "file": "file-text",
    "topic": "radio",
    "view": "eye",
    "snapshot": "camera",
    "dataset": "database",
}


class Named(NamedTuple):
    """What is said of a capsule where many are listed; stands for the capsule in `facts_of`."""

    pk: UUID
    urn: str
    name: str
    capsule_type: str
    layer: str | None

    def get_absolute_url(self):
        return reverse("catalog:capsule", args=[self.urn])


def node(found, **more):
    """A node for `picture` from what is known of a capsule ({urn, name, type, layer})."""
    return {
        "name": found["urn"],
        "title": found["name"],
        "kind": kind(found["type"], found["layer"]),
        "layer": found["layer"] or "",
        "icon": ICONS.get(found["type"], "table-2"),
        "url": reverse("catalog:capsule", args=[found["urn"]]),
        "focus_url": lineage(found["urn"]),
        **more,
    }


def facts_of(capsule):
    """What `node` wants of a capsule at hand."""
    return {"urn": capsule.urn, "name": capsule.name, "type": capsule.capsule_type, "layer": capsule.layer}


def kind_of(capsule):
    return kind(capsule.capsule_type, capsule.layer)


def kind(capsule_type, layer):
    """What it is in two words: "model · silver"."""
    known = vocabularies.CAPSULE_TYPES.get(capsule_type)
    word = str(known.title).lower() if known else capsule_type.replace("_", " ")
    return _("%(kind)s · %(layer)s") % {"kind": word, "layer": layer} if layer else word


def lineage(urn, **state):
    """The address of the lineage explorer with a capsule in focus."""
    pairs = sorted((key, value) for key, value in {"focus": urn, **state}.items() if value not in ("", None))
    return f"{reverse('provenance:lineage')}?{urlencode(pairs, safe=':')}"
