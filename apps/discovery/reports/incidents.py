"""The report of broken promises: incidents that are not over."""

from django.utils.translation import gettext_lazy

from apps.contracts.models import Promise
from apps.discovery.matching import Condition
from apps.ui import formats, words

from . import drawn
from .base import CAPSULES, NUMBER, PLACE, Column, Figure, Found, Query, Report
from .capsules import DOMAIN, OWNER, URN

OVER = ("resolved", "closed", "false_positive")
WORST = "array_position(ARRAY['critical', 'high', 'medium', 'low'], i.incident_severity::text)"
TABLES = f"""
    dcs.sla_incidents i JOIN dcs.capsule_contracts t ON t.id = i.contract_id
    JOIN dcs.capsule_facts f ON f.capsule_id = i.capsule_id {CAPSULES.replace("dcs.capsule_facts f JOIN", "JOIN")}
"""


class Open(Found):
    def _row(self, found):
        row = super()._row(found)
        return row | {"incident": f"I-{row['incident']}"}


def incidents(filters, reader, _choice):
    clearance = reader.clearance
    query = Query(
        fields=(*PLACE, ("incident", "i.number"), ("severity", "i.incident_severity"), ("kind", "i.incident_type"),
                ("status", "i.incident_status"), ("since", "i.detected_at")),
        tables=TABLES,
        params=(clearance,) * 2,
        where=Condition(f"i.incident_status NOT IN {OVER} AND i.visibility_rank <= %s AND t.visibility_rank <= %s", (clearance,) * 2),
        order=((WORST, NUMBER), ("i.number", NUMBER)),
    )  # fmt: skip
    return Open("incidents", query, filters, reader)


def by_severity(incidents, _filters, _reader, _choice):
    found = incidents.by("i.incident_severity")
    return [
        Figure(formats.grouped(number), words.word("incident_severity", severity).text)
        for severity, number in found
    ]


INCIDENTS = Report(
    slug="incidents",
    title=gettext_lazy("Open incidents"),
    question=gettext_lazy("Which promises are broken now?"),
    definition=gettext_lazy(
        "Incidents that are neither resolved nor dismissed, the most severe first, then the oldest."
    ),
    nothing=gettext_lazy("No promise of these capsules is broken."),
    columns=(
        Column("incident", gettext_lazy("Incident")),
        Column(
            "severity",
            gettext_lazy("Severity"),
            lambda row: drawn.badge("incident_severity", row["severity"]),
        ),
        Column("kind", gettext_lazy("Promise"), lambda row: str(Promise(row["kind"]).label)),
        URN,
        Column("capsule", gettext_lazy("Capsule"), drawn.tab("contract")),
        DOMAIN,
        OWNER,
        Column("status", gettext_lazy("State"), lambda row: drawn.badge("incident", row["status"])),
        Column("since", gettext_lazy("Since"), drawn.day("since"), num=True),
    ),
    rows=incidents,
    figures=by_severity,
)
