"""What the footers of Parquet files prove, without reading a row (quality-engine.md, section 4.2). Pure."""

import os

from .base import ColumnBounds, TableMetadata, Unanswered

# Writers leave NaN out of the bounds of floats, and may cut those of texts: both prove nothing.
PROVING = ("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY", "BYTE_ARRAY")
LOGICAL = ("NONE", "INT", "DECIMAL", "DATE", "TIMESTAMP")


def metadata_of(paths):
    """The `TableMetadata` of Parquet files that are one table."""
    rows = size = 0
    changed, told = 0.0, []
    for path in paths:
        footer, facts = _read(path)
        rows += footer.num_rows
        size += facts.st_size
        changed = max(changed, facts.st_mtime)
        told.append(_columns(footer))
    names = {name for columns in told for name in columns}
    columns = {name: _all([one.get(name) for one in told]) for name in sorted(names)}
    return TableMetadata(rows, len(told), size, columns, changed or None)


def _read(path):
    # Imported late: a process that never looks at Parquet does not pay for it.
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_metadata(path), os.stat(path)
    except FileNotFoundError as error:
        raise Unanswered("changed", str(error)) from None
    except (OSError, pyarrow.ArrowException) as error:
        raise Unanswered("format", str(error)) from None


def _columns(footer):
    """{name: (nulls, lowest, highest, rows with a value)} of the plain columns; None for what is not proven."""
    found = {}
    plain = {
        one.name: number
        for number in range(len(footer.schema))
        if (one := footer.schema.column(number)).path == one.name
        and "." not in one.name
        and one.max_repetition_level == 0
        and one.max_definition_level <= 1
    }
    for name, number in plain.items():
        groups = [footer.row_group(each).column(number) for each in range(footer.num_row_groups)]
        found[name] = _groups(groups, _proves(footer.schema.column(number)), footer.num_rows)
    return found


def _proves(column):
    kind = column.logical_type.type
    if kind not in LOGICAL or column.physical_type not in PROVING:
        return False
    # Two kinds that Python's numbers and times do not hold as they are.
    if "nanoseconds" in str(column.logical_type) or (
        kind == "INT" and column.physical_type == "INT64" and "isSigned=false" in str(column.logical_type)
    ):
        return False
    # Bytes without a meaning are texts to whoever wrote them.
    return kind == "DECIMAL" or "BYTE_ARRAY" not in column.physical_type


def _groups(groups, proves, rows):
    """Sums and bounds of the row groups; a statistic that one of them lacks is lacking for all."""
    nulls: int | None = 0
    lowest, highest = [], []
    for group in groups:
        statistics = group.statistics if group.is_stats_set else None
        if statistics is None or not statistics.has_null_count:
            nulls = None
        elif nulls is not None:
            nulls += statistics.null_count
        if not proves or statistics is None:
            proves = False
        elif statistics.has_min_max:
            lowest.append(statistics.min)
            highest.append(statistics.max)
        elif not (statistics.has_null_count and statistics.null_count == group.num_values):
            proves = False
    if not proves:
        return nulls, None, None, rows
    return nulls, min(lowest, default=None), max(highest, default=None), rows


def _all(columns):
    """The `ColumnBounds` over files; one that lacks the column, or a bound for values that it has, proves none."""
    if None in columns:
        return ColumnBounds()
    nulls = [one[0] for one in columns]
    known = sum(nulls) if None not in nulls else None
    # A file without any value has no bounds and needs none.
    filled = [one for one in columns if one[0] is None or one[0] < one[3]]
    if any(one[1] is None for one in filled):
        return ColumnBounds(known)
    try:
        lowest, highest = min(one[1] for one in filled), max(one[2] for one in filled)
    except (TypeError, ValueError):  # of several types, or of nothing
        return ColumnBounds(known)
    return ColumnBounds(known, lowest, highest)
