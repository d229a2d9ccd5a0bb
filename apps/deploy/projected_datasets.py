"""Datasets of events become capsules and columns: known ones by their address or relation, the others placeholders."""

from apps.catalog import urns
from apps.dcs.keys import uuid7

from . import projected_contracts
from .event_rows import with_rows
from .models import LineageDataset
from .readers import openlineage_names as names
from .readers import openlineage_union as union
from .readers.openlineage import moment

LONGEST_TYPE = 100
LONGEST_COLUMN = 255


def identify(datasets):
    """{key: capsule id} of `datasets`, {key: state}: found, else made. An address that was matched is kept as an alias."""
    known = LineageDataset.objects.filter(pk__in=list(datasets), capsule__isnull=False)
    found = {str(key): capsule for key, capsule in known.values_list("pk", "capsule")}
    new = {key: state for key, state in datasets.items() if key not in found}
    if not new:
        return found
    found |= _by_address(new)
    found |= _by_relation({key: state for key, state in new.items() if key not in found})
    found |= _made({key: state for key, state in new.items() if key not in found})
    return found


def _names_of(state):
    """Its own name first, then its other ones."""
    return [(state["namespace"], state["name"]), *map(tuple, state["links"])]


def _by_address(datasets):
    rows = [
        {"key": key, "urn": names.urn(*name), "place": place}
        for key, state in datasets.items()
        for place, name in enumerate(_names_of(state))
    ]
    matched = with_rows(
        "SELECT DISTINCT ON (s.key) s.key, coalesce(c.id, a.capsule_id) FROM {rows}"
        " LEFT JOIN capsules c ON c.urn = s.urn LEFT JOIN capsule_aliases a ON a.urn = s.urn"
        " WHERE c.id IS NOT NULL OR a.id IS NOT NULL ORDER BY s.key, s.place",
        "key text, urn text, place int",
        rows,
    )
    return dict(matched)


def _by_relation(datasets):
    """Those that one capsule alone fits: same database, schema and table, and no other kind of system."""
    rows = []
    for key, state in datasets.items():
        for place, name in enumerate(_names_of(state)):
            if relation := names.relation(*name):
                parts = {part: getattr(relation, part) for part in ("scheme", "database", "schema", "table")}
                rows.append({"key": key, "place": place, **parts})
    matched = with_rows(
        "SELECT s.key, s.place, c.id, j.execution_environment->>'adapter', s.scheme FROM {rows} JOIN capsules c ON"
        " lower(c.schema_name) = s.schema"
        " AND lower(coalesce(c.meta->'dbt'->>'alias', c.name)) = s.\"table\""
        " AND (s.database = '' OR lower(c.database_name) = s.database)"
        " LEFT JOIN ingestion_jobs j ON j.id = c.ingestion_id"
        " WHERE c.retired_at IS NULL AND NOT c.meta ? 'placeholder'"
        " AND c.urn NOT LIKE 'urn:dcs:openlineage:%%' ORDER BY s.key, s.place, c.urn",
        'key text, place int, scheme text, database text, schema text, "table" text',
        rows,
    )
    fitting = {}
    for key, place, capsule, adapter, scheme in matched:
        if adapter is None or names.SAME_SCHEME.get(adapter, adapter) == scheme:
            fitting.setdefault(key, {}).setdefault(place, []).append(capsule)
    found = {}
    for key, places in fitting.items():
        first = places[min(places)]
        if len(first) == 1:
            found[key] = first[0]
    with_rows(
        "INSERT INTO capsule_aliases (urn, capsule_id) SELECT s.urn, s.capsule FROM {rows} ON CONFLICT DO NOTHING",
        "urn text, capsule uuid",
        [
            {"urn": names.urn(datasets[key]["namespace"], datasets[key]["name"]), "capsule": capsule}
            for key, capsule in found.items()
        ],
    )
    return found


def _made(datasets):
    """Placeholders, each in the source system that its namespace names."""
    systems = {
        state["namespace"][:100]: names.scheme_of(state["namespace"])[:50] for state in datasets.values()
    }
    with_rows(
        "INSERT INTO source_systems (name, source_type) SELECT s.name, s.kind FROM {rows} ON CONFLICT DO NOTHING",
        "name text, kind text",
        [{"name": name, "kind": kind or "openlineage"} for name, kind in sorted(systems.items())],
    )
    rows, keys = [], {}
    for key, state in sorted(datasets.items(), key=lambda one: one[0]):
        urn = names.urn(state["namespace"], state["name"])
        keys.setdefault(urn, []).append(key)
        parts = names.relation(state["namespace"], state["name"])
        told = state["name"].split(".") if parts else []
        rows.append(
            {
                "id": uuid7(),
                "urn": urn,
                "name": names.shown_name(state["name"]),
                "system": state["namespace"][:100],
                "database": told[-3][:255] if len(told) == 3 else None,
                "schema": told[-2][:255] if told else None,
                "meta": {
                    "origin": "openlineage",
                    "placeholder": True,
                    "openlineage": {"namespace": state["namespace"], "name": state["name"]},
                },
            }
        )
    made = with_rows(
        "INSERT INTO capsules (id, urn, name, capsule_type, source_system_id, database_name, schema_name, meta)"
        " SELECT s.id, s.urn, s.name, 'dataset', x.id, s.database, s.schema, s.meta"
        " FROM {rows} LEFT JOIN source_systems x ON x.name = s.system ON CONFLICT (urn) DO NOTHING RETURNING urn, id",
        "id uuid, urn text, name text, system text, database text, schema text, meta jsonb",
        rows,
    )
    return {key: capsule for urn, capsule in made for key in keys[urn]}


# --- what events say of them --------------------------------------------------------------------------------


def describe(datasets, capsules):
    """Fill what is empty of capsules and columns with what is known of `datasets`; people's and declared words stay."""
    told = {capsules[key]: _facts(capsules[key], datasets[key]) for key in _last_first(datasets, capsules)}
    with_rows(
        "UPDATE capsules c SET description = n.description, storage_format = n.format, meta = n.meta FROM ("
        " SELECT o.id, coalesce(nullif(btrim(o.description), ''), s.description) AS description,"
        "  coalesce(o.storage_format, s.format) AS format,"
        "  (CASE WHEN s.has_fields THEN o.meta - 'placeholder' ELSE o.meta END)"
        "  - (CASE WHEN s.told ? 'lifecycle' THEN 'missing_since' ELSE '' END)"
        "  || jsonb_strip_nulls(jsonb_build_object('missing_since', s.missing, 'openlineage', s.told)) AS meta"
        " FROM {rows} JOIN capsules o ON o.id = s.id"
        ") n WHERE c.id = n.id"
        " AND (coalesce(c.description, ''), c.storage_format, c.meta)"
        " IS DISTINCT FROM (coalesce(n.description, ''), n.format, n.meta)",
        "id uuid, description text, format text, has_fields boolean, missing text, told jsonb",
        list(told.values()),
    )
    _columns(datasets, capsules)
    _aliases(datasets, capsules)


def _last_first(datasets, capsules):
    """The keys of identified datasets so that, of several that are one capsule, the last to come is always the same."""
    return sorted(datasets.keys() & capsules.keys(), key=lambda key: (datasets[key]["namespace"], key))


def _facts(capsule, state):
    facets = union.shown(state["facets"])
    lifecycle = facets.get("lifecycleStateChange") or {}
    change = lifecycle.get("lifecycleStateChange")
    owners = (facets.get("ownership") or {}).get("owners")
    tags = (facets.get("tags") or {}).get("tags")
    told = {
        "tags": [
            {name: str(one[name])[:255] for name in ("key", "value", "field") if one.get(name)}
            for one in (tags if isinstance(tags, list) else ())[:50]
            if isinstance(one, dict)
        ],
        "namespace": state["namespace"],
        "name": state["name"],
        "links": [{"namespace": one, "name": other} for one, other in state["links"]],
        "owners": [
            {"name": str(one.get("name"))[:255], "type": str(one.get("type") or "")[:100]}
            for one in (owners if isinstance(owners, list) else ())[:20]
            if isinstance(one, dict)
        ],
        "type": _line((facets.get("datasetType") or {}).get("datasetType")),
        "lifecycle": _line(change),
        "renamed_from": lifecycle.get("previousIdentifier") if change == "RENAME" else None,
    }
    dropped = state["facets"]["lifecycleStateChange"][0] if change == "DROP" else None
    return {
        "id": capsule,
        "description": _prose((facets.get("documentation") or {}).get("description")),
        "format": _line((facets.get("storage") or {}).get("fileFormat"), 50),
        "has_fields": any("type" in one for one in state["fields"].values()),
        "missing": _iso(dropped),
        "told": {key: value for key, value in told.items() if value},
    }


def _iso(stamped):
    return moment(union.nanos_of(stamped)).isoformat() if stamped else None


def _line(value, most=255):
    return value.strip()[:most] if isinstance(value, str) and value.strip() else None


def _prose(value):
    return _line(value, 20_000)


def _columns(datasets, capsules):
    """New columns come in; a type or description fills what is unknown, and changes only what events brought."""
    rows = {}
    for key in _last_first(datasets, capsules):
        for path, facts in datasets[key]["fields"].items():
            if len(path) > LONGEST_COLUMN:
                continue
            told = {name: value for name, (_at, value) in facts.items()}
            rows[capsules[key], path.lower()] = {
                "id": uuid7(),
                "capsule": capsules[key],
                "name": path,
                "suffix": "." + urns.encoded(path.replace("%", "%25")),
                "type": told.get("type", "")[:LONGEST_TYPE] or None,
                "description": _prose(told.get("description")),
                "position": told.get("position"),
            }
    shape = "id uuid, capsule uuid, name text, suffix text, type text, description text, position int"
    differing = projected_contracts.differing(list(rows.values()), shape)
    with_rows(
        "UPDATE columns c SET data_type = n.data_type, description = n.description,"
        " ordinal_position = n.position, meta = n.meta FROM ("
        " SELECT o.id, CASE WHEN s.type IS NULL OR o.declared THEN o.data_type ELSE s.type END AS data_type,"
        "  coalesce(nullif(btrim(o.description), ''), s.description) AS description,"
        "  CASE WHEN o.own THEN coalesce(s.position, o.ordinal_position) ELSE o.ordinal_position END AS position,"
        "  CASE WHEN s.type IS NULL OR NOT o.declared THEN o.meta"
        "   WHEN lower(s.type) = lower(o.data_type) THEN o.meta - 'seen_type'"
        "   ELSE o.meta || jsonb_build_object('seen_type', s.type) END AS meta"
        " FROM {rows} JOIN (SELECT k.*, k.meta->>'origin' IS NOT DISTINCT FROM 'openlineage' AS own,"
        "   coalesce(k.data_type, 'unknown') <> 'unknown' AND (coalesce(k.meta->'provenance' ? 'data_type', FALSE)"
        "    OR k.meta->>'origin' IS DISTINCT FROM 'openlineage') AS declared FROM columns k) o"
        "  ON o.capsule_id = s.capsule AND lower(o.name) = lower(s.name)"
        ") n WHERE c.id = n.id AND (c.data_type, coalesce(c.description, ''), c.ordinal_position, c.meta)"
        " IS DISTINCT FROM (n.data_type, coalesce(n.description, ''), n.position, n.meta)",
        shape,
        list(rows.values()),
    )
    with_rows(
        "INSERT INTO columns (id, urn, capsule_id, name, data_type, description, ordinal_position, meta)"
        " SELECT s.id, c.urn || s.suffix, c.id, s.name, coalesce(s.type, 'unknown'), s.description, s.position,"
        " jsonb_build_object('origin', 'openlineage') FROM {rows} JOIN capsules c ON c.id = s.capsule"
        " WHERE length(c.urn || s.suffix) <= 500"
        " AND NOT EXISTS (SELECT FROM columns k WHERE k.capsule_id = c.id AND lower(k.name) = lower(s.name))"
        " ON CONFLICT DO NOTHING",
        shape,
        list(rows.values()),
    )
    if differing:
        projected_contracts.report(differing)


def _aliases(datasets, capsules):
    """The name that a dataset had before leads to it, unless it leads to another capsule already."""
    rows = []
    for key, state in datasets.items():
        facet = union.shown(state["facets"]).get("lifecycleStateChange") or {}
        before = facet.get("previousIdentifier")
        named = isinstance(before, dict) and all(
            isinstance(before.get(name), str) and before[name] for name in ("namespace", "name")
        )
        if named and facet.get("lifecycleStateChange") == "RENAME" and key in capsules:
            urn = names.urn(before["namespace"], before["name"])
            rows.append({"urn": urn, "capsule": capsules[key]})
    with_rows(
        "INSERT INTO capsule_aliases (urn, capsule_id) SELECT s.urn, s.capsule FROM {rows}"
        " WHERE NOT EXISTS (SELECT FROM capsules c WHERE c.urn = s.urn) ON CONFLICT DO NOTHING",
        "urn text, capsule uuid",
        rows,
    )
