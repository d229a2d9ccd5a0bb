"""What happened to something, told in sentences: the log, put into words and grouped (experience.md, Activity).

told = activity({"capsules": [capsule.pk], "columns": column_ids}, request.reader)
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from . import references, words
from .models import Change

SAME = (
    "changed_at",
    "changed_by",
    "change_reason",
    "request_id",
    "table_name",
    "operation",
    "changed_fields",
)
SHOWN = 5  # rows of a group whose names and values are kept


@dataclass(frozen=True)
class Entry:
    """One sentence: who did what to one row, or the same thing to many.

    `text` is the sentence, `html` the same with links; `why` is the reason given; `number` is how many rows
    it speaks of and `changes` the first of them.
    """

    at: datetime
    who: str
    username: str
    text: str
    html: SafeString
    why: str
    request_id: str
    table: str
    operation: str
    number: int
    changes: list[Change] = field(repr=False)


@dataclass(frozen=True)
class Occasion:
    """What somebody did at once, for one reason: one or more entries of one transaction."""

    at: datetime
    who: str
    why: str
    request_id: str
    entries: list[Entry]


@dataclass(frozen=True)
class Activity:
    """Entries, newest first; `before` is the key that continues with older ones, empty if there are none."""

    entries: list[Entry]
    before: str = ""

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)

    @property
    def occasions(self):
        """The entries, those of one transaction and reason together."""
        found = []
        for entry in self.entries:
            last = found[-1] if found else None
            if last and (last.at, last.who, last.why) == (entry.at, entry.who, entry.why):
                last.entries.append(entry)
            else:
                found.append(Occasion(entry.at, entry.who, entry.why, entry.request_id, [entry]))
        return found


def activity(subjects, reader, *, before=None, since=None, until=None, limit=30, who="", but=""):
    """What happened to `subjects` ({table: [keys]}), as far as `reader` may know, as an `Activity`.

    `before` is the key of an earlier answer, `since` and `until` are moments; `who` narrows to one user name, `but` leaves one
    out. Rows changed by one
    transaction in the same way make one entry. Costs four queries, however much happened. Raises
    `ValueError` for a damaged key.
    """
    found = Change.objects.visible_to(reader).of_any(subjects)
    if who:
        found = found.filter(changed_by=who)
    if but:
        found = found.exclude(changed_by=but)
    if since:
        found = found.filter(changed_at__gte=since)
    if until:
        found = found.filter(changed_at__lte=until)
    groups = (
        found.order_by()
        .values(*SAME)
        .annotate(number=Count("pk"), last=Max("seq"), ids=ArrayAgg("pk", order_by="seq"))
    )
    if before:
        at, seq = _read(before)
        groups = groups.filter(changed_at__lte=at).filter(Q(changed_at__lt=at) | Q(last__lt=seq))
    groups = list(groups.order_by("-changed_at", "-last")[: limit + 1])
    more, groups = len(groups) > limit, groups[:limit]
    rows = _rows_of(groups)
    people = people_called({group["changed_by"] for group in groups})
    called = references.names(rows.values(), reader)
    entries = [_told(group, [rows[pk] for pk in group["ids"][:SHOWN]], people, called) for group in groups]
    return Activity(entries, _key(groups[-1]) if more else "")


def people_called(usernames):
    """{user name: person} for the names in the log that belong to people; one query."""
    names = {name for name in usernames if name and ":" not in name}
    return (
        {person.username: person for person in get_user_model().objects.filter(username__in=names)}
        if names
        else {}
    )


def actor(name, people):
    """(name in words, the person's address or nothing) of a name in the log."""
    if person := people.get(name):
        return str(person), reverse("discovery:person", args=[person.username])
    return words.task(name) or name, ""


def in_words(who, url, *, table, operation, name="", number=1, fields=()):
    """(text, html) of the sentence that says who did what to `number` rows of `table`.

    `who` has the address `url` (or none), `name` is what the one row is called, `fields` the changed columns.
    """
    one_named, one, many = _patterns(operation)
    pattern = many if number > 1 else one_named if name else one
    blanks = {
        "who": who,
        "name": name,
        "number": number,
        "kind": words.kind(table, 2 if operation == "TRUNCATE" else number),
        "fields": words.fields(table, fields),
    }
    marked = {key: escape(blank) for key, blank in blanks.items()}
    marked["name"] = format_html("<b>{}</b>", name)
    if url:
        marked["who"] = format_html('<a href="{}">{}</a>', url, who)
    return pattern % blanks, SafeString(escape(pattern) % marked)


def _patterns(operation):
    """The sentences for one row with a name, for one without, and for many."""
    return {
        "INSERT": (
            _("%(who)s added %(kind)s %(name)s"),
            _("%(who)s added one %(kind)s"),
            _("%(who)s added %(number)s %(kind)s"),
        ),
        "UPDATE": (
            _("%(who)s changed %(fields)s of %(name)s"),
            _("%(who)s changed %(fields)s of one %(kind)s"),
            _("%(who)s changed %(fields)s of %(number)s %(kind)s"),
        ),
        "DELETE": (
            _("%(who)s removed %(kind)s %(name)s"),
            _("%(who)s removed one %(kind)s"),
            _("%(who)s removed %(number)s %(kind)s"),
        ),
        "TRUNCATE": (_("%(who)s removed all %(kind)s"),) * 3,
    }[operation]


def _told(group, changes, people, called):
    who, url = actor(group["changed_by"], people)
    table, operation, number = group["table_name"], group["operation"], group["number"]
    name = references.name(changes[0], called) if number == 1 else ""
    text, html = in_words(
        who, url, table=table, operation=operation, name=name, number=number, fields=group["changed_fields"]
    )
    return Entry(
        at=group["changed_at"],
        who=who,
        username=group["changed_by"] or "",
        text=text,
        html=html,
        why=group["change_reason"] or "",
        request_id=group["request_id"] or "",
        table=table,
        operation=operation,
        number=number,
        changes=changes,
    )


def _rows_of(groups):
    """The first rows of every group, by key; the times let PostgreSQL look into the right months alone."""
    wanted = [pk for group in groups for pk in group["ids"][:SHOWN]]
    times = {group["changed_at"] for group in groups}
    return Change.objects.filter(changed_at__in=times).in_bulk(wanted) if wanted else {}


def _key(group):
    return f"{group['changed_at'].isoformat()}~{group['last']}"


def _read(key):
    text, _tilde, seq = key.partition("~")
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(key)
    return at, int(seq)
