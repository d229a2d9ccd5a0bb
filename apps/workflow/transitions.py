"""State changes as named methods with declared guards, taken alike by pages, API and back office."""

from dataclasses import dataclass
from functools import cache, wraps

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.dcs.refusals import Conflict
from apps.people.reader import Reader, reader_of
from apps.people.rest.permissions import refusal

from .models import Step

UNKNOWN = object()
# Steps that open a review; the others decide the one that waits.
ASKING = ("submit", "propose")


class IllegalTransition(Conflict):
    """The record is not in a state that allows this step; pages and API answer 409."""

    def __init__(self, detail):
        super().__init__(detail, code="illegal_step")


@dataclass(frozen=True)
class Transition:
    """One step of a lifecycle as it was declared; `review` is what it means for the record's review.

    `review` is `submit`, `approve`, `request_changes`, `reject` or `withdraw`; `propose` for a step of what is in force that
    somebody else has to agree to; empty for a step that needs none.
    """

    name: str
    label: str
    sources: frozenset
    target: str
    permission: str
    guard: object = None
    needs_reason: bool = False
    review: str = ""
    method: object = None


@dataclass(frozen=True)
class OpenStep:
    """A step as a page, the admin and the API show it: allowed, or locked with the reason and who can."""

    name: str
    label: str
    allowed: bool
    why: str = ""
    needs_reason: bool = False


def transition(*, source, target, permission, label, guard=None, needs_reason=False, review=""):
    """Make a method one step of a record's lifecycle: `term.deprecate(by=user, comment="Merged into revenue.")`.

    The method only sets what belongs to the step; lock, state, the row of the step and the author in the audit log
    are taken care of here, in one transaction. `guard(record, reader)` is true, or a sentence that says why not.
    A step with `review` goes through the record's open review, and the state moves once the quorum is met.

    Raises `IllegalTransition` if the stored state is not in `source`, `PermissionDenied` if `by` lacks `permission`
    or the guard objects, `ValidationError` if a reason is needed and missing.
    """

    def decorate(method):
        spec = Transition(
            method.__name__,
            label,
            frozenset(map(str, source)),
            str(target),
            permission,
            guard,
            needs_reason,
            review,
            method,
        )

        @wraps(method)
        def step(self, *, by, comment="", shown=None, **given):
            if spec.review:
                from . import reviews

                return reviews.through(self, spec, by=by, reason=comment, shown=shown)
            with acting(by, reason=comment):
                self.lock()
                self.require(spec, reader=as_reader(by), reason=comment)
                self.move(spec, by=by, reason=comment, **given)
            return self

        step.transition = spec
        return step

    return decorate


def as_reader(by):
    """The `Reader` of whoever takes a step: verbs are given a user, or the reader of a request."""
    return by if isinstance(by, Reader) else reader_of(by)


class Stateful:
    """Mixin for models whose lifecycle is a set of `@transition` methods."""

    state_field = "status"

    @property
    def state(self):
        return getattr(self, self.state_field)

    @state.setter
    def state(self, value):
        setattr(self, self.state_field, value)

    @property
    def state_word(self):
        """The state as people read it."""
        return getattr(self, f"get_{self.state_field}_display")()

    @property
    def steps_taken(self):
        """The steps that the record has taken, newest first."""
        return Step.objects.of(self).select_related("actor")

    @classmethod
    @cache
    def transitions(cls):
        """The declared steps, in the order in which they are written."""
        found = {}
        for parent in reversed(cls.__mro__):
            for name, member in vars(parent).items():
                if hasattr(member, "transition"):
                    found[name] = member.transition
        return tuple(found.values())

    @classmethod
    def transition_for(cls, review):
        """The step that means `review` for the record's review (`submit`, `approve`, …); None if there is none."""
        return next((spec for spec in cls.transitions() if spec.review == review), None)

    def lock(self):
        """Lock the row until the transaction ends and read it again: what the instance held is not trusted."""
        type(self)._base_manager.select_for_update(no_key=True).values_list("pk").get(pk=self.pk)
        self.refresh_from_db()

    def require(self, spec, *, reader, reason=""):
        """Raise unless `reader` may take the step now; the row is locked."""
        if self.state not in spec.sources:
            raise IllegalTransition(self.not_from_here(spec))
        if why := self.objection(spec, reader):
            raise PermissionDenied(why)
        if spec.needs_reason and not reason.strip():
            raise ValidationError({"comment": [_("Say why.")]})

    def objection(self, spec, reader):
        """Why `reader` may not take the step, whatever the state; empty if they may."""
        if spec.permission and not reader.may(spec.permission):
            return refusal(reader, spec.permission)
        said = spec.guard(self, reader) if spec.guard is not None else True
        if said is True or said == "":
            return ""
        return str(said) if said else _("You may not %(step)s this.") % {"step": str(spec.label).lower()}

    def not_from_here(self, spec):
        """The sentence for a step that the state does not allow, with the steps that it does."""
        able = [str(each.label) for each in self.transitions() if self.state in each.sources]
        said = _("Cannot %(step)s %(name)s: it is %(state)s.") % {
            "step": str(spec.label).lower(),
            "name": self,
            "state": str(self.state_word).lower(),
        }
        return f"{said} " + (
            _("Possible steps: %(able)s.") % {"able": ", ".join(able)}
            if able
            else _("Nothing more can happen to it.")
        )

    def move(self, spec, *, by, reason, review=None, name="", **given):
        """Run the step's method, set the state, save, and note the step; the row is locked and the step allowed.

        What is in force stays in its state: only from one of its sources does the step move the record.
        """
        reader = as_reader(by)
        before = self.state
        spec.method(self, by=reader.user, comment=reason, **given)
        if before in spec.sources:
            self.state = spec.target
        self.save()
        Step.objects.create(
            subject_table=self._meta.db_table,
            subject_id=self.pk,
            name=name or spec.name,
            before=before,
            after=self.state,
            reason=reason,
            review=review,
            visibility_rank=getattr(self, "visibility_rank", 2),
        )

    def steps_for(self, reader, *, waiting=UNKNOWN):
        """Every step that the state allows, as `OpenStep`s: open to `reader`, or locked with the reason.

        For showing: the step itself asks again, under the row's lock. `waiting` is the oldest review of the record
        that waits for a decision, or None, where that is known already.
        """
        from . import reviews

        reader = as_reader(reader)
        if waiting is UNKNOWN:
            reviewed = any(spec.review for spec in self.transitions())
            waiting = reviews.waiting_review(self) if reviewed else None
        found = []
        for spec in self.transitions():
            if spec.review and spec.review not in ASKING:
                if waiting is not None:
                    found.append(reviews.step_of(waiting, spec, reader))
            elif self.state in spec.sources:
                why = self.objection(spec, reader)
                found.append(OpenStep(spec.name, spec.label, not why, why, spec.needs_reason))
        return found

    def take(self, name, *, by, comment="", **given):
        """Take the step called `name`. Raises `KeyError` if the lifecycle has none."""
        if name not in {spec.name for spec in self.transitions()}:
            raise KeyError(name)
        return getattr(self, name)(by=by, comment=comment, **given)
