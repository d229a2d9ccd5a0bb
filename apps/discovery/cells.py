"""A row of the catalogue as it is drawn: small pieces of markup, each made once for all rows that share it.

The list is seen all day, so its template does nothing but put these pieces in their places.
"""

import datetime
from functools import cache, lru_cache, partial
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.catalog.vocabularies import CAPSULE_TYPES, LAYERS, SENSITIVITY
from apps.dcs.periods import Period
from apps.ui import formats
from apps.ui.templatetags import ui

from .filters import DIMENSIONS, WORDS

UNITS = (86_400, 3600, 60)  # seconds
MEASURED = ("kept", "at_risk", "broken")
SAMPLE = "urn:dcs:system:kind:name"


def of(rows):
    """What the table shows of each of `rows`: a dict of texts to be escaped and of safe markup.

    A dict, because a template looks a name up as a key first.
    """
    before, after = reverse("catalog:capsule", args=[SAMPLE]).split(SAMPLE)
    language = get_language()
    dash = formats.none(None)
    age = cache(partial(since, timezone.now()))
    when = cache(formats.when)  # what one ingestion wrote has one time

    def cells(row):
        # A reverse() a row would cost more than all the rest of it.
        url = f"{before}{quote(row.urn, safe=':')}{after}"
        return {
            "url": url,
            "name": formats.wbr(row.name),
            "mark": retired(language) if row.retired_at else "",
            "place": place(row.urn.removeprefix("urn:dcs:").rpartition(":")[0]),
            "domain": link("discovery:domain", row.domain) if row.domain else dash,
            "layer": layer(row.layer, row.type, language),
            "columns": number(row.columns, f"{url}structure/"),
            "sensitivity": sensitivity(row.sensitivity_rank, language),
            "quality": quality(row.quality_score, language),
            "contract": contract(row.contract_status, row.health, row.freshness_sla, language),
            "fresh": age(row.data_updated_at, row.freshness_sla) if row.data_updated_at else dash,
            "feeds": number(row.downstream, f"{url}provenance/"),
            "complete": complete(row.present, language),
            "updated": when(row.updated_at),
        }

    return [cells(row) for row in rows]


@lru_cache(maxsize=4096)
def place(path):
    """Where a capsule stands, without what its row says anyway: `dbt:model:jaffle_shop.staging`."""
    return formats.wbr(path)


def number(value, url):
    """A number that opens the list behind it."""
    if not value:
        return "0"
    shown = value if value < 1000 else formats.count(value)  # grouping begins at a thousand
    return SafeString(f'<a href="{url}">{shown}</a>')


@lru_cache(maxsize=2048)
def link(name, text):
    return format_html('<a href="{}">{}</a>', reverse(name, args=[text]), text)


@lru_cache(maxsize=64)
def retired(language):
    return SafeString(" ") + ui.mark("archive", "idle", _("Retired"))


@lru_cache(maxsize=512)
def layer(word, kind, language):
    known, kind_known = LAYERS.get((word or "").lower()), CAPSULE_TYPES.get(kind)
    shown = known.title if known else word
    under = kind_known.title if kind_known else capfirst(kind)
    return format_html('{}<span class="sub">{}</span>', formats.none(shown), under)


@lru_cache(maxsize=64)
def sensitivity(rank, language):
    return ui.sens(SENSITIVITY[rank - 1])


@lru_cache(maxsize=2048)
def quality(score, language):
    return ui.score(score, meter=True, width=64)


@lru_cache(maxsize=1024)
def contract(status, health, freshness, language):
    """Whether its promises are kept, where somebody has measured; else how far the contract is."""
    if not status:
        return formats.none(None)
    badge = ui.badge("health", health) if health in MEASURED else ui.badge("contract", status)
    if not freshness:
        return badge
    within = _("fresh within %(time)s") % {"time": in_words(Period.parse(freshness))}
    return format_html('{}<span class="sub">{}</span>', badge, within)


def since(now, at, promised):
    """How old data of a moment is, in its largest unit; marked if it is older than what is `promised`."""
    passed = max(now - at, datetime.timedelta())
    seconds = passed.total_seconds()
    unit = next((unit for unit in UNITS if seconds >= unit), 1)
    text = formats.duration(seconds // unit * unit)
    if promised and older(passed, Period.parse(promised)):
        text = ui.mark("triangle-alert", "caution", text)
    shown = at.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', shown, formats.in_full(at), text)


def older(passed, period):
    """True if more time has passed than a period of days and hours; a month has no one length."""
    return not period.months and passed > datetime.timedelta(period.days, microseconds=period.microseconds)


def in_words(period):
    if period.months:
        return period.iso()
    return formats.duration(period.days * 86_400 + period.microseconds / 1_000_000)


@lru_cache(maxsize=512)
def complete(present, language):
    parts = [
        (capfirst(str(WORDS[slug])), "complete" if present >> at & 1 else "missing")
        for at, slug in enumerate(DIMENSIONS)
    ]
    return SafeString(conditional_escape(ui.ticks(parts)))
