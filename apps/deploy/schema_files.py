"""Files that describe or hold data, as kinds of job: SQL that makes tables."""

from django.conf import settings
from django.utils.translation import gettext as _

from apps.payload.sources import roots
from apps.payload.sources.base import Unreadable

from . import reading
from .readers import ddl
from .readers.found import ReaderError

DDL = "ddl"


@reading.reader(DDL)
def read_ddl(given, say):
    """The SQL of an uploaded file, or of one below the folders that the portal may read."""
    name, path = _the_file(given)
    chosen = given.choices
    return ddl.read(
        path.read_bytes(),
        name=name,
        source=chosen["source"],
        dialect=chosen.get("dialect") or "postgres",
        database=chosen.get("database", ""),
        schema=chosen.get("schema", ""),
        whole=chosen.get("whole", False),
        say=say,
    )


def _the_file(given):
    if given.files:
        return given.files[0]
    path = located(given.choices.get("location", ""))
    if not path.is_file():
        raise ReaderError("no_file", _("%(name)s is no file.") % {"name": path.name}, _("Name one file."))
    if path.stat().st_size > settings.SCHEMA_UPLOAD_MAX_BYTES:
        most = settings.SCHEMA_UPLOAD_MAX_BYTES // 1_000_000
        words = _("%(name)s is larger than %(most)d MB.") % {"name": path.name, "most": most}
        raise ReaderError("too_large", words, _("Dump the schema without its rows (pg_dump --schema-only)."))
    return path.name, path


def located(location):
    """The path that a location means, below `PAYLOAD_ROOTS`. Raises `ReaderError`."""
    try:
        return roots.resolve(location)
    except Unreadable as error:
        raise ReaderError(error.code, error.detail) from None
