"""Identity and payload in a capsule document: what it is called, where it lies, whose it is (section 3.1)."""

from apps.catalog.documents.keys import OWNER, PARTITIONING, arranged
from apps.catalog.remainder import completed, noted, told_of

PLAIN = "layer materialization database_name schema_name description".split()
RENAMED = {"location": "storage_location", "format": "storage_format", "compression": "compression"}


def snapshot(capsules):
    """{capsule id: identity} of capsules that are loaded with owner, domain and source system; no query."""
    return {capsule.pk: _identity(capsule) for capsule in capsules}


def _identity(capsule):
    doc = noted(capsule.meta)
    own = {key: value for key, value in doc.items() if key == "meta" or key.startswith("x-")}
    said = {key: capsule.meta.get(key) for key in ("display_name", "status")}
    return {
        "urn": capsule.urn,
        "name": capsule.name,
        **told_of(
            **{key: value for key, value in said.items() if isinstance(value, str)},
            version=doc.get("version"),
            capsule_type=None if capsule.capsule_type == capsule.urn.split(":")[3] else capsule.capsule_type,
            source_system=capsule.source_system and capsule.source_system.name,
            **{key: getattr(capsule, key) for key in PLAIN},
            **{key: getattr(capsule, stored) for key, stored in RENAMED.items()},
            partitioning=_partitioning(capsule, doc),
            owner=_owner(capsule.owner, doc.get("owner")),
            domain=capsule.domain and capsule.domain.name,
            tags=capsule.tags,
        ),
        **own,
    }


def _partitioning(capsule, doc):
    told = told_of(
        strategy=capsule.partition_strategy,
        key=capsule.partition_key,
        expression=capsule.partition_expression,
    )
    return arranged(completed(told, doc.get("partitioning") or {}), PARTITIONING)


def _owner(owner, said):
    """The team's name, with the address and contact that the document gave if it still is that team."""
    if owner is None:
        return None
    if isinstance(said, dict) and said.get("team") == owner.name:
        return arranged(said, OWNER)
    return owner.name
