"""Reports: answers to take to a meeting, each with its definition, its filters and every row behind its figures."""

from . import capsules, columns, dates, incidents, totals

REPORTS = {
    report.slug: report
    for report in (
        capsules.INCOMPLETE,
        totals.DEBT,
        totals.SUMMARY,
        columns.SENSITIVE,
        columns.UNMASKED,
        dates.REVIEWS,
        dates.EXPIRING,
        capsules.WITHOUT_OWNER,
        incidents.INCIDENTS,
    )
}
