"""The review desk: its boxes, the list in each, and everything that stands on the page of one review."""

from copy import copy
from dataclasses import dataclass, field

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.ui import paging, querystring

from . import deciders, diff, members, refusals, reviews
from .models import Review, ReviewMember, reviewable_models
from .reviewable import ReviewableMany

MOST = 200
ROWS = 50  # records of a proposal about many that stand on one page
BOXES = {
    "waiting": gettext_lazy("Waiting"),
    "asked": gettext_lazy("I asked"),
    "watching": gettext_lazy("Watching"),
    "done": gettext_lazy("Done"),
}
MARKS = {
    "breaking": ("diamond-minus", "critical", gettext_lazy("breaking")),
    "renamed": ("pencil", "caution", gettext_lazy("renamed")),
    "other_domain": ("workflow", "caution", gettext_lazy("other domain")),
    "looser": ("diamond", "caution", gettext_lazy("loosens")),
}
KINDS = {
    "term": gettext_lazy("term"),
    "term_import": gettext_lazy("import of terms"),
    "value_domain": gettext_lazy("value domain"),
    "policy": gettext_lazy("policy"),
    "masking_rule": gettext_lazy("masking rule"),
    "contract": gettext_lazy("contract"),
    "document": gettext_lazy("capsule document"),
}
KEPT = ("box", "risk", "kind", "domain", "overdue", "group")


@dataclass(frozen=True)
class Field:
    """One changed field as the page shows it: its word, and the pieces of both texts."""

    title: str
    change: diff.FieldChange
    long: bool


@dataclass(frozen=True)
class Row:
    """One record of a proposal about many: what it is, and its fields that differ from what was stored."""

    member: ReviewMember
    url: str
    fields: list


@dataclass
class Line:
    """One row of the list: a review, or several that change the same in the same way."""

    review: Review
    url: str
    icon: str
    marks: list
    alike: int = 1
    current: bool = False


@dataclass
class Group:
    """Rows of the list that are due alike."""

    title: str
    late: bool = False
    lines: list = field(default_factory=list)


def in_box(box, reader):
    """The reviews in one of the reader's boxes."""
    found = {
        "waiting": Review.objects.waiting_for,
        "asked": Review.objects.asked_by,
        "watching": Review.objects.watched_by,
        "done": Review.objects.done_by,
    }[box](reader)
    order = ("-decided_at", "-number") if box == "done" else ("due", "number")
    return found.select_related("submitted_by", "created_by").order_by(*order)


def boxes(reader, current, path):
    """The boxes as tabs; Done has no count, nothing waits in it."""
    found = []
    for name, title in BOXES.items():
        count = in_box(name, reader).order_by().count() if name != "done" else None
        found.append(
            {
                "name": name,
                "title": title,
                "count": count,
                "url": f"{path}?box={name}",
                "current": name == current,
            }
        )
    return found


def state_of(request):
    """What of the address the links of the desk keep: box and filters."""
    return {name: request.GET.getlist(name) for name in KEPT if request.GET.get(name)}


def url_of(review, state):
    """The address of a review at the desk, with the box and filters that the reader came with."""
    return querystring.url(reverse("workflow:review", args=[review.number]), state)


def lines(found, state, *, selected=None, grouped=False):
    """The list: rows in groups by when they are due; identical ones as one row if `grouped`."""
    rows, by_change = [], {}
    for each in found:
        if grouped and each.change_hash in by_change:
            line = by_change[each.change_hash]
            line.alike += 1
        else:
            line = Line(each, url_of(each, state), icon_of(each), marks_of(each))
            rows.append(line)
            by_change[each.change_hash] = line
        line.current = line.current or (selected is not None and each.pk == selected.pk)
    today = timezone.localdate()
    groups = {}
    for line in rows:
        title, late = _when(line.review, today)
        groups.setdefault(title, Group(title, late)).lines.append(line)
    return list(groups.values())


def _when(review, today):
    if not review.is_open:
        return str(review.get_state_display()), False
    if review.due is None:
        return _("Later"), False
    days = (review.due - today).days
    if days < 0:
        return _("Overdue"), True
    return (_("Due this week"), False) if days <= 7 else (_("Later"), False)


def icon_of(review):
    """The icon of what the review is about."""
    return getattr(review.model, "review_icon", "file-pen-line")


def marks_of(review):
    """What is dangerous about a review, as (icon, hue, word)."""
    found = [MARKS.get(mark, ("diamond", "caution", mark)) for mark in review.marks]
    if review.risk in (Review.Risk.HIGH, Review.Risk.CRITICAL):
        found.insert(0, ("triangle-alert", "critical", review.get_risk_display()))
    return found


def fields_of(review, base=None, proposal=None):
    """What a review changes, field by field, in words: keys are shown as the names behind them."""
    subject = review.subject or review.model()
    governed = subject.governed()
    base = (review.base_content if base is None else base) or {}
    proposal = review.proposal if proposal is None else proposal
    # The database keeps no order of keys; people read the fields as the form has them.
    order = [
        *(name for name in governed if name in proposal),
        *(name for name in proposal if name not in governed),
    ]
    proposal = {name: proposal[name] for name in order}
    found = []
    for change in diff.changes(base, proposal):
        if change.before in (None, "", []) and change.after in (None, "", []):
            continue
        before = subject.in_words(change.field, change.before)
        after = subject.in_words(change.field, change.after)
        (told,) = diff.changes({change.field: before}, {change.field: after}) or (change,)
        title = str(governed[change.field].verbose_name) if change.field in governed else change.field
        long = len(diff.text(before)) + len(diff.text(after)) > 160
        found.append(Field(title[:1].upper() + title[1:], told, long))
    return found


def is_about_many(review):
    """True if the proposal makes or changes many records."""
    return issubclass(review.model or object, ReviewableMany)


def rows_of(review, request):
    """The records of a proposal about many, a page at a time; `rows=create` or `rows=change` shows one sort alone.

    Its links lead to the page of the review, whatever page of the desk the request is for.
    """
    shown = request.GET.get("rows", "")
    counts = dict(
        review.current_members.order_by().values_list("action").annotate(number=Count("pk")).order_by()
    )
    found = review.current_members
    if shown in ReviewMember.Action.values:
        found = found.filter(action=shown)
    at_home = copy(request)
    at_home.path = reverse("workflow:review", args=[review.number])
    page = paging.page(found, at_home, order=("title", "subject_id"), size=ROWS)
    before = review.subject.read_as([each.base or {} for each in page])
    after = review.subject.read_as([each.content for each in page])
    models = reviewable_models()
    rows = [
        Row(
            each,
            _address(models.get(each.subject_table), each),
            # The name of a new record stands above it.
            [_told(change) for change in diff.changes(old, new) if old or change.after != each.title],
        )
        for each, old, new in zip(page, before, after, strict=True)
    ]
    sorts = [("", _("All"), sum(counts.values()))]
    sorts += [(value, title, counts.get(value, 0)) for value, title in ReviewMember.Action.choices]
    return {
        "rows": rows,
        "rows_page": page,
        "rows_shown": shown,
        "rows_sorts": [
            {
                "name": name,
                "title": title,
                "number": number,
                "url": querystring.url(at_home.path, request.GET, rows=name or None, after=None, before=None),
            }
            for name, title, number in sorts
        ],
    }


def _told(change):
    long = len(diff.text(change.before)) + len(diff.text(change.after)) > 160
    return Field(change.field[:1].upper() + change.field[1:], change, long)


def _address(model, member):
    """The page of a record that is there already; a new one has none yet."""
    if model is None or member.base is None:
        return ""
    # Pages are found by key or by name; a base has the name if the proposal is about it.
    known = {
        field.attname: member.base[field.column]
        for field in model._meta.fields
        if field.column in member.base
    }
    called = {"name": member.title} if any(field.name == "name" for field in model._meta.fields) else {}
    return address_of(model(pk=member.subject_id, **{**called, **known}))


def clashes_of(review):
    """What both this proposal and the one that came first have changed, for choosing field by field."""
    subject = review.subject
    if subject is None or is_about_many(review):
        return []
    governed = subject.governed()
    return [
        {
            "name": clash.field,
            "title": str(governed[clash.field].verbose_name),
            "base": diff.text(subject.in_words(clash.field, clash.base)),
            "yours": diff.text(subject.in_words(clash.field, clash.yours)),
            "theirs": diff.text(subject.in_words(clash.field, clash.theirs)),
        }
        for clash in reviews.merged_with_force(review, subject).clashes
    ]


def effect(review, missing):
    """The sentence of what will happen on approval."""
    if is_about_many(review) and missing <= 1 and review.subject is not None:
        return review.subject.effect(review.proposal)
    if missing > 1:
        return _("puts down your decision; one more is needed before %(title)s changes.") % {
            "title": review.title
        }
    if review.base_content is None:
        return _("puts %(title)s in force.") % {"title": review.title}
    return _("replaces what is in force by this text.")


def page_of(review, request):
    """Everything that the page of one review shows."""
    reader, many = request.reader, is_about_many(review)
    decisions = list(review.decisions.select_related("person", "on_behalf_of").order_by("decided_at"))
    approvals = sum(each.decision == "approve" and each.revision == review.revision for each in decisions)
    number, first = review.subject.affected(reader) if review.subject is not None else (0, [])
    steps = {step.name: step for step in reviews.steps_for(review, reader)}
    deciding = [steps[name] for name in ("approve", "send_back", "reject") if name in steps]
    lock = deciding[0].why if deciding and not deciding[0].allowed else ""
    may_decide = bool(deciding) and not lock
    moved = members.moved(review, lock=False) if many and review.state in Review.UNDECIDED else []
    stale = review.state == Review.State.SUPERSEDED or bool(moved)
    mine = reader.user is not None and review.authors.filter(person=reader.user).exists()
    return {
        "review": review,
        "subject": review.subject,
        "subject_url": address_of(review.subject),
        "kind": KINDS.get(review.kind, review.kind),
        "icon": icon_of(review),
        "marks": marks_of(review),
        "many": many,
        **(rows_of(review, request) if many else {"fields": fields_of(review)}),
        "moved": moved[: reviews.SHOWN],
        "moved_more": len(moved[reviews.SHOWN :]),
        "live": [] if review.base_content is None else fields_of(review, {}, review.base_content),
        "decisions": [each for each in decisions if each.decision != "comment"],
        "talk": [each for each in decisions if each.decision == "comment"],
        "authors": [author.person for author in review.authors.select_related("person")],
        "affected": first,
        "consequences": _consequences(review, reader),
        "affected_count": number,
        "affected_more": number - len(first),
        "approvals": approvals,
        "step_number": min(approvals + 1, review.quorum),
        "deciding": deciding,
        "steps": steps,
        "lock": lock,
        "may_decide": may_decide,
        "needs_proof": may_decide and refusals.needs_proof(review, reader),
        "effect": effect(review, review.quorum - approvals),
        "colleagues": [p for p in _role_holders(review) if p != reader.user] if may_decide else [],
        "stale": stale,
        "mine": mine,
        "clashes": clashes_of(review) if stale and mine else [],
        "watching": reader.user is not None and review.watchers.filter(person=reader.user).exists(),
        "why_done": deciders.not_open(review) if review.state in Review.FINAL else "",
    }


def _consequences(review, reader):
    if review.subject is None or review.state not in Review.UNDECIDED:
        return []
    return review.subject.consequences(review.proposal, reader)


def _role_holders(review):
    """Colleagues to whom a decision can be handed: they have the role and wrote none of it."""
    from django.contrib.auth import get_user_model

    people = get_user_model().objects.filter(is_active=True, groups__name__in=review.capacities).distinct()
    return people.exclude(pk__in=review.authors.values("person")).order_by("first_name", "last_name")


def alike(review, reader):
    """Other reviews that change the same in the same way and wait for the same reader."""
    found = in_box("waiting", reader).filter(change_hash=review.change_hash).exclude(pk=review.pk)
    return list(found[:MOST])


def address_of(subject):
    """The page of a record; empty while it has none."""
    from django.urls import NoReverseMatch

    try:
        return subject.get_absolute_url()
    except (AttributeError, NoReverseMatch):
        return ""


def left(number):
    """ "11 reviews left." """
    if not number:
        return _("Nothing waits on you.")
    return ngettext("%(number)s review left.", "%(number)s reviews left.", number) % {"number": number}
