"""What each facet counts: an expression over `capsule_facts f`, and how stored values fall into what people choose."""

import datetime

from django.utils import timezone

BAND = "CASE WHEN f.quality_score >= 95 THEN 'good' WHEN f.quality_score >= 90 THEN 'fair' WHEN f.quality_score IS NOT NULL THEN 'poor' END"
VALUES = {
    "domain": "f.domain_id",
    "layer": "f.layer",
    "type": "f.capsule_type",
    "sensitivity": "f.sensitivity_rank",
    "quality": BAND,
    "contract": "f.contract_status",
    "owner": "f.owner_id",
    "source": "f.source_system_id",
    "pii": "f.pii_columns > 0",
    "masking": "f.has_masking",
    "complete": "CASE WHEN f.completeness = 7 THEN 'all' WHEN f.completeness >= 4 THEN 'most' ELSE 'few' END",
    "health": "f.health",
    "freshness": "(f.data_updated_at AT TIME ZONE 'UTC')::date",
    "changed": "(f.updated_at AT TIME ZONE 'UTC')::date",
    "present": "f.present",
}
LISTS = {"tag": "f.tags", "framework": "f.frameworks"}
TRUTH = {"true": "yes", "false": "no"}
DAYS = ("changed", "freshness")  # facets of days
CHANGED = {"today": 0, "week": 7, "month": 30, "quarter": 90, "older": None}  # days ago, at most


def band_of(slug, value):
    """What people choose that a stored value, as text, counts for."""
    if slug in ("pii", "masking"):
        return TRUTH.get(value, value)
    return since(value) if slug in DAYS and value else value


def since(day):
    """How long ago a day is: the first of `CHANGED` that it is within."""
    ago = (timezone.now().astimezone(datetime.UTC).date() - datetime.date.fromisoformat(day)).days
    return next(band for band, most in CHANGED.items() if most is None or ago <= most)


def days(band):
    """(first day or None, last day or None) of a band of `CHANGED`, in UTC."""
    today = timezone.now().astimezone(datetime.UTC).date()
    bands = list(CHANGED)
    at = bands.index(band)
    newest = None if at == 0 else today - datetime.timedelta(CHANGED[bands[at - 1]] + 1)
    most = CHANGED[band]
    return (None if most is None else today - datetime.timedelta(most)), newest
