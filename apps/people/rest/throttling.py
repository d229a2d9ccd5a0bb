"""How often one person, or one address, may call: counted per window, told with `Retry-After`."""

import time

from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Window(BaseThrottle):
    """Counts calls of one caller in windows of a second, minute, hour or day.

    The rates are `REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]`, such as `600/min`; an empty one means no bound.
    Counters live in the default cache: several web processes need one that they share.
    """

    scope = ""

    def allow_request(self, request, view):
        rates = [self.scope]
        if special := getattr(view, "throttle_scope", ""):
            rates.append(special)
        caller = self.caller(request)
        # A list, not a generator: every bound counts the call, also when the first refuses it.
        return caller is None or all([self._allows(rate, caller) for rate in rates])  # noqa: C419

    def caller(self, request):
        """The name under which calls are counted; None for callers that another throttle counts."""
        raise NotImplementedError

    def wait(self):
        return self.seconds

    def _allows(self, scope, caller):
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(scope)
        if not rate:
            return True
        number, unit = rate.split("/")
        length = SECONDS[unit[0]]
        now = time.time()
        key = f"throttle:{scope}:{caller}:{int(now // length)}"
        if cache.add(key, 1, timeout=length + 5):
            return int(number) >= 1
        try:
            count = cache.incr(key)
        except ValueError:  # the window ended between the two calls
            return True
        self.seconds = int(length - now % length) + 1
        return count <= int(number)


class PersonThrottle(Window):
    """Bounds what one person does, by session and tokens together."""

    scope = "person"

    def caller(self, request):
        reader = request.reader
        return str(reader.user.pk) if reader.is_authenticated else None


class AddressThrottle(Window):
    """Bounds what one address does without a valid sign-in."""

    scope = "address"

    def caller(self, request):
        return None if request.reader.is_authenticated else request.reader.address or "unknown"
