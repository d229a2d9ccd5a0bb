"""Who is told what about a review, and why them: in the portal at once, by mail together once a day or at once."""

import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import deciders, workdays
from .models import NoticePreference, Notification, ReviewDecision

Why = Notification.Why
REMIND_AFTER, ESCALATE_AFTER = 2, 5


# ---------- what happened ----------


def asked(review, people):
    """A proposal waits for a decision: everybody who can decide hears of it, and who stands in for them."""
    authors = {author.person_id for author in review.authors.all()}
    text = _("%(who)s asks for a decision on %(title)s.") % {
        "who": review.submitted_by or _("Somebody"),
        "title": review.title,
    }
    told = dict.fromkeys(people, Why.DECIDER)
    for person in people:
        for each in deciders.stand_ins(person).select_related("to_person"):
            if each.to_person_id not in authors:
                told.setdefault(each.to_person, Why.STAND_IN)
    _tell(told, review, "asked", text)


def revised(review, reader):
    """The content of a proposal has changed: who had decided on the earlier one hears that it lapsed."""
    before = (
        review.decisions.exclude(decision="comment")
        .exclude(revision=review.revision)
        .select_related("person")
    )
    told = {each.person: Why.DECIDER for each in before}
    text = _("%(title)s has changed since you decided on it.") % {"title": review.title}
    _tell(told, review, "revised", text, but=reader)


def decided(review, reader, decision):
    """Somebody decided, and the proposal is not in force by it."""
    said = {
        ReviewDecision.Decision.APPROVE: _("%(who)s approved %(title)s; it needs one more decision."),
        ReviewDecision.Decision.REJECT: _("%(who)s rejected %(title)s."),
        ReviewDecision.Decision.REQUEST_CHANGES: _("%(who)s requested changes to %(title)s."),
    }[decision]
    text = said % {"who": reader.user, "title": review.title}
    _tell(_concerned(review), review, str(decision), text, but=reader)


def applied(review, reader):
    """The proposal is in force now."""
    text = _("%(who)s approved %(title)s. It is in force now.") % {"who": reader.user, "title": review.title}
    _tell(_concerned(review), review, "applied", text, but=reader)


def overtaken(review, winner):
    """Another proposal about the same thing came into force first."""
    text = _("%(winner)s changed what %(label)s, %(title)s, was about. Merge it, or withdraw it.") % {
        "winner": winner.label,
        "label": review.label,
        "title": review.title,
    }
    _tell({author.person: Why.AUTHOR for author in _authors(review)}, review, "superseded", text)


def withdrawn(review, reader):
    """Its author took it back."""
    text = _("%(who)s withdrew %(title)s.") % {"who": reader.user, "title": review.title}
    _tell(_concerned(review), review, "withdrawn", text, but=reader)


def commented(review, reader, said):
    """Somebody wrote something."""
    text = _("%(who)s on %(title)s: %(said)s") % {
        "who": reader.user,
        "title": review.title,
        "said": said.strip()[:200],
    }
    _tell(_concerned(review), review, "comment", text, but=reader)


def handed_over(review, reader, to, reason):
    """A colleague asked for somebody's decision in their place."""
    text = _("%(who)s asks you to decide on %(title)s. %(reason)s") % {
        "who": reader.user,
        "title": review.title,
        "reason": reason,
    }
    _tell({to: Why.STAND_IN}, review, "handed_over", text.strip(), urgent=True)


def remind(review, *, on):
    """Remind those who can decide after two working days, tell who looks after the domain after five; once each.

    Nothing approves itself by waiting. Returns how many people were told.
    """
    waited = workdays.between(timezone.localdate(review.submitted_at), on)
    told = 0
    if waited >= REMIND_AFTER:
        text = ngettext(
            "%(title)s waits for a decision since %(days)s working day.",
            "%(title)s waits for a decision since %(days)s working days.",
            waited,
        ) % {"title": review.title, "days": waited}
        people = dict.fromkeys(deciders.able(review), Why.DECIDER)
        told += _tell(people, review, "reminder", text, stage=f"{review.revision}:{REMIND_AFTER}")
    if waited >= ESCALATE_AFTER:
        text = _("%(title)s is overdue: nobody has decided for %(days)s working days.") % {
            "title": review.title,
            "days": waited,
        }
        told += _tell(
            dict.fromkeys(_routing(review), Why.OWNER),
            review,
            "escalated",
            text,
            stage=f"{review.revision}:{ESCALATE_AFTER}",
            urgent=True,
        )
    return told


def tell(told, event, url, *, but=None, urgent=False, stage=""):
    """Write notifications about something that has no review: (person, why them, text) each; never to the reader `but`.

    A stage is told once a person, whoever tells at the same moment. Returns how many are new.

    Rows of the running transaction: nobody hears of what is rolled back, and mails go out after it has ended.
    """
    skipped = but.user.pk if but is not None and but.user is not None else None
    rows = [
        Notification(
            person=person, event=event, stage=stage, why=why, text=text[:1000], url=url, urgent=urgent
        )
        for person, why, text in told
        if person.pk != skipped
    ]
    return _write(rows, review=None, event=event, stage=stage)


# ---------- mails ----------


def send(*, at):
    """Mail what is not mailed yet to those who want it at once, and at most once a day to the others.

    Returns the number of mails. A mail that fails is tried again with the next.
    """
    waiting = Notification.objects.filter(
        mailed_at__isnull=True, created_at__gte=at - datetime.timedelta(days=7), person__is_active=True
    ).exclude(person__email="")
    wishes = dict(NoticePreference.objects.values_list("person_id", "mails"))
    mailed_today = set(
        Notification.objects.filter(mailed_at__gte=at - datetime.timedelta(hours=23)).values_list(
            "person_id", flat=True
        )
    )
    by_person = {}
    for each in waiting.select_related("person", "review").order_by("created_at"):
        by_person.setdefault(each.person, []).append(each)
    number = 0
    for person, found in by_person.items():
        wish = wishes.get(person.pk, NoticePreference.Mails.DAILY)
        if wish == NoticePreference.Mails.NEVER:
            continue
        due = found if wish == NoticePreference.Mails.AT_ONCE or person.pk not in mailed_today else []
        due = due or [each for each in found if each.urgent]
        if due:
            _mail(person, due)
            Notification.objects.filter(pk__in=[each.pk for each in due]).update(mailed_at=at)
            number += 1
    return number


def _mail(person, found):
    subject = (
        found[0].text[:150]
        if len(found) == 1
        else ngettext("%(n)s review message", "%(n)s review messages", len(found)) % {"n": len(found)}
    )
    context = {"person": person, "notices": found, "base": settings.PORTAL_URL.rstrip("/")}
    body = render_to_string("workflow/mail.txt", context)
    send_mail(" ".join(subject.split()), body, None, [person.email])


# ---------- inside ----------


def _concerned(review):
    """Those who follow a review, each with the first reason that holds."""
    told = {author.person: Why.AUTHOR for author in _authors(review)}
    for each in review.decisions.select_related("person"):
        told.setdefault(each.person, Why.TALKED)
    for watcher in review.watchers.select_related("person"):
        told.setdefault(watcher.person, Why.WATCHER)
    return told


def _authors(review):
    return review.authors.select_related("person")


def _routing(review):
    """Who is told when nobody decides: whoever looks after the domain, else whoever gives roles."""
    people = list(deciders.eligible(review))
    if people:
        return people
    return list(
        get_user_model()
        .objects.filter(is_active=True, groups__permissions__codename="add_membership")
        .distinct()
        .order_by("username")
    )


def _tell(people, review, event, text, *, but=None, stage="", urgent=False):
    """Write one notification a person, never to the one who did it; a stage is told once. Returns how many are new."""
    skipped = but.user.pk if but is not None and but.user is not None else None
    rows = [
        Notification(
            person=person,
            review=review,
            event=event,
            stage=stage,
            why=why,
            text=text[:1000],
            url=review.get_absolute_url(),
            urgent=urgent,
        )
        for person, why in people.items()
        if person is not None and person.pk != skipped
    ]
    return _write(rows, review=review, event=event, stage=stage)


def _write(rows, *, review, event, stage):
    if not stage:
        Notification.objects.bulk_create(rows)
        return len(rows)
    known = set(
        Notification.objects.filter(review=review, event=event, stage=stage).values_list(
            "person_id", flat=True
        )
    )
    new = [row for row in rows if row.person_id not in known]
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
