"""Parts of plans that wait for an approval: opened by an apply, written when somebody else has approved them.

What is in force is not written by an apply. A part holds it and is the subject of a review; the approval writes it.
A policy or contract that is to take force for the first time stands there as a proposal already, and becomes a draft
again when its review is rejected or withdrawn.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.catalog.models import Capsule
from apps.catalog.remainder import meta_with
from apps.contracts import document as contracts
from apps.contracts.models import Contract
from apps.dcs.canonical import plain
from apps.dcs.refusals import Conflict
from apps.policy import document as policies
from apps.policy import masking_entries
from apps.policy.models import Policy
from apps.workflow import members, reviews
from apps.workflow.models import Review

from .locking import lock
from .models import PlanPart

ACTIVE = "active"
CONFIDENTIAL = 3
Kind = PlanPart.Kind
KIND_OF = {"policies": Kind.POLICY, "column_policies": Kind.POLICY, "contract": Kind.CONTRACT}


def propose(plan, steps, *, by):
    """Open a review for each kind of what the steps hold; returns the reviews, policies first."""
    found = []
    for kind in Kind:
        held = {step.urn: mine for step in steps if (mine := _of_kind(step.held, kind))}
        if held:
            part = PlanPart(plan=plan, kind=kind, held=plain(held), visibility_rank=_rank(steps, held))
            review = _proposed(part, plan, by=by)
            if review is not None:
                found.append(review)
                _replace(part, plan, by=by)
    return found


def _proposed(part, plan, *, by):
    """The submitted review of a part, None if no row would change; whoever wrote the plan is an author of it as well as `by`."""
    reason = _("What plan %(plan)s holds back") % {"plan": plan}
    try:
        with transaction.atomic():
            part.save(force_insert=True)
            review = reviews.propose(part, {}, by=by, reason=reason, submitted=False)
    except Conflict as refused:
        if refused.code != "no_change":
            raise
        return None
    if plan.author_id is not None:
        review.authors.get_or_create(person_id=plan.author_id, defaults={"revision": review.revision})
    return reviews.submit(review, by=by, reason=reason)


def _replace(part, plan, *, by):
    """Withdraw what the same person proposed earlier about nothing but the same: this is what they want now."""
    now = _about(part)
    earlier = PlanPart._base_manager.filter(kind=part.kind, held__has_any_keys=list(part.held))
    for other, review in _undecided(earlier.exclude(pk=part.pk)):
        if by.user is not None and review.created_by_id == by.user.pk and _about(other) <= now:
            reviews.withdraw(review, by=by, reason=_("Replaced by plan %(plan)s") % {"plan": plan})


def _about(part):
    """What a part decides on: {(URN, section, column or None)}."""
    return {
        (urn, section, name)
        for urn, sections in part.held.items()
        for section, value in sections.items()
        for name in (value if section == "column_policies" else (None,))
    }


def _of_kind(held, kind):
    return {section: value for section, value in held.items() if KIND_OF[section] == kind}


def _rank(steps, held):
    """Who sees a part sees all of it: the rank of its most hidden capsule, and that of masks' settings."""
    ranks = [step.capsule.visibility_rank for step in steps if step.urn in held and step.capsule is not None]
    masks = any("column_policies" in sections for sections in held.values())
    return max([*ranks, CONFIDENTIAL if masks else 2])


def waiting(urns):
    """{URN: [(number of the undecided review, held sections)]}, of everything that waits about these capsules."""
    found = {}
    for part, review in _undecided(PlanPart._base_manager.filter(held__has_any_keys=list(urns))):
        for urn in part.held.keys() & urns:
            found.setdefault(urn, []).append((review.number, part.held[urn]))
    return found


def _undecided(about):
    """(part, review) of those of some parts whose review is not decided, oldest first; two queries."""
    asked = Review.objects.filter(
        subject_table=PlanPart._meta.db_table,
        state__in=[Review.State.SUBMITTED, Review.State.CHANGES_REQUESTED],
    )
    rows = {part.pk: part for part in about.filter(pk__in=asked.values("subject_id"))}
    return [(rows[each.subject_id], each) for each in asked.filter(subject_id__in=rows).order_by("number")]


def rivals(part, review):
    """Keys of the undecided reviews of other parts whose base is no longer in force now that `review` is applied."""
    about = PlanPart._base_manager.filter(kind=part.kind, held__has_any_keys=list(part.held))
    others = _undecided(about.exclude(pk=part.pk))
    return [each.pk for _other, each in others if members.moved(each, lock=False)]


def lock_capsules(pk):
    """Lock the capsules that a part is about: before the part and its review, in the order in which applies do."""
    held = PlanPart._base_manager.filter(pk=pk).values_list("held", flat=True).first() or {}
    lock(sorted(held))


def in_force(part):
    """What people rely on of the sections that the part holds: active policies, the contract in force; else {}."""
    capsules = {capsule.urn: capsule for capsule in in_use(part.held)}
    if part.kind == Kind.CONTRACT:
        bound = {
            capsule_id: contracts.entry(row)
            for capsule_id, found in contracts.stored(capsules.values()).items()
            for row in found
            if row.is_in_force
        }
        said = {urn: {"contract": bound.get(_key(capsules, urn), {})} for urn in part.held}
        return plain({"held": said})
    active = (Policy.Status.ACTIVE, Policy.Status.SUSPENDED)
    rows = policies.stored(capsules.values())
    ruling = {key: policies.own_entry(row, key[1]) for key, row in rows.items() if row.status in active}

    def stored(urn, section, held):
        key = _key(capsules, urn)
        if section == "column_policies":
            return {name: ruling.get((key, name), {}) for name in held}
        return ruling.get((key, None), {})

    said = {
        urn: {section: stored(urn, section, value) for section, value in sections.items()}
        for urn, sections in part.held.items()
    }
    return plain({"held": said})


def _key(capsules, urn):
    return capsules[urn].pk if urn in capsules else None


def in_use(urns):
    """The stored capsules with these addresses that are in use."""
    found = Capsule._base_manager.filter(urn__in=list(urns), retired_at__isnull=True)
    return found.select_related("owner", "domain", "source_system")


def subjects(sections):
    """The names of columns, None for the capsule, whose policies are to be active."""
    found = {None} if sections.get("policies", {}).get("status") == ACTIVE else set()
    columns = sections.get("column_policies", {})
    return found | {name for name, entry in columns.items() if entry.get("status") == ACTIVE}


def let_go(part):
    """Make drafts again of what the part was to put in force for the first time, unless another part still may."""
    capsules = {capsule.urn: capsule for capsule in in_use(part.held)}
    others = waiting(capsules)
    for urn, capsule in capsules.items():
        sections = part.held[urn]
        elsewhere = [held for _number, held in others.get(urn, ())]
        if part.kind == Kind.CONTRACT:
            version = sections["contract"].get("version")
            if any(held.get("contract", {}).get("version") == version for held in elsewhere):
                continue
            rows = contracts.stored([capsule]).get(capsule.pk, [])
            _draft([row for row in rows if row.version == version and row.status == Contract.Status.PROPOSED])
        else:
            rows = policies.stored([capsule])
            names = subjects(sections).difference(*map(subjects, elsewhere))
            mine = [row for name in names if (row := rows.get((capsule.pk, name)))]
            _draft([row for row in mine if row.status == Policy.Status.UNDER_REVIEW])
            _forget_masks(capsule, set(sections.get("column_policies", {})), elsewhere)


def _forget_masks(capsule, names, elsewhere):
    """Masks that waited for the part alone are wanted no longer."""
    names = names.difference(*(held.get("column_policies", {}) for held in elsewhere))
    for (_capsule_id, name), rows in masking_entries.stored([capsule]).items():
        for row in rows:
            if name in names and masking_entries.is_wanted(row) and not row.is_enabled:
                masking_entries.enable(row, wanted=False)
                row.save(update_fields=["is_enabled", "meta"])


def _draft(rows):
    for row in rows:
        row.status, row.meta = type(row).Status.DRAFT, meta_with(row.meta, status=None)
        row.save(update_fields=["status", "meta"])
