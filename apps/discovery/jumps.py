"""Numbers that people say aloud: J-12 leads straight to the twelfth ingestion, PL-12 to the twelfth plan."""

import re

from django.urls import NoReverseMatch

from apps.catalog.models import IngestionJob
from apps.contracts.models import Incident
from apps.deploy.models import Plan
from apps.policy.models import Policy
from apps.quality.models import QualityRule, QualityRun

NUMBERED = {"J": IngestionJob, "R": QualityRule, "Q": QualityRun, "P": Policy, "I": Incident, "PL": Plan}
NUMBER = re.compile(r"([A-Za-z]{1,2})-(\d{1,15})")


def jump(text, reader):
    """The record that a short number names, or None: no such number, or not for this reader."""
    found = NUMBER.fullmatch(text.strip())
    if found is None or found[1].upper() not in NUMBERED:
        return None
    return NUMBERED[found[1].upper()].objects.visible_to(reader).filter(number=int(found[2])).first()


def address(record):
    """Where the record is shown; empty while it has no page."""
    try:
        return record.get_absolute_url()
    except NoReverseMatch:
        return ""
