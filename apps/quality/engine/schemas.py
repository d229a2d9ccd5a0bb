"""The types of an engine as those of Ibis, and a table that stands for one of the source. Pure."""

from apps.payload.engines.base import SUBJECT

SCOPE = "rows of the rule"  # the subject as far as a rule looks at it; a table of this name is no alias
TEXTUAL = ("character(", "char(", "bpchar", "citext", "name", "varchar", "character varying")


def dtype(dialect, spelling):
    """The Ibis type of a type as the engine spells it; unknown where Ibis has none."""
    import ibis.expr.datatypes as kinds
    from ibis.backends.sql import datatypes

    mapper = {
        "duckdb": datatypes.DuckDBType,
        "postgres": datatypes.PostgresType,
        "databricks": datatypes.DatabricksType,
        "sqlite": datatypes.SQLiteType,
        "trino": datatypes.TrinoType,
    }[dialect]
    try:
        found = mapper.from_string(spelling)
    except Exception:  # a type that only this engine has
        found = kinds.unknown
    if found.is_unknown() and spelling.lower().startswith(TEXTUAL):
        return kinds.string
    return found


def table(dialect, types, alias=SUBJECT):
    """An unbound table of columns {name: type as the engine spells it}."""
    import ibis

    return ibis.table({name: dtype(dialect, spelling) for name, spelling in types.items()}, name=alias)
