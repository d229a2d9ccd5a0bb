"""What waits for a person: each app registers its queues here, in an `inbox.py` of its own (architecture.md, section 4).

register(Queue("incidents", _("Incidents"), order=40, url=…, count=…, items=…))
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.dcs.prepared import prepared

from .models import Review

NUMBER = """
SELECT count(*) FROM dcs.reviews r WHERE r.visibility_rank <= %s AND r.id IN (SELECT dcs.reviews_waiting_for(%s))
"""


@dataclass(frozen=True)
class Item:
    """One thing that waits: its title, address, a line about it, since when, and until when it should be done."""

    title: str
    url: str
    line: str = ""
    since: object = None
    due: object = None
    icon: str = "inbox"


@dataclass(frozen=True)
class Queue:
    """A list of things that wait for `reader`.

    `count(reader)` is exact, `items(reader, limit)` are the most urgent first; both cost a fixed number of queries.
    `place` is the name of the navigation's entry that shows the count.
    """

    slug: str
    title: str
    order: int
    url: Callable[[], str]
    count: Callable[[object], int]
    items: Callable[[object, int], list]
    place: str = "workflow:reviews"


_queues: dict[str, Queue] = {}


def register(queue):
    """Add a queue; one with the same slug is replaced."""
    _queues[queue.slug] = queue


def queues():
    """All queues, in their order."""
    return sorted(_queues.values(), key=lambda queue: queue.order)


def counts(reader):
    """{place of the navigation: how much waits for `reader` there}; one query a queue."""
    found = {}
    for queue in queues():
        found[queue.place] = found.get(queue.place, 0) + queue.count(reader)
    return found


def waiting(reader):
    """The proposals that `reader` can decide on."""
    return Review.objects.waiting_for(reader)


def number(reader):
    """How many these are. Every page says it, so the question of `waiting` is written out, not built anew each time."""
    if reader.user is None or reader.via == "token":
        return 0
    with prepared() as cursor:
        cursor.execute(NUMBER, [reader.clearance, reader.user.pk])
        return cursor.fetchone()[0]


def _items(reader, limit):
    found = waiting(reader).select_related("submitted_by").order_by("due", "number")[:limit]
    return [
        Item(
            title=review.title,
            url=review.get_absolute_url(),
            line=review.summary,
            since=review.submitted_at,
            due=review.due,
            icon=getattr(review.model, "review_icon", "inbox"),
        )
        for review in found
    ]


register(
    Queue(
        slug="reviews",
        title=_("Reviews"),
        order=10,
        url=lambda: reverse("workflow:reviews"),
        count=number,
        items=_items,
    )
)
