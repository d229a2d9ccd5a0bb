"""Versions: the whole capsule, kept whenever its document has moved (errata rows B8, B9, E11).

Captured once, at the end of the outermost `acting` that wrote, for the capsules that the log of its transaction
names; a bulk apply calls `capture` itself, with its own list, before it ends.
"""

import json
from collections import Counter

from django.db import connection
from django.db.models import JSONField
from django.utils import timezone

from apps.audit.context import writing

from . import snapshots
from .changes.change import B, verdict
from .changes.classify import classify
from .changes.codes import DIMENSIONS
from .changes.facts import Facts
from .changes.titles import title
from .documents import version_hash
from .models import Capsule, CapsuleVersion
from .told import Told

PART = 500  # capsules whose states are in memory at once
NEIGHBOURS = 1000  # on each side that a version names
NAMED = 3  # changes that a summary tells by name
Type = CapsuleVersion.ChangeType


def capture_touched(reader):
    """Capture what this transaction has changed since the last capture in it; `reader` is who acts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT capsule_id, changed_by, change_reason FROM dcs.touched_capsules(%s)", [writing().since]
        )
        said = {capsule: (who, why) for capsule, who, why in cursor.fetchall()}
    if said:
        capture(said, reader, said=said)


def capture(
    capsule_ids, reader, *, said=None, names=None, renames=None, told=None, context=None, contexts=None
):
    """Keep a version of each capsule whose document differs from that of its newest version; returns the new ones.

    `said` maps capsule id to (who, why), where it is not `reader` alone; `names` to the text of the version,
    `renames` to the {old: new} names of columns, `told` to the `version_history` of its document; `context` adds to
    the deployment context of all, `contexts` to that of single ones. The capsules are locked in the order of their URNs, as by whoever applies a plan. Ten queries and those of the
    states, for up to 500 capsules.
    """
    ids = _in_order(capsule_ids)
    made = []
    for start in range(0, len(ids), PART):
        part = ids[start : start + PART]
        contexts_of = {key: {**(context or {}), **(contexts or {}).get(key, {})} for key in part}
        made += _captured(part, reader, said or {}, names or {}, renames or {}, told or {}, contexts_of)
    _settle(made)
    return made


def _in_order(capsule_ids):
    ids = list(capsule_ids)
    if len(ids) < 2:
        return ids
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM capsules WHERE id = ANY(%s) ORDER BY urn", [ids])
        return [key for (key,) in cursor.fetchall()]


def _captured(ids, reader, said, names, renames, told, contexts):
    locked = Capsule._base_manager.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    capsules = list(locked.select_related("owner", "domain", "source_system").order_by("urn"))
    newest = {version.capsule_id: version for version in _newest(ids)}
    states = snapshots.states_of(capsules)
    hashes = {pk: version_hash(state) for pk, state in states.items()}
    moved = [each for each in capsules if _moved(each, newest.get(each.pk), hashes[each.pk])]
    if not moved:
        return []
    around = _neighbours([each.pk for each in moved])
    before = _snapshots([newest[each.pk].pk for each in moved if each.pk in newest])
    past = Told({each.pk: told[each.pk] for each in moved if each.pk in told})
    found, earlier = [], []
    for capsule in moved:
        last = newest.get(capsule.pk)
        version = _version(
            capsule, states[capsule.pk], last, before.get(capsule.pk), renames.get(capsule.pk, {})
        )
        who, why = said.get(capsule.pk, ("", ""))
        version.upstream_urns, version.downstream_urns = around[capsule.pk]
        version.content_hash = hashes[capsule.pk]
        version.name = names.get(capsule.pk)
        version.deployed_by = (who or reader.name)[:255]
        version.deployment_context = _context(reader, why, contexts[capsule.pk])
        earlier += past.before(version)
        past.describe(version)
        found.append(version)
    CapsuleVersion._base_manager.filter(capsule__in=moved, is_current=True).update(is_current=False)
    _store(earlier + found)
    return found


def _store(versions):
    """Insert the versions by COPY: documents as parameters would be quoted letter by letter."""
    fields = CapsuleVersion._meta.concrete_fields
    names = ", ".join(field.column for field in fields)
    statement = f"COPY capsule_versions ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for version in versions:
            copy.write_row([_stored(field, getattr(version, field.attname)) for field in fields])


def _stored(field, value):
    if value is None or not isinstance(field, JSONField):
        return value
    return json.dumps(value, ensure_ascii=False)


def _newest(ids):
    every = CapsuleVersion._base_manager.filter(capsule__in=ids, content_hash__isnull=False)
    return (
        every.order_by("capsule_id", "-number")
        .distinct("capsule_id")
        .only("capsule_id", "number", "content_hash", "change_type")
    )


def _moved(capsule, newest, content_hash):
    """True if the document moved, or the capsule went out of use or came back."""
    if newest is None:
        return True
    return newest.content_hash != content_hash or (newest.change_type == Type.DELETED) != capsule.is_retired


def _neighbours(ids):
    """{capsule id: URNs that flow into it, URNs it flows into}: what the document does not declare is in no snapshot."""
    statement = (
        "SELECT c.id, ARRAY(SELECT DISTINCT e.source_urn FROM capsule_lineage e WHERE e.target_id = c.id ORDER BY 1 LIMIT %s),"
        " ARRAY(SELECT DISTINCT e.target_urn FROM capsule_lineage e WHERE e.source_id = c.id ORDER BY 1 LIMIT %s)"
        " FROM unnest(%s::uuid[]) AS c (id)"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [NEIGHBOURS, NEIGHBOURS, ids])
        return {pk: (upstream, downstream) for pk, upstream, downstream in cursor.fetchall()}


def _snapshots(ids):
    return dict(CapsuleVersion._base_manager.filter(pk__in=ids).values_list("capsule_id", "snapshot"))


def _version(capsule, state, last, before, renames):
    """The unsaved version of `state`, told from the one before."""
    lineage, now = state.get("lineage") or {}, timezone.now()
    version = CapsuleVersion(
        capsule=capsule,
        number=last.number + 1 if last else 1,
        snapshot=state,
        deployed_at=now,
        # Not when the transaction began: under the lock of the capsule the later version has the later time.
        created_at=now,
        is_current=True,
        visibility_rank=capsule.visibility_rank,
        **_git(lineage),
    )
    if renames:
        version.meta = {"renames": renames}
    if last is None:
        version.change_type, version.change_summary = Type.CREATED, "Created."
    elif capsule.is_retired:
        version.change_type, version.change_summary = Type.DELETED, "Retired."
        version.breaking_change = True
    else:
        _judge(version, classify(before, state, Facts(renames=[renames] if renames else ())))
        if last.change_type == Type.DELETED:
            version.change_summary = f"Brought back. {version.change_summary}".strip()
    return version


def _judge(version, changes):
    """Say on `version` what the changes are: kind, verdict, summary, and how many of each code."""
    moved = {change.dimension for change in changes}
    version.change_type = Type.SCHEMA_CHANGE if "structural" in moved else Type.METADATA_CHANGE
    version.breaking_change = verdict(changes)[0] is B
    version.change_summary = summary(changes)
    version.meta = version.meta | {
        "changes": dict(Counter(change.code for change in changes)),
        "dimensions": [dimension for dimension in DIMENSIONS if dimension in moved],
    }


def summary(changes):
    """The changes in one line, those that matter most first; the first three by name. English: it is stored."""
    worst_first = sorted(changes, key=lambda change: -max(change.consumer, change.producer))
    said = [title(change) for change in worst_first[:NAMED]]
    if more := len(changes) - len(said):
        said.append(f"{more} more")
    return "; ".join(said) + "." if said else ""


def _git(lineage):
    """Where the code lies, as the document says."""
    found = lineage.get("transformation") or {}
    found = found[0] if isinstance(found, list) else found
    return {
        "git_commit_sha": found.get("git_commit"),
        "git_repository": found.get("git_repository"),
        "git_branch": found.get("git_branch"),
        "git_tag": found.get("git_tag"),
    }


def _context(reader, why, more):
    about = {
        "via": reader.via,
        "application": reader.application,
        "request_id": reader.request_id,
        "reason": why,
        **more,
    }
    return {key: value for key, value in about.items() if value}


def _settle(made):
    """Name the new versions on the rows that were written; the end of the transaction need not look at these again."""
    now = writing()
    with connection.cursor() as cursor:
        if made:
            cursor.execute("SELECT dcs.stamp_versions(%s)", [[version.pk for version in made]])
        if now is not None:
            cursor.execute("SELECT dcs.last_change()")
            now.since, now.wrote = cursor.fetchone()[0], False
