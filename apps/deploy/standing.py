"""Where one plan stands for one reader: what happened to it, and what stands between it and being applied."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, FilteredRelation, Q
from django.utils import timezone

from apps.catalog.changes.contract import notice
from apps.catalog.models import Capsule, CapsuleVersion
from apps.contracts import document as contracts
from apps.dcs.models import JobProgress

from . import rights


@dataclass(frozen=True)
class Moved:
    """A capsule that is no longer as it was planned for: its versions then and now, 0 where it is not in use."""

    capsule: Capsule
    was: int
    now: int


@dataclass(frozen=True)
class Block:
    """A capsule whose contract stands in the way: the days of notice it promises, and the first day on which it may go.

    `day` is None while nothing has been announced; `if_today` is the day that an announcement of today would give.
    """

    urn: str
    days: int
    day: object
    if_today: object

    @property
    def name(self):
        return self.urn.rpartition(":")[2]


@dataclass
class Standing:
    """`state` is applied, applying, expired, nothing (no change), stale, theirs, blocked, partial (not yet accepted) or ready.

    `scheduled` is the moment for which it is scheduled, where nothing stands in the way of that.
    """

    state: str
    moved: list = field(default_factory=list)
    blocks: list = field(default_factory=list)
    earliest: object = None
    made: list = field(default_factory=list)
    job: JobProgress | None = None
    reviews: list = field(default_factory=list)
    by: str = ""
    takes_over: bool = False
    scheduled: object = None

    @property
    def badge(self):
        """The state in the vocabulary of plans; an applied plan of which a part is undecided waits."""
        if self.scheduled:
            return "scheduled"
        return "waiting" if any(not review.is_final for review in self.reviews) else self.state

    @property
    def may_schedule(self):
        """True if there is a day on which the contracts let it through."""
        return self.state == "ready" or (self.state == "blocked" and self.earliest is not None)

    @property
    def failed(self):
        """True if it was tried in the background and nothing was changed."""
        return self.job is not None and self.job.state == JobProgress.State.FAILED and self.state != "applied"

    @property
    def is_open(self):
        """True if it may still be applied, now or once something has been settled."""
        return self.state in ("ready", "blocked", "stale", "theirs", "partial")


def standing(plan, reader):
    """The `Standing` of a plan; at most five queries."""
    job = job_of(plan)
    if plan.applied_at is not None:
        return Standing("applied", made=list(_made(plan, reader)), reviews=list(plan.reviews), job=job)
    if job is not None and not job.is_finished:
        return Standing("applying", job=job)
    if plan.is_expired:
        return Standing("expired", job=job)
    moved = moved_since(plan, reader)
    blocks = _blocks(plan)
    found = Standing(_state(plan, reader, moved, blocks), moved, blocks, earliest=_earliest(blocks), job=job)
    if found.state in ("ready", "blocked", "theirs", "partial"):
        found.scheduled = plan.scheduled_for
    found.takes_over = found.state in ("ready", "partial") and not rights.belongs(plan, reader)
    return found


def job_of(plan):
    """The last job that applied, or is to apply, the plan in the background."""
    return JobProgress.objects.of(plan).order_by("-created_at").first()


def _state(plan, reader, moved, blocks):
    if moved:
        return "stale"
    if plan.result["result"] == "no_change":
        return "nothing"
    if not rights.belongs(plan, reader) and not rights.may_take_over(plan, reader):
        return "theirs"
    today = timezone.now().date()
    if any(block.day is None or block.day > today for block in blocks):
        return "blocked"
    return "partial" if plan.is_partial and not plan.reading.get("accepted") else "ready"


def moved_since(plan, reader):
    """What has changed since the plan was made, as far as the reader may know of it; one query."""
    planned = {each["urn"]: each.get("base_version", 0) for each in plan.result["capsules"]}
    stored = (
        Capsule.objects.visible_to(reader)
        .filter(urn__in=planned)
        .annotate(current=FilteredRelation("versions", condition=Q(versions__is_current=True)))
        .annotate(number=F("current__number"))
        .order_by("urn")
    )
    found = []
    for capsule in stored.only("urn", "name", "retired_at", "meta"):
        now = 0 if capsule.is_retired or "placeholder" in capsule.meta else capsule.number or 0
        if now != planned[capsule.urn]:
            found.append(Moved(capsule, planned[capsule.urn], now))
    return found


def _made(plan, reader):
    return (
        CapsuleVersion.objects.visible_to(reader)
        .filter(capsule__urn__in=list(plan.base), deployment_context__plan=str(plan.pk))
        .select_related("capsule")
        .defer("snapshot")
        .order_by("capsule__urn")
    )


def _blocks(plan):
    blocked = {
        each["urn"]: each["verdict"]
        for each in plan.result["capsules"]
        if each["verdict"]["decision"] == "blocked"
    }
    if not blocked:
        return []
    capsules = {each.pk: each.urn for each in Capsule._base_manager.filter(urn__in=blocked).only("urn")}
    today, found = timezone.now().date(), []
    for key, rows in contracts.stored(list(capsules)).items():
        row = next((row for row in rows if row.is_in_force), rows[0])
        days = notice(contracts.entry(row).get("schema_changes") or {})
        stated = blocked[capsules[key]]["unblocks_at"]
        day = date.fromisoformat(stated) if stated else None
        found.append(Block(capsules[key], days, day, today + timedelta(days=days)))
    return found


def _earliest(blocks):
    days = [block.day for block in blocks]
    return max(days) if days and None not in days else None
