"""Identity and payload in a capsule document: what it is called, where it lies, whose it is (section 3.1)."""

from apps.catalog.documents.keys import OWNER, PARTITIONING, SCHEMA, arranged
from apps.catalog.models import Capsule, CapsuleTag, Domain, SourceSystem, Tag
from apps.catalog.owners import named
from apps.catalog.remainder import completed, meta_with, noted, remainder, told_of
from apps.catalog.rewriting import rewrite

PLAIN = "layer materialization database_name schema_name description".split()
RENAMED = {"location": "storage_location", "format": "storage_format", "compression": "compression"}


def snapshot(capsules):
    """{capsule id: identity} of capsules that are loaded with owner, domain and source system; no query."""
    return {capsule.pk: _identity(capsule) for capsule in capsules}


def _identity(capsule):
    doc = noted(capsule.meta)
    own = {key: value for key, value in doc.items() if _is_own(key)}
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


def write(wanted):
    """Make the identity of each (capsule, state) equal to it; a capsule that is not stored is created.

    Source systems, teams, domains and tags are made where their names are new. A retired capsule is back in use.
    """
    systems = _systems(
        {state["source_system"] for _capsule, state in wanted if "source_system" in state}, wanted
    )
    domains = _domains({state["domain"] for _capsule, state in wanted if "domain" in state})
    said = [state["owner"] for _capsule, state in wanted if "owner" in state]
    emails = {one["team"]: one.get("email") for one in said if isinstance(one, dict)}
    owners = named({_team(owner) for owner in said}, emails)
    stored = {capsule.pk: capsule for capsule, _state in wanted if not capsule._state.adding}
    values = {}
    for capsule, state in wanted:
        values[capsule.pk] = {"id": capsule.pk, **_values(capsule, state)}
        values[capsule.pk] |= {
            "source_system_id": systems.get(state.get("source_system")),
            "domain_id": domains.get(state.get("domain")),
            "owner_id": owners[_team(state["owner"])].pk if "owner" in state else None,
        }
    rewrite(Capsule, stored, values)
    for capsule, _state in wanted:
        if capsule._state.adding:
            for name, value in values[capsule.pk].items():
                setattr(capsule, name, value)
            capsule._state.adding = False
    _tag(wanted)


def _values(capsule, state):
    partitioning = state.get("partitioning", {})
    kept = {
        key: value
        for key, value in capsule.meta.items()
        if key not in ("display_name", "status", "placeholder")
    }
    kept |= {key: state[key] for key in ("display_name", "status") if key in state}
    kept |= capsule.noting
    if not (capsule._state.adding or capsule.retired_at or "placeholder" in capsule.meta):
        # Who brought a capsule first stays its origin.
        kept = {key: value for key, value in kept.items() if key != "origin"}
        kept |= {key: capsule.meta[key] for key in ("origin",) if key in capsule.meta}
    told = {key: value for key, value in partitioning.items() if key in PARTITIONING}
    owner = state.get("owner")
    schema = {key: value for key, value in state.get("schema", {}).items() if key not in SCHEMA}
    return {
        "urn": capsule.urn,
        "name": state["name"],
        "capsule_type": state.get("capsule_type") or capsule.urn.split(":")[3],
        **{key: state.get(key) for key in PLAIN},
        **{stored: state.get(key) for key, stored in RENAMED.items()},
        "partition_strategy": partitioning.get("strategy"),
        "partition_key": partitioning.get("key"),
        "partition_expression": partitioning.get("expression"),
        "tags": state.get("tags", []),
        "retired_at": None,
        "meta": meta_with(
            _with_own(kept, state),
            version=state.get("version"),
            owner=owner if isinstance(owner, dict) else None,
            partitioning=remainder(partitioning, told),
            schema=schema,
        ),
    }


def _with_own(meta, state):
    """`meta` with the document's own keys as they are, empty ones too, in place of those of an earlier one."""
    doc = {key: value for key, value in noted(meta).items() if not _is_own(key)}
    return {**meta, "doc": doc | {key: value for key, value in state.items() if _is_own(key)}}


def _is_own(key):
    return key == "meta" or key.startswith("x-")


def _team(owner):
    return owner["team"] if isinstance(owner, dict) else owner


def _systems(names, wanted):
    """{name: id} of source systems; a new one has the system of its first capsule's URN as its type."""
    kinds = {}
    for capsule, state in wanted:
        if "source_system" in state:
            kinds.setdefault(state["source_system"], capsule.urn.split(":")[2])
    missing = names - set(SourceSystem._base_manager.filter(name__in=names).values_list("name", flat=True))
    SourceSystem._base_manager.bulk_create(
        [SourceSystem(name=name, kind=kinds[name][:50]) for name in sorted(missing)], ignore_conflicts=True
    )
    return dict(SourceSystem._base_manager.filter(name__in=names).values_list("name", "pk"))


def _domains(names):
    missing = names - set(Domain._base_manager.filter(name__in=names).values_list("name", flat=True))
    Domain._base_manager.bulk_create([Domain(name=name) for name in sorted(missing)], ignore_conflicts=True)
    return dict(Domain._base_manager.filter(name__in=names).values_list("name", "pk"))


def _tag(wanted):
    """Link the tags that documents name; links to tags of a category are people's and stay."""
    names = {tag for _capsule, state in wanted for tag in state.get("tags", ())}
    missing = names - set(
        Tag._base_manager.filter(name__in=names, category=None).values_list("name", flat=True)
    )
    Tag._base_manager.bulk_create([Tag(name=name) for name in sorted(missing)], ignore_conflicts=True)
    tags = dict(Tag._base_manager.filter(name__in=names, category=None).values_list("name", "pk"))
    values = {
        (capsule.pk, tags[tag]): {"capsule_id": capsule.pk, "tag_id": tags[tag]}
        for capsule, state in wanted
        for tag in state.get("tags", ())
    }
    stored = {
        (link.capsule_id, link.tag_id): link
        for link in CapsuleTag._base_manager.filter(
            capsule__in=[capsule for capsule, _state in wanted], tag__category=None
        )
    }
    left = rewrite(CapsuleTag, stored, values)
    CapsuleTag._base_manager.filter(pk__in=[link.pk for link in left]).delete()
