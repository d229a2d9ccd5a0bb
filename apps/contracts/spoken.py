"""Promises in words: their names, targets and values, as people say them."""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.catalog import spans
from apps.ui.formats import NBSP, duration, exact

from . import promises

NAMES = {
    ("freshness", ""): gettext_lazy("Freshness"),
    ("completeness", ""): gettext_lazy("Completeness"),
    ("completeness", "rows"): gettext_lazy("Rows"),
    ("availability", ""): gettext_lazy("Availability"),
    ("availability", "downtime"): gettext_lazy("Downtime"),
    ("quality", ""): gettext_lazy("Quality"),
    ("quality", "critical_rules"): gettext_lazy("Critical rules"),
    ("latency", "p95"): gettext_lazy("Latency, p95"),
    ("latency", "p99"): gettext_lazy("Latency, p99"),
    ("schema_change", ""): gettext_lazy("Changes of structure"),
}
HOW = {
    ("freshness", ""): gettext_lazy("age of the data, without maintenance"),
    ("completeness", ""): gettext_lazy("rows that pass the worst rule about completeness"),
    ("completeness", "rows"): gettext_lazy("rows when the capsule was last counted"),
    ("availability", ""): gettext_lazy("this month, reported or by runs that could read the data"),
    ("availability", "downtime"): gettext_lazy("reported"),
    ("quality", ""): gettext_lazy("share of rules that pass, by weight"),
    ("quality", "critical_rules"): gettext_lazy("rules that must pass"),
    ("latency", "p95"): gettext_lazy("reported"),
    ("latency", "p99"): gettext_lazy("reported"),
    ("schema_change", ""): gettext_lazy("days of notice, reported"),
}


def number(value):
    """A decimal as short as it is exact: `99.9`, `99.999`, `100`."""
    text = f"{Decimal(value).normalize():f}"
    return exact(int(value)) if "." not in text else text


def measure(value, unit):
    """A value with its unit: `5 h 10 min`, `99.97 %`, `12 of rules`; a dash for None."""
    if value is None:
        return ""
    if unit == promises.SECONDS:
        return duration(float(value))
    if unit == promises.PERCENT:
        # Cut, never rounded up: what is almost kept is not kept.
        short = value.quantize(Decimal("0.0001"), rounding="ROUND_DOWN")
        return f"{number(short)}{NBSP}%"
    if unit == promises.MILLISECONDS:
        return f"{number(value)}{NBSP}ms"
    if unit == promises.DAYS:
        return ngettext("%(n)s day", "%(n)s days", int(value)) % {"n": number(value)}
    if unit == promises.ROWS:
        return ngettext("%(n)s row", "%(n)s rows", int(value)) % {"n": number(value)}
    return number(value)


def target(wanted, contract):
    """What is promised, in words."""
    if wanted.metric == "freshness":
        parts = []
        if wanted.period is not None:
            parts.append(_("within %(span)s") % {"span": spans.in_words(wanted.period)})
        if wanted.schedule:
            parts.append(_("of %(schedule)s") % {"schedule": wanted.schedule} if parts else wanted.schedule)
        return " ".join(parts)
    if wanted.unit == promises.ROWS:
        low, high = wanted.value, wanted.upper
        if low is not None and high is not None:
            return _("%(low)s to %(high)s rows") % {"low": number(low), "high": number(high)}
        if high is None:
            return _("at least %(low)s rows") % {"low": number(low)}
        return _("at most %(high)s rows") % {"high": number(high)}
    if wanted.unit == promises.RULES:
        return ngettext("%(n)s rule passes", "%(n)s rules pass", len(wanted.names)) % {"n": len(wanted.names)}
    if wanted.aspect == "downtime":
        return _("%(span)s a %(period)s") % {
            "span": spans.in_words(contract.max_downtime),
            "period": contract.get_max_downtime_period_display().lower(),
        }
    said = measure(wanted.value, wanted.unit)
    return _("%(percent)s a month") % {"percent": said} if wanted.metric == "availability" else said


def budget(answer, *, seconds_so_far):
    """How much of what is allowed is used, in words; empty where that means nothing. "12 min of 43 min 12 s"."""
    share = promises.used(answer)
    if share is None:
        return ""
    if answer.metric == "availability" and answer.unit == promises.PERCENT:
        gone = timedelta(seconds=float((100 - answer.actual) / 100 * seconds_so_far))
        return _("%(gone)s of %(allowed)s") % {
            "gone": duration(gone),
            "allowed": duration(promises.downtime(answer.target)),
        }
    allowed = answer.target if answer.unit != promises.PERCENT else 100 - answer.target
    percent = _("%(share)s %% of %(allowed)s")
    shown = (share * 100).quantize(Decimal(1), rounding="ROUND_DOWN")
    return percent % {"share": shown, "allowed": measure(allowed, answer.unit)}
