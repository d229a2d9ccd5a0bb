"""Reports: answers to take to a meeting, each with its definition, its filters and every row behind its figures."""

from . import capsules, columns, compliance, dates, incidents, totals

REPORTS = {
    report.slug: report
    for report in (
        capsules.INCOMPLETE,
        totals.DEBT,
        totals.SUMMARY,
        compliance.COMPLIANCE,
        columns.SENSITIVE,
        columns.UNMASKED,
        compliance.EXPOSED,
        compliance.UNSETTLED,
        compliance.WITHOUT_POLICY,
        compliance.RETENTION,
        compliance.FRAMEWORKS,
        dates.REVIEWS,
        dates.EXPIRING,
        capsules.WITHOUT_OWNER,
        incidents.INCIDENTS,
    )
}
