"""Slow down guessing: wrong passwords for one name from one address make that pair wait, never for ever.

The count lies in PostgreSQL, so that all processes share it. It is kept under a digest of the name, because
people type passwords into the wrong field. Somebody else's wrong tries from elsewhere lock nobody out
(trust.md, section 7, row login).
"""

import ipaddress
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import SignInAttempt

FREE_TRIES = 5
FIRST_WAIT = 60  # seconds; doubles with every further wrong try
LONGEST_WAIT = 15 * 60
FORGET_AFTER = timedelta(days=1)


class MustWait(Exception):
    """The next try counts only after `seconds`."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.seconds = seconds


class Wrong(Exception):
    """The password was wrong: `tries_left` before one has to wait, `seconds` to wait if none is left."""

    def __init__(self, tries_left, seconds):
        super().__init__(tries_left, seconds)
        self.tries_left, self.seconds = tries_left, seconds


def guarded(name, address, check):
    """What `check()` returns, if that is true; counts the try of `name` (text) from `address` either way.

    Raises `MustWait` without calling `check` while the pair has to wait, and `Wrong` when it returns
    nothing. Tries of one pair stand in line until their transaction ends, so that many at once are counted
    like many in a row. Run it in a transaction that is committed when the password was wrong.
    """
    now = timezone.now()
    attempt = _locked(name, address)
    if attempt.last_failure and attempt.last_failure < now - FORGET_AFTER:
        attempt.failures = 0
    if attempt.failures:
        seconds = wait_after(attempt.failures) - int((now - attempt.last_failure).total_seconds())
        if seconds > 0:
            raise MustWait(seconds)
    if found := check():
        attempt.delete()
        return found
    attempt.failures += 1
    attempt.last_failure = now
    attempt.save()
    _forget_old(now)
    raise Wrong(max(FREE_TRIES - attempt.failures, 0), wait_after(attempt.failures))


def wait_after(failures):
    """Seconds to wait after so many wrong tries in a row: none up to four, then one minute to fifteen."""
    if failures < FREE_TRIES:
        return 0
    return min(FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 10), LONGEST_WAIT)


def network(address):
    """What counts as one address: an IPv4 address, the /64 of an IPv6 one, which a single host may roam."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 6:
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def _locked(name, address):
    digest = salted_hmac("people.lockout", name.casefold(), algorithm="sha256").hexdigest()
    attempt, _made = SignInAttempt.objects.select_for_update().get_or_create(
        name=digest, address=network(address)
    )
    return attempt


def _forget_old(now):
    old = SignInAttempt.objects.filter(last_failure__lt=now - FORGET_AFTER).select_for_update(
        skip_locked=True
    )
    SignInAttempt.objects.filter(pk__in=old.values("pk")[:100]).delete()
