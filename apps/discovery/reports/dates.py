"""Reports about days to come: reviews of policies that are due, and promises and policies that end."""

import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.discovery.matching import Condition
from apps.ui import formats

from . import drawn
from .base import CAPSULES, DAY, NUMBER, PLACE, TEXT, Choice, Column, Figure, Found, Query, Report
from .capsules import DOMAIN, OWNER, URN

WITHIN = Choice(
    "days",
    gettext_lazy("Within"),
    {
        "30": gettext_lazy("30 days"),
        "0": gettext_lazy("today"),
        "90": gettext_lazy("90 days"),
        "365": gettext_lazy("a year"),
    },
)
# A policy's subject, as far as the reader may know of it.
SUBJECT = """
    LEFT JOIN dcs.columns k ON k.id = p.column_id
    JOIN dcs.capsule_facts f ON f.capsule_id = coalesce(p.capsule_id, k.capsule_id)
"""
SEEN = "p.visibility_rank <= %s AND (p.column_id IS NULL OR k.retired_at IS NULL AND k.visibility_rank <= %s)"
OF_FACTS = CAPSULES.replace("dcs.capsule_facts f JOIN", "JOIN")
SUBJECT_COLUMNS = (
    URN,
    Column("capsule", gettext_lazy("Capsule"), drawn.tab("policy")),
    Column("column", gettext_lazy("Column"), drawn.column),
    DOMAIN,
    OWNER,
)


def last_day(days):
    return timezone.localdate() + datetime.timedelta(days=int(days))


class Numbered(Found):
    """Rows with the number of a policy, as people say it."""

    def _row(self, found):
        row = super()._row(found)
        return row | {"policy": f"P-{row['policy']}"}


def reviews(filters, reader, days):
    clearance = reader.clearance
    query = Query(
        fields=(*PLACE, ("column", "k.name"), ("policy", "p.number"), ("sensitivity", "p.sensitivity_level"),
                ("last", "p.last_reviewed_at::date"), ("due", "p.next_review_date")),
        tables=f"dcs.data_policies p {SUBJECT} {OF_FACTS}",
        params=(clearance,) * 2,
        where=Condition(f"p.policy_status = 'active' AND p.next_review_date <= %s AND {SEEN}",
                        (last_day(days), clearance, clearance)),
        order=(("p.next_review_date", DAY), ("p.number", NUMBER)),
    )  # fmt: skip
    return Numbered("reviews-due", query, filters, reader)


def overdue(found, _filters, _reader, _days):
    late = found.by("p.next_review_date < current_date")
    number = sum(count for is_late, count in late if is_late)
    return [Figure(formats.grouped(number), _("overdue"))]


REVIEWS = Report(
    slug="reviews-due",
    title=gettext_lazy("Policy reviews due"),
    question=gettext_lazy("Which policies have to be looked at again?"),
    definition=gettext_lazy(
        "Active policies whose next review falls on or before the last day of the period, the longest overdue first."
    ),
    nothing=gettext_lazy("No policy of these capsules has to be reviewed in this time."),
    columns=(
        Column("policy", gettext_lazy("Policy")),
        *SUBJECT_COLUMNS,
        Column("sensitivity", gettext_lazy("Sensitivity"), drawn.sensitivity),
        Column("last", gettext_lazy("Last reviewed"), drawn.day("last"), num=True),
        Column("due", gettext_lazy("Due"), drawn.deadline("due"), num=True),
    ),
    rows=reviews,
    figures=overdue,
    choice=WITHIN,
)

ENDING = f"""(
    SELECT 'contract' AS kind, t.id, t.contract_version::text AS what, t.capsule_id, NULL::text AS column_name, t.deprecation_date AS ends
    FROM dcs.capsule_contracts t
    WHERE t.contract_status IN ('active', 'breached', 'deprecated') AND t.deprecation_date BETWEEN current_date AND %s
      AND t.visibility_rank <= %s
    UNION ALL
    SELECT 'policy', p.id, 'P-' || p.number, coalesce(p.capsule_id, k.capsule_id), k.name::text, p.effective_to
    FROM dcs.data_policies p LEFT JOIN dcs.columns k ON k.id = p.column_id
    WHERE p.policy_status = 'active' AND p.effective_to BETWEEN current_date AND %s AND {SEEN}
) e JOIN dcs.capsule_facts f ON f.capsule_id = e.capsule_id {OF_FACTS}"""  # noqa: S608 - no value in it
KINDS = {
    "contract": ("handshake", "pending", gettext_lazy("Contract")),
    "policy": ("shield-check", "pending", gettext_lazy("Policy")),
}


def expiring(filters, reader, days):
    clearance, last = reader.clearance, last_day(days)
    query = Query(
        fields=(
            *PLACE,
            ("column", "e.column_name"),
            ("kind", "e.kind"),
            ("what", "e.what"),
            ("ends", "e.ends"),
        ),
        tables=ENDING,
        params=(last, clearance, last, clearance, clearance, clearance, clearance),
        order=(("e.ends", DAY), ("e.kind", TEXT), ("e.id", "uuid")),
    )
    return Found("expiring", query, filters, reader)


EXPIRING = Report(
    slug="expiring",
    title=gettext_lazy("Ending soon"),
    question=gettext_lazy("Which contracts and policies end?"),
    definition=gettext_lazy(
        "Contracts in force with a day of deprecation, and active policies with a last day, from today to the end of the period."
    ),
    nothing=gettext_lazy("No contract and no policy of these capsules ends in this time."),
    columns=(
        Column("kind", gettext_lazy("What"), lambda row: drawn.mark(*KINDS[row["kind"]])),
        Column("what", gettext_lazy("Version or number")),
        URN,
        Column("capsule", gettext_lazy("Capsule"), lambda row: drawn.tab(row["kind"])(row)),
        Column("column", gettext_lazy("Column"), drawn.column),
        DOMAIN,
        OWNER,
        Column("ends", gettext_lazy("Ends"), drawn.deadline("ends"), num=True),
    ),
    rows=expiring,
    choice=WITHIN,
)
