"""Who may decide on a proposal, who may not and why: the database answers, here it is put into sentences."""

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from apps.people import roles
from apps.people.reader import reader_of

from .models import Delegation, Review

SHOWN = 3
# Refusals that say that it is too late or done already, not that somebody lacks a right.
LATE = ("not_open", "already")


def refusal(review, person, on_behalf_of=None):
    """The database's word for why `person` may not decide on `review`; empty if they may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dcs.decision_refusal(%s, %s, %s)",
            [review.pk, person.pk, on_behalf_of.pk if on_behalf_of is not None else None],
        )
        return cursor.fetchone()[0] or ""


def eligible(review):
    """The people who can decide on the review now, by name."""
    people = get_user_model().objects.filter(is_active=True, groups__name__in=review.capacities).distinct()
    people = people.annotate(objection=RawSQL("dcs.decision_refusal(%s, users.id)", [review.pk]))
    return people.filter(objection__isnull=True).order_by("first_name", "last_name", "username")


def able(review):
    """Those of `eligible` who may also know of the review."""
    return [person for person in eligible(review) if reader_of(person).clearance >= review.visibility_rank]


def represented(review, person):
    """The colleagues for whom `person` may decide on the review while they are away."""
    found = (
        Delegation.objects.in_force().covering(review).filter(to_person=person).select_related("from_person")
    )
    return [each.from_person for each in found if not refusal(review, person, each.from_person)]


def for_whom(review, person):
    """(whether `person` may decide, for themselves with None or for a colleague, why not)."""
    said = refusal(review, person)
    if not said:
        return True, None, ""
    if said in ("other_domain", "domain_too_young"):
        for colleague in represented(review, person):
            return True, colleague, ""
    return False, None, said


def lock(review, reader):
    """Why `reader` may not decide on the review, as a sentence; empty if they may."""
    if reader.user is None:
        return _("A person who is signed in decides this.")
    if reader.via == "token":
        return _("A person who is signed in decides this; a token cannot.")
    allowed, _colleague, said = for_whom(review, reader.user)
    return "" if allowed else in_words(review, said)


def in_words(review, said):
    """The sentence for one of the database's words, with who can decide instead."""
    domain = review.domain_name
    needed = _(" or ").join(
        str(role.title) for role in roles.ROLES.values() if role.name in review.capacities
    )
    sentences = {
        "author": _("You wrote this change, so someone else must decide on it."),
        "author_represented": _("You would decide for somebody who wrote this change."),
        "same_person": _(
            "Your account has the e-mail address of an author, so someone else must decide on it."
        ),
        "no_mail": _("Your account has no e-mail address; without one nobody decides."),
        "inactive": _("Your account is switched off."),
        "nobody": _("A person who is signed in decides this."),
        "account_too_young": _("Your account is younger than this proposal."),
        "no_capacity": _("This needs the role %(role)s.") % {"role": needed},
        "capacity_too_young": _("You got the role %(role)s after this was submitted.") % {"role": needed},
        "other_domain": (
            _("Only who looks after all of these domains can decide on this: %(domain)s.")
            if len(review.domains) > 1
            else _("Only stewards of %(domain)s can decide on this.")
        )
        % {"domain": domain},
        "domain_too_young": _("You became a steward of %(domain)s after this was submitted.")
        % {"domain": domain},
        "self_represented": _("You cannot stand in for yourself."),
        "no_delegation": _("Nobody has asked you to decide in their place."),
        "represented_no_capacity": _("Whom you stand in for cannot decide on this either."),
        "already": _("You have decided on this already."),
        "not_open": not_open(review),
        "not_a_session": _("A person who is signed in decides this; a token cannot."),
    }
    sentence = sentences.get(said, _("You may not decide on this."))
    if said in (*LATE, "inactive", "not_a_session"):
        return sentence
    return f"{sentence} {who_can(review)}"


def who_can(review):
    """ "Ana Ruiz or Tom Lee can." """
    people = able(review) if review.is_open else []
    if not people:
        return _("Nobody can at the moment; an administrator can name somebody for it.")
    names = [str(person) for person in people[:SHOWN]]
    if len(people) > SHOWN:
        return _("%(names)s or %(more)s others can.") % {
            "names": ", ".join(names),
            "more": len(people) - SHOWN,
        }
    if len(names) == 1:
        return _("%(name)s can.") % {"name": names[0]}
    return _("%(names)s or %(last)s can.") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def not_open(review):
    """ "Tom Lee approved this at 14:02. No decision is needed from you." """
    last = (
        review.decisions.exclude(decision="comment").select_related("person").order_by("-decided_at").first()
    )
    if last is None or review.state not in (
        Review.State.APPLIED,
        Review.State.APPROVED,
        Review.State.REJECTED,
        Review.State.CHANGES_REQUESTED,
    ):
        return _("This is %(state)s. No decision is needed from you.") % {
            "state": str(review.get_state_display()).lower()
        }
    said = {
        "approve": _("%(name)s approved this at %(time)s UTC."),
        "reject": _("%(name)s rejected this at %(time)s UTC."),
        "request_changes": _("%(name)s requested changes at %(time)s UTC."),
    }[last.decision]
    return f"{said % {'name': last.person, 'time': last.decided_at.strftime('%H:%M')}} " + _(
        "No decision is needed from you."
    )


def stand_ins(person):
    """Who decides for `person` at the moment."""
    return Delegation.objects.in_force().filter(Q(from_person=person), review__isnull=True)
