"""Files that describe or hold data, as kinds of job: SQL that makes tables, and data files and folders of them."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from apps.payload.sources import roots
from apps.payload.sources.base import Unreadable

from . import reading
from .readers import ddl, files
from .readers.found import ReaderError

DDL, FILES = "ddl", "files"


@reading.reader(DDL)
def read_ddl(given, say):
    """The SQL of an uploaded file, or of one below the folders that the portal may read."""
    name, path = _the_file(given)
    chosen = given.choices
    found = ddl.read(
        path.read_bytes(),
        name=name,
        source=chosen["source"],
        dialect=chosen.get("dialect") or "postgres",
        database=chosen.get("database", ""),
        schema=chosen.get("schema", ""),
        whole=chosen.get("whole", False),
        say=say,
    )
    if found.missed and not found.documents:
        raise _another_language(name, found.missed)
    return found


def _another_language(name, missed):
    """The fault of a file of which nothing was understood: as a plan it would look like a schema without changes."""
    words = _("Nothing in %(name)s could be read as SQL that makes tables, from line %(line)s on: %(text)s")
    values = {"name": name, "line": missed[0].line, "text": missed[0].text}
    return ReaderError("nothing_read", words % values, _("Choose its dialect, or send another file."))


@reading.reader(FILES)
def read_files(given, say):
    """Uploaded data files, each a capsule; or a file or folder below those that the portal may read."""
    source = given.choices["source"]
    if given.files:
        return files.uploaded(list(given.files), source=source, say=say)
    location = given.choices.get("location", "")
    path = located(location)
    if any(sign in location for sign in roots.MAGIC):
        raise ReaderError("pattern", _("Name a file or a folder, not a pattern."))
    root = next(each for each in map(_resolved, settings.PAYLOAD_ROOTS) if path.is_relative_to(each))
    inside = path.relative_to(root).as_posix()
    return files.read(path, source=source, location=inside, say=say, root=root)


def _resolved(root):
    return Path(root).resolve()


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
