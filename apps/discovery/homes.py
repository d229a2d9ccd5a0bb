"""Home, by persona: what needs this person today, and where to go next.

A number on a home opens the list with exactly that many rows, so both come from the same filters.
"""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Q, Subquery
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from apps.audit.activity import activity
from apps.catalog.models import Capsule, Column, Domain, IngestionJob, Owner
from apps.deploy.models import Plan
from apps.quality.models import QualityCheck, QualityRule
from apps.workflow import inbox

from . import cells, completeness, home_blocks, rows, saved
from .columns import ColumnFilters
from .filters import DIMENSIONS, WORDS, Filters
from .home_blocks import Count

COOKIE = "dcs_visit"
PAUSE = datetime.timedelta(minutes=30)  # a longer absence ends a visit
SHOWN = 6


@dataclass(frozen=True)
class Persona:
    """One way to look at the portal, for the holders of some roles."""

    slug: str
    title: str
    roles: frozenset


PERSONAS = (
    Persona("steward", gettext_lazy("Steward"), frozenset({"steward"})),
    Persona("producer", gettext_lazy("Producer"), frozenset({"producer", "contract_owner"})),
    Persona("admin", gettext_lazy("Admin"), frozenset({"policy_admin", "administrator", "auditor"})),
    Persona("analyst", gettext_lazy("Analyst"), frozenset({"analyst"})),
)
ANALYST = PERSONAS[-1]


@login_required
def home(request):
    """What needs this person today, as one of the personas they hold."""
    held = personas(request.reader)
    asked = request.GET.get("as", "")
    persona = next((persona for persona in held if persona.slug == asked), held[0])
    since, cookie = last_visit(request)
    context = {
        "personas": held,
        "persona": persona,
        "unheld": asked if asked not in ("", persona.slug) else "",
    }
    context |= {"today": timezone.localdate(), **BLOCKS[persona.slug](request.reader, since)}
    response = TemplateResponse(request, f"discovery/home_{persona.slug}.html", context)
    response.set_signed_cookie(
        COOKIE,
        cookie,
        max_age=365 * 86_400,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def personas(reader):
    """The personas that the reader holds, those with work to do first; an analyst if no other."""
    return [persona for persona in PERSONAS if persona.roles & reader.roles] or [ANALYST]


def last_visit(request):
    """(when the visit before this one ended or None, what the cookie shall say); it holds two times, no name."""
    now = timezone.now()
    begun, _dot, seen = request.get_signed_cookie(COOKIE, default="").partition(".")
    if not seen.isdigit():
        return None, f".{int(now.timestamp())}"
    if now - moment(seen) > PAUSE:
        begun = seen
    return moment(begun) if begun.isdigit() else None, f"{begun}.{int(now.timestamp())}"


def moment(seconds):
    return datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)


# ---------- what each persona sees ----------


def analyst(reader, since):
    """What is there, what is new and where to begin."""
    counted = completeness.by_domain(reader)
    domains = [
        (domain, counted[domain.pk][0])
        for domain in Domain.objects.visible_to(reader).filter(pk__in=[key for key in counted if key])
    ]
    newest = Capsule.objects.visible_to(reader).current().order_by("-created_at", "-pk")
    after = since or timezone.now() - datetime.timedelta(days=7)
    return {
        "since": since,
        "changed": some(Filters(sort="-updated"), reader, SHOWN),
        "new": newest.filter(created_at__gt=after)[:SHOWN],
        "domains": sorted(domains, key=lambda pair: -pair[1])[:SHOWN],
        "outside": counted.get(None, (0, 0))[0],
        "total": sum(number for number, _mean in counted.values()),
        "start": [row for row in some(Filters(sort="-downstream"), reader, SHOWN - 1) if row.downstream],
        "views": saved.mine(reader, SHOWN),
        "terms": home_blocks.terms(reader, after),
    }


def steward(reader, since):
    """What waits for a decision, and what is missing in the domains that this person looks after, most valuable first."""
    names = list(Domain.objects.filter(stewardships__user=reader.user).values_list("name", flat=True))
    filters = Filters(domain=tuple(names))
    counted = completeness.counted(filters, reader)
    worst = some(Filters(domain=tuple(names), sort="-downstream"), reader, 25)
    after = since or timezone.now() - datetime.timedelta(days=7)
    told = home_blocks.lines(
        home_blocks.returned(reader),
        home_blocks.contracts_ending(reader, names),
        home_blocks.policies_ending(reader, names),
    )
    ending = sorted([*told.get("contract", ()), *told.get("policy", ())], key=lambda line: line.at)
    subjects = {"capsules": None, "columns": None}
    if names:
        capsules = Capsule.objects.visible_to(reader).filter(domain__name__in=names)
        columns = Column.objects.filter(capsule__in=capsules)
        subjects = {"capsules": capsules.values("pk"), "columns": columns.values("pk")}
    return {
        "waiting": waiting(reader),
        "returned": told.get("returned", ()),
        "ending": ending,
        "domains": names,
        "place": get_text_list(names, _("and")) if names else "",
        "counts": [*home_blocks.unkept(counted), undescribed(counted), *missing(counted)],
        "valuable": [(row, lacking(row)) for row in worst if row.completeness < len(DIMENSIONS)][: SHOWN - 1],
        "others": activity(subjects, reader, limit=SHOWN, since=after, but=reader.name),
        "after": after,
    }


def producer(reader, since):
    """The capsules of this person's teams, and what is wrong with them."""
    teams = list(Owner.objects.filter(team_memberships__user=reader.user).values_list("name", flat=True))
    filters = Filters(owner=tuple(teams), sort="-updated")
    counted = completeness.counted(Filters(owner=tuple(teams)), reader) if teams else None
    told = home_blocks.lines(home_blocks.returned(reader), home_blocks.incidents(reader, teams))
    return {
        "waiting": waiting(reader),
        "returned": told.get("returned", ()),
        "promises": home_blocks.unkept(counted) if counted else [],
        "incidents": told.get("incident", ()),
        "teams": teams,
        "place": get_text_list(teams, _("and")) if teams else "",
        "total": counted.total if counted else 0,
        "rows": cells.of(some(filters, reader, SHOWN)) if teams else [],
        "list_url": f"{reverse('discovery:catalog')}?{filters.query()}",
        "failing": failing(teams, reader) if teams else [],
        "counts": missing(counted) if counted else [],
        "plans": Plan.objects.filter(author=reader.user).with_standing().listed()[:3],
    }


def admin(reader, since):
    """What is risky, and whether the machinery runs."""
    unruled = ColumnFilters(pii="yes", lacks=("policy",))
    number = unruled.visible_to(reader).count()
    risks = missing(completeness.counted(Filters(), reader), only=("owner", "policy", "domain"))
    if number:
        risks.insert(0, Count(number, UNRULED % {"n": number}, unruled.url()))
    risks = home_blocks.unmasked(reader) + risks
    jobs = IngestionJob.objects.visible_to(reader)
    recent = timezone.now() - datetime.timedelta(days=14)
    return {
        "waiting": waiting(reader),
        "counts": risks,
        "sealed": home_blocks.sealed(),
        "failed": jobs.filter(status=IngestionJob.Status.FAILED, started_at__gt=recent)[:SHOWN],
        "unfinished": jobs.unfinished()[:SHOWN],
        "sources": jobs.filter(status=IngestionJob.Status.COMPLETED)
        .order_by("source_type", "source_name", "-started_at")
        .distinct("source_type", "source_name")[:20],
    }


BLOCKS = {"analyst": analyst, "steward": steward, "producer": producer, "admin": admin}

# ---------- what they are made of ----------

UNRULED = ngettext_lazy(
    "%(n)s column with personal data and no policy", "%(n)s columns with personal data and no policy", "n"
)


def waiting(reader):
    """What waits for this person, most urgent first: (item, is it late) of every queue, and where the rest is."""
    today = timezone.localdate()
    items = [item for queue in inbox.queues() for item in queue.items(reader, SHOWN)]
    return [(item, bool(item.due and day_of(item.due) < today)) for item in items]


def day_of(due):
    return timezone.localtime(due).date() if isinstance(due, datetime.datetime) else due


def some(filters, reader, limit):
    """The first rows of the catalogue under these filters, without counting the rest."""
    return rows.Listing(filters, reader).slice(None, False, limit)


def missing(counted, only=completeness.PARTS):
    """A `Count` for each part that some capsules lack, most frequent first."""
    return [Count(part.lacking, part.sentence, part.url) for part in counted.gaps(only)]


def undescribed(counted):
    """How many columns of these capsules have no description."""
    place = counted.filters
    asked = ColumnFilters(lacks=("description",), domain=place.domain, owner=place.owner)
    number = counted.undescribed_columns
    sentence = ngettext("%(n)s column without a description", "%(n)s columns without a description", number)
    return Count(number, sentence % {"n": number}, asked.url())


def lacking(row):
    """What a capsule lacks, in words: "term, contract"."""
    return ", ".join(str(WORDS[slug]) for at, slug in enumerate(DIMENSIONS) if not row.present >> at & 1)


def failing(teams, reader):
    """The rules of the teams' capsules whose latest check did not pass, with that check's state and time."""
    latest = QualityCheck.objects.filter(rule=OuterRef("pk")).order_by("-checked_at", "-pk")
    owned = Q(capsule__owner__name__in=teams) | Q(column__capsule__owner__name__in=teams)
    rules = QualityRule.objects.visible_to(reader).enabled().filter(owned)
    rules = rules.annotate(
        latest=Subquery(latest.values("status")[:1]), checked_at=Subquery(latest.values("checked_at")[:1])
    )
    return rules.filter(latest__in=["failed", "error", "warning"]).select_related(
        "capsule", "column__capsule"
    )[:20]
