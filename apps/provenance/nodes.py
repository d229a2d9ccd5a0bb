"""Capsules as the nodes of a lineage graph: what they are called, what they are, where they lead."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language
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
        return capsule_page(self.urn)


SAMPLE = "urn:dcs:system:kind:name"
UNQUOTED = "!$&'()*+,;=/~:@"  # as reverse() leaves them


@lru_cache(maxsize=8)
def _around(prefix, urlconf):
    return tuple(reverse("catalog:capsule", urlconf, args=[SAMPLE]).split(SAMPLE))


def capsule_page(urn):
    """The address of a capsule's page: reverse() for each of a hundred would cost more than all else that they say."""
    before, after = _around(get_script_prefix(), get_urlconf())
    return f"{before}{quote(urn, safe=UNQUOTED)}{after}"


@lru_cache(maxsize=8)
def _explorer(prefix, urlconf):
    return reverse("provenance:lineage", urlconf)


def explorer_page():
    """The address of the lineage explorer, without a question."""
    return _explorer(get_script_prefix(), get_urlconf())


def node(found, **more):
    """A node for `picture` from what is known of a capsule ({urn, name, type, layer})."""
    return {
        "name": found["urn"],
        "title": found["name"],
        "kind": kind(found["type"], found["layer"]),
        "layer": found["layer"] or "",
        "icon": ICONS.get(found["type"], "table-2"),
        "url": capsule_page(found["urn"]),
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
    return _kind(capsule_type, layer, get_language())


@lru_cache(maxsize=512)
def _kind(capsule_type, layer, language):
    known = vocabularies.CAPSULE_TYPES.get(capsule_type)
    word = str(known.title).lower() if known else capsule_type.replace("_", " ")
    return _("%(kind)s · %(layer)s") % {"kind": word, "layer": layer} if layer else word


def lineage(urn, **state):
    """The address of the lineage explorer with a capsule in focus."""
    pairs = sorted((key, value) for key, value in {"focus": urn, **state}.items() if value not in ("", None))
    return f"{explorer_page()}?{urlencode(pairs, safe=':')}"
