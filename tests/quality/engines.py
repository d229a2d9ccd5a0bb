"""Engines for tests of rules: files that DuckDB reads in this process, and one that counts what it is asked."""

from datetime import UTC, datetime

import duckdb

from apps.payload.engines import opened
from apps.payload.engines.description import FILES, Description, Table
from apps.quality.rule_types.reading import spec_of

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)  # on the day on which Berlin's clocks go forward


def parquet(path, select):
    """A Parquet file of the rows of a SELECT."""
    duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return str(path)


def files_engine(path, **others):
    """An engine of one Parquet file as `payload`, others under their names."""
    tables = [Table(files=(str(path),), format="parquet", below=str(path).rpartition("/")[0])]
    tables += [Table(alias=alias, files=(str(one),), format="parquet") for alias, one in others.items()]
    return opened(Description(FILES, tables=tuple(tables)))


def rules(*rows):
    """`RuleSpec`s of rows; a row is (type, column, {columns of quality_rules and config})."""
    return [
        spec_of({"key": place, "rule_type": kind, "column": column, **more})
        for place, (kind, column, more) in enumerate(rows)
    ]


class Counting:
    """An engine that remembers every statement; `broken` texts make it fail as if the data were at fault."""

    def __init__(self, engine, broken=()):
        self.engine, self.asked, self.broken = engine, [], broken

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def fetch(self, sql, **more):
        self.asked.append(sql)
        for text, error in self.broken:
            if text in sql and not sql.endswith("LIMIT 0"):
                raise error
        return self.engine.fetch(sql, **more)


class Plainly:
    """An engine without short cuts: nothing from metadata, keys grouped by SQL."""

    def __init__(self, engine):
        self.engine = engine

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def metadata(self, alias="payload"):
        return None

    def repeated(self, columns, *, where="", worst=0):
        return None
