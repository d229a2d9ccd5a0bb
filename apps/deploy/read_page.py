"""What the page of a job shows that read a schema: what became what, and the plan that it made."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import origins
from .models import Plan
from .showing import SIGNS, name_of

SHOWN = 500


def context(job, reader):
    """Its plan, and one row for each capsule of it that the reader may know of."""
    number = (job.stats.get("plan") or {}).get("number")
    plan = Plan.objects.visible_to(reader).filter(number=number).first() if number else None
    if plan is None:
        return {"plan": None, "became": []}
    reading = origins.told_to(reader, plan.reading)
    entries = plan.result["capsules"]
    hidden = origins.hidden_among([each["urn"] for each in entries], reader)
    rows = [_row(each, reading) for each in entries if each["urn"] not in hidden]
    return {
        "plan": plan,
        "became": rows[:SHOWN],
        "became_count": len(rows),
        "gone": reading.get("vanished", []),
    }


def _row(entry, reading):
    return {
        "urn": entry["urn"],
        "name": name_of(entry["urn"]),
        "type": entry["urn"].split(":")[3],
        "sign": SIGNS[entry["action"]],
        "line": reading.get("places", {}).get(entry["urn"]),
    }


def sentence(job):
    """One line on what the reading came to."""
    if not job.stats.get("plan"):
        return _("No changes.")
    planned = job.stats["planned"]
    number = planned["create"] + planned["change"]
    said = ngettext("%(n)d capsule would change.", "%(n)d capsules would change.", number) % {"n": number}
    return said + " " + _("The plan is PL-%(number)d.") % {"number": job.stats["plan"]["number"]}
