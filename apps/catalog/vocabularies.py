"""The words of the catalogue: closed lists with an order, and open lists with what is known of each word.

Open lists (errata row B1) take any word: a known one has a title and a rank, an unknown one is refused
by the API and warned about by importers. Words with an order are compared by rank, never by the alphabet.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sensitivity(models.TextChoices):
    """How much harm a leak would do, least first."""

    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    RESTRICTED = "restricted", _("Restricted")
    SECRET = "secret", _("Secret")


SENSITIVITY = Sensitivity.values  # the rank of a level is its place, from 1


class RuleSeverity(models.TextChoices):
    """How bad it is when a rule is violated, least first."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")
    CRITICAL = "critical", _("Critical")


class IncidentSeverity(models.TextChoices):
    """How bad a broken promise is, least first."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


@dataclass(frozen=True)
class Known:
    """A known word of an open list: how people read it, what it stands for."""

    title: str
    summary: str = ""


CAPSULE_TYPES = {
    "table": Known(_("Table"), _("A table in a database.")),
    "view": Known(_("View"), _("A query that a database shows as a table.")),
    "materialized_view": Known(_("Materialised view"), _("A view whose rows are stored.")),
    "external_table": Known(_("External table"), _("Files that a database shows as a table.")),
    "model": Known(_("Model"), _("A dbt model.")),
    "source": Known(_("Source"), _("A table that a dbt project reads and does not make.")),
    "seed": Known(_("Seed"), _("A small file that a dbt project loads.")),
    "snapshot": Known(_("Snapshot"), _("A table that keeps former states of another.")),
    "dataset": Known(_("Dataset"), _("What an OpenLineage job reads or writes.")),
    "file": Known(_("File"), _("A file, or a folder of files of one shape.")),
    "topic": Known(_("Topic"), _("A stream of messages.")),
}

# From the source to what people use; the rank of a layer is its place, an unknown layer comes last.
LAYERS = {
    "raw": Known(_("Raw"), _("As it arrived.")),
    "bronze": Known(_("Bronze"), _("As it arrived, in our storage.")),
    "staging": Known(_("Staging"), _("Renamed and typed, one to one with the source.")),
    "silver": Known(_("Silver"), _("Cleaned and joined.")),
    "intermediate": Known(_("Intermediate"), _("A step on the way to something that people use.")),
    "gold": Known(_("Gold"), _("Ready for use and promised.")),
    "mart": Known(_("Mart"), _("Made for one audience.")),
}

MATERIALIZATIONS = {
    "table": Known(_("Table")),
    "view": Known(_("View")),
    "incremental": Known(_("Incremental")),
    "ephemeral": Known(_("Ephemeral")),
    "materialized_view": Known(_("Materialised view")),
    "snapshot": Known(_("Snapshot")),
    "seed": Known(_("Seed")),
}

SOURCE_TYPES = {
    "dbt": Known(_("dbt")),
    "openlineage": Known(_("OpenLineage")),
    "document": Known(_("Capsule document")),
    "sql": Known(_("SQL")),
    "postgres": Known(_("PostgreSQL")),
    "duckdb": Known(_("DuckDB")),
    "sqlite": Known(_("SQLite")),
    "files": Known(_("Files")),
    "odcs": Known(_("Data contract")),
    "snowflake": Known(_("Snowflake")),
    "bigquery": Known(_("BigQuery")),
    "redshift": Known(_("Redshift")),
    "databricks": Known(_("Databricks")),
    "spark": Known(_("Spark")),
    "trino": Known(_("Trino")),
    "kafka": Known(_("Kafka")),
    "manual": Known(_("By hand")),
}

EDGE_TYPES = {
    "flows_to": Known(_("flows to"), _("Rows of one become rows of the other.")),
    "derived_from": Known(_("derived from"), _("Computed from the other.")),
    "depends_on": Known(_("depends on"), _("Needed for building, without taking rows.")),
}

# C5: one canonical word a format; what people write for it comes with it.
STORAGE_FORMATS = {
    "parquet": Known(_("Parquet")),
    "orc": Known(_("ORC")),
    "avro": Known(_("Avro")),
    "delta": Known(_("Delta")),
    "iceberg": Known(_("Iceberg")),
    "csv": Known(_("CSV")),
    "json": Known(_("JSON")),
    "table": Known(_("Table")),
    "view": Known(_("View")),
}
STORAGE_FORMAT_ALIASES = {"delta_lake": "delta", "iceberg_table": "iceberg"}

COMPRESSIONS = {
    "gzip": Known(_("gzip")),
    "snappy": Known(_("Snappy")),
    "zstd": Known(_("Zstandard")),
    "lz4": Known(_("LZ4")),
    "none": Known(_("None")),
}


class Rank(models.Func):
    """The place of a word in an ordered list, from 1; NULL for a word that is not in it.

    `Rank("layer", LAYERS)`, `Rank("sensitivity_level", SENSITIVITY)`.
    """

    function = "array_position"
    output_field = models.IntegerField()

    def __init__(self, word, order, **extra):
        words = models.Value([str(name) for name in order], output_field=_TextArray())
        super().__init__(words, models.functions.Cast(word, models.TextField()), **extra)


class _TextArray(models.Field):
    def db_type(self, connection):
        return "text[]"

    def get_placeholder(self, value, compiler, connection):
        return "%s::text[]"


def sensitivity_rank(level):
    """1 for public to 5 for secret.

    Raises `ValueError` for a word that is no level.
    """
    return SENSITIVITY.index(str(level)) + 1
