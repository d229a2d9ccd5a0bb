"""The rows that a part of a plan makes and changes once it is approved: policies with their masks, or contracts.

They are put down beside what is stored when the part is proposed. What was put down is what is decided and what is
written; the database compares each row with it (trust.md, section 2.2).
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog.models import Column
from apps.contracts import document as contracts
from apps.contracts.models import Contract
from apps.dcs.canonical import plain
from apps.policy import document as policies
from apps.policy import masking_entries
from apps.policy.models import MaskingRule, Policy
from apps.workflow import members
from apps.workflow.reviewable import Member

from . import parts

# What the portal notes beside the content: not proposed, and free to move while a proposal waits.
APART = {"id", "number", "created_at", "updated_at", "visibility_rank", "capsule_version", "author", "submitted_by",
         "approved_by", "approved_by_user", "approved_at", "last_updated_at"}  # fmt: skip
STATE = {Policy: "policy_status", MaskingRule: "is_enabled", Contract: "contract_status"}
IN_FORCE = {Policy: ("active", "suspended"), MaskingRule: (True,), Contract: ("active", "breached")}
UNREAD = ("id", "meta", "capsule_id", "column_id")
MODELS = {parts.Kind.POLICY: (Policy, MaskingRule), parts.Kind.CONTRACT: (Contract,)}


class Note:
    """A pen that writes nothing: it keeps the rows that would be written, by model and key."""

    def __init__(self):
        self.rows, self.new = {}, set()

    def insert(self, model, rows):
        self.new.update(row.pk for row in rows)
        self.change(model, rows, ())

    def change(self, model, rows, names):
        for row in rows:
            self.rows[model, row.pk] = row

    def of(self, model):
        return [row for (kind, _key), row in self.rows.items() if kind is model]


def planned(part):
    """The `Member`s of a part as they would be now."""
    capsules = list(parts.in_use(part.held))
    # Of each state nothing but the sections that these rows are written from.
    states = (contracts if part.kind == parts.Kind.CONTRACT else policies).snapshot(capsules)
    pairs = [(capsule, _wanted(states.get(capsule.pk, {}), part.held[capsule.urn])) for capsule in capsules]
    note = Note()
    if part.kind == parts.Kind.CONTRACT:
        contracts.write(pairs, note)
        _sign(part, capsules, note)
    else:
        policies.write(pairs, note)
        _protect(part, capsules, note)
    columns = _columns(note)
    return [
        Member(model, key, _title(row, capsules, columns), _content(row), new=key in note.new)
        for (model, key), row in note.rows.items()
    ]


def _wanted(state, sections):
    """The state of a capsule with what is held laid over it."""
    found = dict(state)
    for section, value in sections.items():
        if section == "column_policies":
            value = {**state.get(section, {}), **value}
            value = {name: entry for name, entry in value.items() if entry}
        found[section] = value
    return {key: value for key, value in found.items() if value not in ({}, [])}


def _protect(part, capsules, note):
    """Put the policies and masks of the held subjects into the state that they are wanted in."""
    rows = policies.stored(capsules)
    ids = {
        (capsule_id, name): pk
        for capsule_id, name, pk in Column._base_manager.filter(
            capsule__in=capsules, retired_at__isnull=True
        ).values_list("capsule_id", "name", "pk")
    }
    written = {(row.capsule_id, row.column_id): row for row in note.of(Policy)}
    masked = set()
    for capsule in capsules:
        sections = part.held[capsule.urn]
        said = {None: sections.get("policies", {}), **sections.get("column_policies", {})}
        for name, entry in said.items():
            column = ids.get((capsule.pk, name))
            masked.add(column)
            key = (None, column) if name else (capsule.pk, None)
            row = written.get(key) or rows.get((capsule.pk, name))
            if row is not None and (status := _status(row, entry)) != row.status:
                row.status = status
                note.change(Policy, [row], ())
    for row in note.of(MaskingRule):
        masking_entries.enable(row)
    for found in masking_entries.stored(capsules).values():
        for row in found:
            waits = masking_entries.is_wanted(row) and not row.is_enabled
            if waits and row.column_id in masked and (MaskingRule, row.pk) not in note.rows:
                masking_entries.enable(row)
                note.change(MaskingRule, [row], ())


def _status(row, entry):
    """The state in which a policy is wanted; a file that only drafts leaves what is in force there."""
    wanted = entry.get("status", "draft")
    if wanted == parts.ACTIVE:
        return Policy.Status.ACTIVE
    in_force = row.status in IN_FORCE[Policy]
    return Policy.Status(wanted) if in_force and wanted in ("suspended", "deprecated") else row.status


def _sign(part, capsules, note):
    """Put the contracts of the held capsules in force, and those that they replace out of it."""
    stored = contracts.stored(capsules)
    for capsule in capsules:
        held = part.held[capsule.urn]["contract"]
        rows = [note.rows.get((Contract, row.pk), row) for row in stored.get(capsule.pk, ())]
        rows += [row for row in note.of(Contract) if row.pk in note.new and row.capsule_id == capsule.pk]
        for row in rows:
            status = _standing(row, held)
            if status != row.status:
                row.status = status
                note.change(Contract, [row], ())


def _standing(row, held):
    wanted = held.get("status")
    if row.version == held.get("version"):
        if wanted == parts.ACTIVE:
            return row.status if row.is_in_force else Contract.Status.ACTIVE
        return Contract.Status.DEPRECATED if row.is_in_force and wanted == "deprecated" else row.status
    return Contract.Status.SUPERSEDED if row.is_in_force and wanted == parts.ACTIVE else row.status


def _columns(note):
    """{column id: (name, name of its capsule)} of the rows about columns."""
    ids = {row.column_id for model in (Policy, MaskingRule) for row in note.of(model) if row.column_id}
    found = Column._base_manager.filter(pk__in=ids).values_list("pk", "name", "capsule__name")
    return {pk: (name, capsule) for pk, name, capsule in found}


def _title(row, capsules, columns):
    if isinstance(row, Contract):
        name = next(capsule.name for capsule in capsules if capsule.pk == row.capsule_id)
        return _("Contract %(version)s of %(name)s") % {"version": row.version, "name": name}
    if row.column_id is None:
        name = next(capsule.name for capsule in capsules if capsule.pk == row.capsule_id)
    else:
        name = ".".join(reversed(columns[row.column_id]))
    if isinstance(row, MaskingRule):
        return _("Mask %(rule)s of %(name)s") % {"rule": row.name, "name": name}
    return _("Policy of %(name)s") % {"name": name}


def _fields(model):
    return {field.column: field for field in model._meta.concrete_fields if field.name not in APART}


def _content(row):
    return plain(
        {
            column: field.get_prep_value(getattr(row, field.attname))
            for column, field in _fields(type(row)).items()
        }
    )


def write(part, review, *, by):
    """Store the rows of an approved part: first what leaves force, then what enters it."""
    signed = {
        "approved_by_user_id": by.user.pk,
        "approved_by": by.user.get_username(),
        "approved_at": timezone.now(),
    }
    for model in MODELS[part.kind]:
        rows = review.current_members.filter(subject_table=model._meta.db_table)
        binding = rows.filter(**{f"content__{STATE[model]}__in": IN_FORCE[model]})
        evidence = {} if model is MaskingRule else signed
        columns = list(_fields(model))
        for found, more in ((rows.exclude(pk__in=binding.values("pk")), {}), (binding, evidence)):
            members.change(found, model, columns, **more)
            members.create(found, model, columns, **more)


def read_as(contents):
    """Contents of rows as people read them: titles of fields, their words, without keys and notes."""
    return [_read(content) for content in contents]


def _read(content):
    model = MaskingRule if "rule_name" in content else Contract if "contract_version" in content else Policy
    found = {}
    for column, field in _fields(model).items():
        if column in content and column not in UNREAD:
            value = content[column]
            if field.choices and value is not None:
                value = str(dict(field.flatchoices).get(value, value))
            elif isinstance(value, bool):
                value = _("yes") if value else _("no")
            found[str(field.verbose_name)] = value
    return found
