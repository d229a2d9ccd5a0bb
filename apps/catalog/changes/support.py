"""Changes of the help that a contract promises and of when the data may be out of reach. Row 55."""

from .codes import found
from .notes import notes

LEVELS = ("none", "best_effort", "business_hours", "24x7", "critical")
CONTACTS = ("contact", "slack", "oncall")
WINDOW = ("day", "start", "end", "timezone")


def support(old, new):
    """The changes of support level, contacts and maintenance windows of two contracts."""
    was, now = old.get("support") or {}, new.get("support") or {}
    levels = [each.get("level", "best_effort") for each in (was, now)]
    at = "/contract/support"
    if levels[0] != levels[1]:
        lower = LEVELS.index(levels[1]) < LEVELS.index(levels[0])
        code = "support_lowered" if lower else "support_raised"
        yield found(code, "support", "support level", f"{at}/level", *levels)
    for part in CONTACTS:
        before, after = was.get(part) or None, now.get(part) or None
        if before != after:
            code = "support_contact_changed" if after else "support_contact_removed"
            yield found(code, "support", f"support {part}", f"{at}/{part}", before, after)
    yield from notes(
        was, now, ("level", *CONTACTS), dimension="contract", kind="support", name="support", at=at
    )
    yield from _windows(old.get("maintenance_windows") or [], new.get("maintenance_windows") or [])


def _windows(old, new):
    at = "/contract/maintenance_windows"
    before = [(place, each) for place, each in enumerate(old)]
    for place, each in enumerate(new):
        former = _former(each, [window for _, window in before])
        if former is None:
            yield found(
                "support_window_added", "maintenance_window", each["day"], f"{at}/{place}", None, each
            )
            continue
        before = [entry for entry in before if entry[1] is not former]
        if _window(former) != _window(each):
            longer = _minutes(each) >= _minutes(former)
            code = "support_window_added" if longer else "support_window_removed"
            yield found(code, "maintenance_window", each["day"], f"{at}/{place}", former, each)
        named = dict.fromkeys(WINDOW)
        yield from notes(
            former,
            each,
            named,
            dimension="contract",
            kind="maintenance_window",
            name=each["day"],
            at=f"{at}/{place}",
        )
    for place, each in before:
        yield found("support_window_removed", "maintenance_window", each["day"], f"{at}/{place}", each, None)


def _former(window, candidates):
    """The window that this one was: an equal one, else one of the same day that starts or ends with it."""
    for fits in (
        lambda other: _window(other) == _window(window),
        lambda other: _window(other)[0] == _window(window)[0] and {other["start"], other["end"]} & {window["start"], window["end"]},
    ):  # fmt: skip
        if former := next((other for other in candidates if fits(other)), None):
            return former
    return None


def _window(window):
    zone = window.get("timezone") or "UTC"
    return (window["day"].casefold(), zone), window["start"], window["end"]


def _minutes(window):
    start, end = (int(each[:2]) * 60 + int(each[3:5]) for each in (window["start"], window["end"]))
    return (end - start) % 1440
