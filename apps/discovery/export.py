"""The catalogue as a sheet: the rows of the list under the same filter, sent while they are read."""

from django.http import StreamingHttpResponse
from django.utils import timezone

from apps.catalog.vocabularies import SENSITIVITY
from apps.ui import spreadsheets

from . import rows
from .filters import PRESENT

HEAD = (
    "urn", "name", "type", "layer", "domain", "owner", "source", "schema", "columns", "described_columns",
    "personal_data_columns", "terms", "quality_rules", "quality_score", "sensitivity", "contract", "promises", "data_updated_at",
    "freshness_promised", "upstream", "downstream", "dimensions_complete", "lacks", "tags", "frameworks",
    "updated_at", "retired_at",
)  # fmt: skip


def answer(filters, reader):
    """The CSV of all rows that `filters` leave to `reader`, UTF-8."""
    name = f"capsules-{timezone.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    lines = spreadsheets.lines(HEAD, map(cells, rows.export(filters, reader)))
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def cells(row):
    lacking = [part for part, bit in PRESENT.items() if bit < 128 and not row.present & bit]
    return (
        row.urn, row.name, row.type, row.layer, row.domain, row.owner, row.source, row.schema, row.columns,
        row.described_columns, row.pii_columns, row.terms, row.enabled_rules, row.quality_score,
        SENSITIVITY[row.sensitivity_rank - 1], row.contract_status, row.health,
        row.data_updated_at.isoformat() if row.data_updated_at else None, row.freshness_sla, row.upstream,
        row.downstream, row.completeness, "; ".join(lacking), "; ".join(row.tags), "; ".join(row.frameworks),
        row.updated_at.isoformat(), row.retired_at.isoformat() if row.retired_at else None,
    )  # fmt: skip
