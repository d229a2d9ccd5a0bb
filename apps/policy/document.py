"""Policies in a capsule document: of the capsule and of its columns (section 3.5; rules R1 to R3, R13)."""

from collections import defaultdict
from datetime import UTC, date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.catalog.documents import keys
from apps.catalog.models import Column
from apps.catalog.owners import named
from apps.catalog.remainder import entry_of, meta_with, noted, remainder, told_of
from apps.catalog.rewriting import PEN, rewrite
from apps.dcs.periods import Period

from . import masking_entries
from .effective import CAPSULE, COLUMN, Stated
from .models import Policy

Status = Policy.Status
# The state in which a wanted one begins: force is only ever given by another person.
BEGINS = {"active": Status.UNDER_REVIEW, "under_review": Status.UNDER_REVIEW, "deprecated": Status.DEPRECATED}
FIRST = [Status.ACTIVE, Status.SUSPENDED, Status.UNDER_REVIEW, Status.DRAFT, Status.DEPRECATED]
INSIDE = {
    "retention": keys.RETENTION, "geographic": keys.GEOGRAPHIC, "access": keys.ACCESS, "purposes": keys.PURPOSES,
    "encryption": keys.ENCRYPTION, "compliance": keys.COMPLIANCE, "review": keys.REVIEW,
}  # fmt: skip


def snapshot(capsules):
    """{capsule id: {policies, column_policies}}; two queries."""
    own, columns = _sections(capsules)
    masks = masking_entries.stored(capsules)
    found = {}
    for capsule in capsules:
        named_columns = {
            name: _with_masks(own_entry(row, name), masks.get((capsule.pk, name), []), name)
            for name, row in columns[capsule.pk].items()
        }
        for capsule_id, name in masks:
            if capsule_id == capsule.pk and name not in named_columns:
                named_columns[name] = _with_masks({}, masks[capsule_id, name], name)
        order = {name: i for i, name in enumerate(_order(capsule, columns, masks))}
        found[capsule.pk] = {
            "policies": own_entry(own[capsule.pk]) if capsule.pk in own else {},
            "column_policies": dict(sorted(named_columns.items(), key=lambda item: order[item[0]])),
        }
    return found


def _order(capsule, columns, masks):
    """Names of columns as they are declared, undeclared ones after them."""
    position = {name: row.column.ordinal_position or 0 for name, row in columns[capsule.pk].items()}
    for (capsule_id, name), rules in masks.items():
        if capsule_id == capsule.pk:
            position.setdefault(name, rules[0].column.ordinal_position or 0)
    return sorted(position, key=lambda name: (position[name], name))


def stored(capsules):
    """{(capsule id, column name or None): policy}, of each subject the one that its document means."""
    about = Q(capsule__in=capsules) | Q(column__capsule__in=capsules, column__retired_at__isnull=True)
    rows = Policy._base_manager.filter(about).select_related("owner", "column").defer("column__stats")
    found = {}
    for row in sorted(rows, key=lambda row: (FIRST.index(row.status), -row.number)):
        column = row.column
        found.setdefault((column.capsule_id, column.name) if column else (row.capsule_id, None), row)
    return found


def _is_stated(row):
    return row.status != Status.DEPRECATED or noted(row.meta).get("status") == "deprecated"


def _sections(capsules):
    own, columns = {}, defaultdict(dict)
    for (capsule_id, name), row in stored(capsules).items():
        if not _is_stated(row):
            continue
        if name is None:
            own[capsule_id] = row
        else:
            columns[capsule_id][name] = row
    return own, columns


def own_entry(row, column=None):
    """The canonical policy of one row, without masking rules; its status is the one that is wanted (R13)."""
    words = [word for word in row.meta.get("classification") or [] if word in row.classification_tags]
    inherited = column is not None and row.meta.get("inherited")
    told = {
        "requires_masking": row.requires_masking,
        "status": noted(row.meta).get("status") or row.status,
        **told_of(
            sensitivity_level=None if inherited else row.sensitivity_level,
            classification=words[0] if len(words) == 1 else words,
            classification_tags=[tag for tag in row.classification_tags if tag not in words],
            geographic=told_of(
                data_residency=row.data_residency,
                allowed_regions=row.allowed_regions,
                restricted_regions=row.restricted_regions,
            )
            | {"cross_border_transfer": row.cross_border_transfer},
            access=told_of(
                min_access_level=row.min_access_level,
                allowed_roles=row.allowed_roles,
                denied_roles=row.denied_roles,
            ),
            purposes=told_of(approved=row.approved_purposes, prohibited=row.prohibited_purposes),
            masking_method=row.masking_method,
            encryption={
                "required": row.encryption_required,
                "at_rest": row.encryption_at_rest,
                "in_transit": row.encryption_in_transit,
                **told_of(method=row.encryption_method),
            },
            compliance=_compliance(row),
            retention=_retention(row),
            review=_review(row),
            effective_from=row.effective_from and row.effective_from.isoformat(),
            effective_to=row.effective_to and row.effective_to.isoformat(),
            owner=row.owner and row.owner.name,
            **masking_entries.conditions(row.masking_conditions),
        ),
    }
    return entry_of(told, row.meta, keys.POLICY, **INSIDE)


def _compliance(row):
    told = {
        "consent_required": row.consent_required,
        "right_to_erasure": row.right_to_erasure,
        "audit_log_required": row.audit_log_required,
    }
    return told | told_of(
        frameworks=row.compliance_frameworks, audit_retention=_iso(row.audit_retention_period)
    )


def _retention(row):
    told = told_of(period=_iso(row.retention_period), start=row.retention_start, action=row.deletion_action)
    return told | {"legal_hold": row.legal_hold}


def _review(row):
    """Its times; the last one in the spelling of the document while it is still the same moment."""
    last, said = row.last_reviewed_at, noted(row.meta).get("last_reviewed")
    if last is not None:
        last = said if said and _moment(said) == last else last.isoformat()
    return told_of(
        frequency=_iso(row.review_frequency),
        last_reviewed=last,
        next_review=row.next_review_date and row.next_review_date.isoformat(),
    )


def _with_masks(entry, rules, column):
    listed = masking_entries.entries(rules, entry, column)
    return keys.arranged({**entry, "masking_rules": listed}, keys.POLICY)


def in_force(capsules):
    """{(capsule id, column name or None)} of the subjects whose policy is active: it changes by approval alone."""
    return {key for key, row in stored(capsules).items() if row.status in (Status.ACTIVE, Status.SUSPENDED)}


def write(wanted, pen=PEN):
    """Make the policies and masking rules of each (capsule, state) equal to it.

    One that is wanted active begins under review; a policy in force is changed in place and keeps its status, so
    the caller holds back what is not approved. One that the document drops is deprecated from today.
    """
    capsules = [capsule for capsule, _state in wanted]
    rows = stored(capsules)
    columns = {
        (capsule_id, name): pk
        for capsule_id, name, pk in Column._base_manager.filter(
            capsule__in=capsules, retired_at__isnull=True
        ).values_list("capsule_id", "name", "pk")
    }
    said = {}
    for capsule, state in wanted:
        if state.get("policies"):
            said[capsule.pk, None] = state["policies"]
        for name, entry in state.get("column_policies", {}).items():
            if (capsule.pk, name) in columns:
                said[capsule.pk, name] = entry
    owners = named({entry["owner"] for entry in said.values() if "owner" in entry})
    values = {
        key: _values(key, columns.get(key), entry, rows.get(key), said, owners) for key, entry in said.items()
    }
    left = rewrite(Policy, rows, values, pen)
    gone = [row for row in left if _is_stated(row)]
    for row in gone:
        row.status, row.effective_to = Status.DEPRECATED, _today(row)
        row.meta = meta_with(row.meta, status=None)
    if gone:
        pen.change(Policy, gone, {"status", "effective_to", "meta"})
    masks = {columns[key]: (key[1], entry) for key, entry in said.items() if key[1]}
    masking_entries.write(masks, capsules, pen)


def _today(row):
    today = datetime.now(UTC).date()
    return max(today, row.effective_from) if row.effective_from else today


def _values(key, column_id, said, row, everything, owners):
    capsule_id, column = key
    words = said.get("classification", [])
    words = [words] if isinstance(words, str) else words
    region, access, purposes = (said.get(name, {}) for name in ("geographic", "access", "purposes"))
    retention, secure, rules = (said.get(name, {}) for name in ("retention", "encryption", "compliance"))
    review, status = said.get("review", {}), said.get("status", "draft")
    level = said.get("sensitivity_level")
    own = everything.get((capsule_id, None), {})
    last = review.get("last_reviewed")
    keeps = row is not None and row.status in (Status.ACTIVE, Status.SUSPENDED)
    values = {
        "capsule_id": None if column else capsule_id,
        "column_id": column_id if column else None,
        "status": row.status if keeps else BEGINS.get(status, Status.DRAFT),
        "sensitivity_level": level or own.get("sensitivity_level", "internal"),
        "classification_tags": [*words, *said.get("classification_tags", [])],
        "retention_period": _period(retention.get("period")),
        "retention_start": retention.get("start"),
        "deletion_action": retention.get("action"),
        "legal_hold": retention.get("legal_hold", False),
        "allowed_regions": region.get("allowed_regions", []),
        "restricted_regions": region.get("restricted_regions", []),
        "data_residency": region.get("data_residency"),
        "cross_border_transfer": region.get("cross_border_transfer", True),
        "min_access_level": access.get("min_access_level"),
        "allowed_roles": access.get("allowed_roles", []),
        "denied_roles": access.get("denied_roles", []),
        "approved_purposes": purposes.get("approved", []),
        "prohibited_purposes": purposes.get("prohibited", []),
        "requires_masking": said.get("requires_masking", False),
        "masking_method": said.get("masking_method"),
        "masking_conditions": masking_entries.conditions_of(said),
        "encryption_required": secure.get("required", False),
        "encryption_method": secure.get("method"),
        "encryption_at_rest": secure.get("at_rest", False),
        "encryption_in_transit": secure.get("in_transit", True),
        "compliance_frameworks": rules.get("frameworks", []),
        "consent_required": rules.get("consent_required", False),
        "right_to_erasure": rules.get("right_to_erasure", False),
        "audit_log_required": rules.get("audit_log_required", False),
        "audit_retention_period": _period(rules.get("audit_retention")),
        "review_frequency": _period(review.get("frequency")),
        "last_reviewed_at": last and _moment(last),
        "next_review_date": _day(review.get("next_review")),
        "effective_from": _day(said.get("effective_from")),
        "effective_to": _day(said.get("effective_to")),
        "owner_id": owners[said["owner"]].pk if "owner" in said else None,
    }
    plain = Policy(**{name: value for name, value in values.items() if name != "owner_id"})
    plain.meta = {"classification": words}
    told = own_entry(plain) | {name: said[name] for name in ("owner", "masking_rules") if name in said}
    told["status"], told["sensitivity_level"] = status, level
    kept = {key: value for key, value in (row.meta if row else {}).items() if key != "inherited"}
    kept["classification"] = words
    if not level:
        kept["inherited"] = True
    if not words:
        del kept["classification"]
    rest = remainder(said, told)
    values["meta"] = meta_with(kept, status=status, last_reviewed=last, rest=rest)
    return values


def _iso(period):
    return period and period.iso()


def _period(text):
    return None if text is None else Period.parse(text)


def _day(text):
    return None if text is None else date.fromisoformat(text)


def _moment(text):
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def stated(state):
    """[(column name or None, `effective.Stated`)] of the policies that a document wants active; it needs no query."""
    said = {(None, None): state.get("policies") or {}}
    said |= {(None, name): entry for name, entry in state.get("column_policies", {}).items()}
    found = []
    for (capsule, name), entry in said.items():
        if entry.get("status") != Status.ACTIVE:
            continue
        plain = {key: value for key, value in entry.items() if key != "owner"}
        values = _values((capsule, name), None, plain, None, {(None, None): said[None, None]}, {})
        subject = name or state.get("name", "")
        label = _("the document on %(name)s") % {"name": subject}
        place = COLUMN if name else CAPSULE
        found.append(
            (
                name,
                Stated(
                    f"{place} {subject}",
                    label,
                    place,
                    subject,
                    values,
                    values["effective_from"],
                    values["effective_to"],
                ),
            )
        )
    return found
