"""Capsules as documents, as far as the reader may know of them, and honest about what is left out (rule E402)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalog import documents, snapshots, told
from apps.catalog.models import Capsule, CapsuleVersion, Column
from apps.people.roles import CONFIDENTIAL, INTERNAL
from apps.policy.models import Policy
from apps.provenance.models import CapsuleEdge

MARK = "x-export-complete"  # in a document from which something is missing
MASKS, CODE = CONFIDENTIAL, INTERNAL  # the clearances that masking's settings and code need (errata row E6)
PART = 500  # capsules whose states are in memory at once


@dataclass(frozen=True)
class Export:
    """Documents in order of their URNs; `complete` is false if rights hid something of any of them."""

    documents: list
    complete: bool

    def text(self, form="yaml"):
        """All of them as YAML or JSON; an incomplete one says so in its first line."""
        if len(self.documents) != 1:
            text = documents.write_bundle(self.documents, form)
        else:
            text = documents.write(self.documents[0], form)
        if self.complete or form == "json":
            return text
        return f"# {INCOMPLETE}\n{text}"


INCOMPLETE = "Incomplete: something is hidden from you, so this file cannot be planned."


def capsules(reader, domain=""):
    """The capsules in use that a reader may know of, of one domain or of all, in order of their URNs."""
    found = (
        Capsule.objects.visible_to(reader)
        .filter(retired_at__isnull=True)
        .exclude(meta__has_key="placeholder")
    )
    if domain:
        found = found.filter(domain__name=domain)
    return found.select_related("owner", "domain", "source_system").order_by("urn")


def export(found, reader, *, observed=False):
    """The documents of capsules (a queryset) as `reader` may see them; returns an `Export`.

    `observed` adds the statistics, the upstream capsules that were only seen, and the history of named versions.
    """
    rows = list(found)
    made = []
    for start in range(0, len(rows), PART):
        made += _exported(rows[start : start + PART], reader, observed)
    return Export(made, all(MARK not in document for document in made))


def seen_hash(capsule, reader, state=None):
    """The hash of a capsule's state as `reader` may see it, with the number of its version; `absent` if it is not in use.

    `state` is its document, where that has been made already, without what was only observed.
    What moves for others alone keeps the hash, but not the version: to be careful, that counts as moved.
    """
    if state is None:
        (state, *_none) = export(capsules(reader).filter(pk=capsule.pk), reader).documents or [None]
    number = CapsuleVersion._base_manager.filter(capsule=capsule, is_current=True).values_list(
        "number", flat=True
    )
    return documents.state_hash(state, number.first() or 0)


def stream(found, reader, form="yaml", *, observed=False):
    """The text of a bundle of any length, piece by piece, each part read in a transaction of its own.

    The same text as that of `export` for more than one capsule; whether it is complete is known at the end only, so
    each incomplete document says so itself, and a last comment in YAML.
    """
    keys = list(found.values_list("pk", flat=True))
    first, complete = True, True
    yield "[\n" if form == "json" else ""
    for start in range(0, len(keys), PART):
        with acting(reader, reason=_("Export")):
            part = _exported(list(found.filter(pk__in=keys[start : start + PART])), reader, observed)
        for document in part:
            complete = complete and MARK not in document
            yield _between(form, first) + _one(document, form)
            first = False
    if form == "json":
        yield "\n]\n" if not first else "]\n"
    elif not complete:
        yield f"# {INCOMPLETE}\n"


def _between(form, first):
    if first:
        return ""
    return ",\n" if form == "json" else "---\n"


def _one(document, form):
    text = documents.write(document, form)
    return "  " + text.rstrip("\n").replace("\n", "\n  ") if form == "json" else text


def _exported(rows, reader, observed):
    """The documents of some capsules; those with something hidden bear `MARK`."""
    states = snapshots.states_of(rows)
    hiding = Hiding(rows, states.values(), reader)
    seen, named = (_seen(rows, reader), _named(rows)) if observed else ({}, {})
    found = []
    for capsule in rows:
        state, whole = hiding.of(capsule, states[capsule.pk])
        if observed:
            past = told.history(named.get(capsule.pk, []))
            state = _with_observations(capsule, state, seen.get(capsule.pk, []), past)
        found.append(state if whole else {**state, MARK: False})
    return found


def refuse_incomplete(found):
    """The URNs of documents that were exported with something hidden: planning them would retire it (E402)."""
    return [document.urn for document in found if document.canonical.get(MARK) is False]


class Hiding:
    """What a reader may not see of some capsules."""

    def __init__(self, rows, states, reader):
        self._clearance = reader.clearance
        hidden = Column._base_manager.filter(
            capsule__in=rows, retired_at__isnull=True, visibility_rank__gt=reader.clearance
        )
        self._columns = {}
        for capsule_id, name in hidden.values_list("capsule_id", "name"):
            self._columns.setdefault(capsule_id, set()).add(name)
        ruled = Policy._base_manager.filter(visibility_rank__gt=reader.clearance)
        self._ruled = set(ruled.filter(capsule__in=rows).values_list("capsule_id", flat=True))
        named = {
            urn
            for state in states
            for side in ("upstream", "downstream")
            for urn in state.get("lineage", {}).get(side, ())
        }
        known = Capsule._base_manager.filter(urn__in=named)
        visible = Capsule.objects.visible_to(reader).filter(urn__in=named).values_list("urn", flat=True)
        self._urns = set(known.values_list("urn", flat=True)) - set(visible)

    def of(self, capsule, state):
        """(what may be seen of `state`, whether that is all)."""
        found = dict(state)
        gone = self._columns.get(capsule.pk, set())
        if gone:
            _without_columns(found, gone)
        if capsule.pk in self._ruled:
            found.pop("policies", None)
        if self._clearance < MASKS:
            _without_masks(found)
        self._without_lineage(found)
        found = {key: value for key, value in found.items() if value not in ({}, [])}
        return found, found == state

    def _without_lineage(self, found):
        lineage = dict(found.get("lineage", {}))
        for side in ("upstream", "downstream"):
            if side in lineage:
                lineage[side] = [urn for urn in lineage[side] if urn not in self._urns]
        if "columns" in lineage:
            lineage["columns"] = {
                name: [urn for urn in urns if not urn.startswith(tuple(f"{each}." for each in self._urns))]
                for name, urns in lineage["columns"].items()
            }
        code = lineage.get("transformation", {})
        if self._clearance < CODE and "code" in code:
            lineage["transformation"] = {key: value for key, value in code.items() if key != "code"}
        if lineage:
            found["lineage"] = {key: value for key, value in lineage.items() if value not in ({}, [])}


def _without_columns(found, gone):
    """Take columns out of every section: a key, rule or index that names one goes with it."""
    schema = dict(found.get("schema", {}))
    schema["columns"] = [
        _shown(column, gone) for column in schema.get("columns", ()) if column["name"] not in gone
    ]
    for key in ("constraints", "indexes"):
        schema[key] = [one for one in schema.get(key, ()) if gone.isdisjoint(one.get("columns", ()))]
    found["schema"] = {key: value for key, value in schema.items() if value not in ({}, [])}
    for key in ("columns", "column_policies"):
        if key in found:
            found[key] = {name: entry for name, entry in found[key].items() if name not in gone}
    if "quality_rules" in found:
        found["quality_rules"] = [
            rule
            for rule in found["quality_rules"]
            if rule.get("column") not in gone and gone.isdisjoint(rule.get("columns", ()))
        ]
    traced = found.get("lineage", {}).get("columns")
    if traced:
        kept = {name: urns for name, urns in traced.items() if name not in gone}
        found["lineage"] = {**found["lineage"], "columns": kept}


def _shown(column, gone, parent=""):
    name = f"{parent}{column['name']}"
    if "fields" not in column:
        return column
    fields = [
        _shown(field, gone, f"{name}.") for field in column["fields"] if f"{name}.{field['name']}" not in gone
    ]
    return {**column, "fields": fields} if fields else {k: v for k, v in column.items() if k != "fields"}


def _without_masks(found):
    """Masking rules without what would help to undo them."""
    if "column_policies" not in found:
        return
    found["column_policies"] = {
        name: {
            **entry,
            **(
                {"masking_rules": [_plain(rule) for rule in entry["masking_rules"]]}
                if "masking_rules" in entry
                else {}
            ),
        }
        for name, entry in found["column_policies"].items()
    }


def _plain(rule):
    return {key: value for key, value in rule.items() if key not in ("config", "condition", "vault")}


def _seen(rows, reader):
    """{capsule id: URNs that were seen upstream without being declared, as far as the reader may know of them}."""
    found = {}
    edges = (
        CapsuleEdge.objects.visible_to(reader).filter(target__in=rows).exclude(meta__has_key="declared_by")
    )
    for target, source in edges.order_by("source_urn").values_list("target_id", "source_urn"):
        found.setdefault(target, []).append(source)
    return found


def _named(rows):
    """{capsule id: its versions with names}."""
    found = {}
    versions = CapsuleVersion._base_manager.filter(capsule__in=rows, name__isnull=False)
    for version in versions.defer("snapshot"):
        found.setdefault(version.capsule_id, []).append(version)
    return found


def _with_observations(capsule, state, upstream, past):
    """The state with what was measured and seen: for reading, since planning it would declare it."""
    found = dict(state)
    statistics = {
        "row_count": capsule.row_count,
        "size_bytes": capsule.table_size_bytes,
        "analyzed_at": capsule.last_analyzed_at and capsule.last_analyzed_at.isoformat(),
    }
    statistics = {key: value for key, value in statistics.items() if value is not None}
    if statistics:
        found["statistics"] = statistics
    if past:
        found["version_history"] = past
    if upstream:
        lineage = found.get("lineage", {})
        declared = lineage.get("upstream", [])
        found["lineage"] = {**lineage, "upstream": [*declared, *(u for u in upstream if u not in declared)]}
    return documents.canonical(found)
