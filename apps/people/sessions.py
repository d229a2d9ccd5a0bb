"""The browsers in which a person is signed in: when each began, where, how long it may last.

Sessions are rows in the database, so that they can be listed and ended (errata row E39).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

FRESH_SECONDS = 5 * 60
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


@dataclass(frozen=True)
class SignedIn:
    """One browser: `handle` names it on the page, since the key itself would let a reader take it over."""

    handle: str
    browser: str
    address: str
    since: datetime | None
    last_seen: datetime | None
    is_this_one: bool


def begin(request):
    """Note where and when somebody signed in, under a new id; the session ends 12 hours from now, used or not."""
    session = request.session
    session.cycle_key()
    now = timezone.now()
    session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    session["began"] = now.timestamp()
    session["address"] = request.META.get("REMOTE_ADDR", "")
    session["browser"] = browser(request.headers.get("User-Agent", ""))
    session["last_seen"] = int(now.timestamp())
    prove(request)


def prove(request):
    """Note that the person has just shown their password."""
    request.session["proved_at"] = time.time()


def is_fresh(request):
    """True if the person showed their password within the last five minutes: tokens and sign-offs ask for it."""
    if not request.user.is_authenticated or request.user.last_login is None:
        return False
    proved = request.session.get("proved_at", request.user.last_login.timestamp())
    return time.time() - proved < FRESH_SECONDS


def of(user, *, current=""):
    """The browsers in which `user` is signed in, the one with session key `current` first, then the latest.

    Reads every live session, some 60 µs each: whose it is stands inside. A settings page can afford that.
    """
    found = [_described(row.session_key, data, current) for row, data in _rows_of(user)]
    return sorted(found, key=lambda each: (not each.is_this_one, -_seconds(each.last_seen)))


def end(user, handle):
    """End the session of `user` that `handle` names; True if there was one."""
    return _delete(
        [row for row, _data in _rows_of(user) if constant_time_compare(handle_of(row.session_key), handle)]
    )


def end_others(user, *, current=""):
    """End all sessions of `user` but the one with the key `current`; returns how many."""
    return _delete([row for row, _data in _rows_of(user) if row.session_key != current])


def handle_of(key):
    """A name for the session `key` that does not give it away."""
    return salted_hmac("people.sessions", key, algorithm="sha256").hexdigest()[:20]


def browser(agent):
    """A `User-Agent` header in two words: “Firefox, Linux”; empty if it says nothing known."""
    name = next((name for sign, name in BROWSERS if f"{sign}/" in agent), "")
    system = next((system for system in SYSTEMS if system in agent), "")
    return ", ".join(filter(None, (name, "Mac" if system == "Macintosh" else system)))


def _rows_of(user):
    for row in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = row.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk):
            yield row, data


def _delete(rows):
    return Session.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


def _described(key, data, current):
    return SignedIn(
        handle=handle_of(key),
        browser=data.get("browser", ""),
        address=data.get("address", ""),
        since=_moment(data.get("began")),
        last_seen=_moment(data.get("last_seen")),
        is_this_one=key == current,
    )


def _moment(seconds):
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _seconds(moment):
    return moment.timestamp() if moment else 0
