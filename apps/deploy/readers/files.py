"""Data files and folders of them as documents (interop.md, section 6). Pure.

A folder of one table's files is one capsule, a folder of folders is many. Nothing that leads out of the folder is
followed, and of rows only those of CSV files are looked at, to guess types.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from . import files_avro, files_csv, files_delta, files_iceberg, files_parquet
from .files_fields import MOST as MOST_COLUMNS
from .files_fields import Field, Shape
from .found import FILE, TABLE, Found, Missed, Note, ReaderError, relation_urn, scope_of

ORIGIN = "files"
READERS = {
    ".parquet": files_parquet.shape,
    ".pq": files_parquet.shape,
    ".csv": files_csv.shape,
    ".tsv": files_csv.shape,
    ".csv.gz": files_csv.shape,
    ".tsv.gz": files_csv.shape,
    ".avsc": files_avro.shape,
    ".avro": files_avro.shape,
}
ICEBERG = ".metadata.json"
HIVE = re.compile(r"[^=/]+=.*")
PART = re.compile(
    r"(?:part|data|chunk|segment)?[-_.]?(?:\d|[0-9a-f]{8}-)", re.I
)  # names that engines give to parts of a table
MOST_ENTRIES = 20_000
MOST_COMPARED = 200  # files of one folder whose columns are compared
DEEPEST = 16  # folders within folders
KNOWN = "Parquet, CSV, Avro, Delta and Iceberg are read."


@dataclass
class Walk:
    """What is found on the way through a folder; `root` is what nothing may lead out of."""

    root: Path
    say: object = None
    tables: list = field(default_factory=list)  # (path, kind, name, Shape)
    notes: list = field(default_factory=list)
    missed: list = field(default_factory=list)
    entries: int = 0
    seen: set = field(default_factory=set)  # folders, so that links in a circle come to an end

    def miss(self, path, why):
        """Note something that was not read."""
        self.missed.append(Missed(_within(path, self.root), why, file=path.name))


def read(path, *, source, location="", name="", whole=True, say=None, root=None):
    """Read a file, or a folder with everything below it; returns a `Found`.

    `source` names the system they belong to. `location` is what people call `path` from outside: relative to the folders
    that the portal may read; empty for an upload, which is not kept. `whole` says that `path` is all there is, so
    that what is not there any more has vanished. `root` is the folder that links may not leave, else `path` itself.
    Raises `ReaderError`, also where nothing at all could be read.
    """
    root = (root or (path if path.is_dir() else path.parent)).resolve()
    walk = Walk(root, say)
    if path.is_dir():
        walk.seen.add(path.resolve())
        _folder(walk, path, 0)
    else:
        _file(walk, path)
    return _found(walk, path, source, location, name or path.name, whole and path.is_dir())


def uploaded(files, *, source, say=None):
    """Read files that were sent, pairs of name and path: each is a capsule of its own."""
    found = Walk(files[0][1].parent.resolve(), say)
    for name, path in files:
        _file(found, path, called=name)
    return _found(found, None, source, "", ", ".join(name for name, _path in files)[:200], False)


# ---------- looking around ----------


def _folder(walk, folder, depth):
    """Read a folder: a table, the files of one, or folders of such."""
    if walk.say is not None:
        walk.say("Folders", len(walk.tables), 0)
    if depth > DEEPEST:
        walk.miss(folder, f"Folders are followed {DEEPEST} deep.")
        return
    if files_delta.is_table(folder):
        _table(walk, folder, TABLE, lambda: files_delta.shape(folder))
        return
    if (metadata := files_iceberg.metadata_of(folder)) is not None:
        if _stays_inside(walk, metadata):
            _table(walk, folder, TABLE, lambda: files_iceberg.shape(metadata))
        return
    files, folders = _entries(walk, folder)
    hive = [each for each in folders if HIVE.fullmatch(each.name)]
    if hive and not files:
        _hive(walk, folder, hive, depth)
        folders = [each for each in folders if each not in hive]
    _files(walk, folder, files, whole=not folders)
    for each in folders:
        _folder(walk, each, depth + 1)


def _entries(walk, folder):
    """(files that may hold data, folders) of a folder, by name; what leads out is missed."""
    files, folders = [], []
    for each in sorted(folder.iterdir()):
        walk.entries += 1
        if walk.entries > MOST_ENTRIES:
            raise ReaderError(
                "too_many", f"There are more than {MOST_ENTRIES:,} files.", "Read one folder at a time."
            )
        if each.name.startswith((".", "_")) or not _stays_inside(walk, each):
            continue
        if each.is_dir():
            real = each.resolve()
            if real in walk.seen:
                walk.miss(each, "It leads to a folder that is read anyway.")
            else:
                walk.seen.add(real)
                folders.append(each)
        elif _suffix(each.name):
            files.append(each)
    return files, folders


def _stays_inside(walk, path):
    """True if a path lies below the root, wherever its links lead."""
    try:
        inside = path.resolve(strict=True).is_relative_to(walk.root)
    except (OSError, RuntimeError):
        inside = False
    if not inside:
        walk.miss(path, "It leads out of the folder, and is not followed.")
    return inside


def _suffix(name):
    lower = name.lower()
    if lower.endswith(ICEBERG):
        return ICEBERG
    return next((suffix for suffix in sorted(READERS, key=len, reverse=True) if lower.endswith(suffix)), "")


def _stem(name):
    return name[: len(name) - len(_suffix(name))] or name


def _file(walk, path, called=""):
    called = called or path.name
    suffix = _suffix(called)
    if not suffix:
        walk.miss(path, f"Its format is not known. {KNOWN}")
        return
    shape = files_iceberg.shape if suffix == ICEBERG else READERS[suffix]
    kind = TABLE if suffix == ICEBERG else FILE
    _table(walk, path, kind, lambda: shape(path), called=_stem(called))


def _table(walk, path, kind, shape, called=""):
    try:
        found = shape()
    except ReaderError as error:
        walk.miss(path, str(error))
    except (RecursionError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        # Whatever stands in a file that somebody has made: it is not what its format says.
        walk.miss(path, "It is damaged: something in it is not of the kind that its format says.")
    except OSError as error:
        walk.miss(path, f"It cannot be opened: {error.strerror or 'an error of the system'}.")
    else:
        walk.tables.append((path, kind, called or path.name, found))
        walk.notes += found.notes


def _files(walk, folder, files, whole):
    """The files of one folder: one table if their columns are the same, else each its own."""
    by_suffix: dict = {}
    for each in files:
        by_suffix.setdefault(_suffix(each.name), []).append(each)
    for suffix, group in by_suffix.items():
        if suffix == ICEBERG:
            for each in group:
                _file(walk, each)
        else:
            together = (
                whole and len(by_suffix) == 1 and (len(group) > 1 or PART.match(group[0].name) is not None)
            )
            _group(walk, folder, group, together=together)


def _group(walk, folder, group, *, together):
    shapes = []
    for each in group[:MOST_COMPARED]:
        before = len(walk.tables)
        _file(walk, each)
        if len(walk.tables) > before:
            shapes.append(walk.tables.pop())
    if not shapes:
        return
    first = shapes[0][3]
    alike = all(found.names == first.names for _path, _kind, _name, found in shapes)
    if not (together and alike):
        walk.tables += shapes
        for each in group[MOST_COMPARED:]:
            _file(walk, each)
        return
    if len(group) > MOST_COMPARED:
        words = f"The columns of {MOST_COMPARED} of {len(group)} files of {folder.name} were compared."
        walk.notes.append(Note("info", "not_all_compared", words))
    walk.tables.append(
        (folder, FILE, folder.name, _merged([found for *_rest, found in shapes], folder.name, len(group)))
    )


def _merged(shapes, called, count):
    """The shape of a table from those of its files: a column may be empty if it may in any."""
    first = shapes[0]
    first.notes = []
    for other in shapes[1:]:
        for mine, theirs in zip(first.fields, other.fields, strict=True):
            mine.nullable = mine.nullable or theirs.nullable
            if mine.type != theirs.type:
                if mine.meta.get("type_guessed"):
                    mine.type = "DOUBLE" if {mine.type, theirs.type} == {"BIGINT", "DOUBLE"} else "VARCHAR"
                else:
                    first.facts.setdefault("types_differ", {})[mine.name] = sorted({mine.type, theirs.type})
    known = [each.rows for each in shapes]
    first.rows = sum(known) if len(shapes) == count and all(each is not None for each in known) else None
    sizes = [each.bytes for each in shapes]
    first.bytes = sum(sizes) if len(shapes) == count and all(each is not None for each in sizes) else None
    first.facts = {
        key: value for key, value in first.facts.items() if key not in ("row_groups", "created_by")
    }
    first.facts["files"] = count
    return first


def _hive(walk, folder, parts, depth):
    """A folder whose folders are `key=value`: their keys are columns, as text."""
    keys, files, level = [], [], list(parts)
    while level and len(keys) < DEEPEST:
        keys.append(level[0].name.partition("=")[0])
        deeper = []
        for each in level:
            own, folders = _entries(walk, each)
            files += own
            deeper += [one for one in folders if HIVE.fullmatch(one.name)]
        level = deeper
    before = len(walk.tables)
    _group(walk, folder, files, together=True)
    if len(walk.tables) == before + 1 and walk.tables[-1][0] == folder:
        shape: Shape = walk.tables[-1][3]
        names = set(shape.names)
        shape.fields += [
            Field(key, "VARCHAR", False, meta={"type_guessed": True}) for key in keys if key not in names
        ]
        shape.partitioning = {"strategy": "list", "key": keys}


# ---------- documents ----------


def _found(walk, path, source, location, name, whole):
    documents, seen = [], set()
    base = path if path is not None and path.is_dir() else None
    for table_path, kind, called, shape in walk.tables:
        folder, where = _place(table_path, base, location)
        try:
            document = _document(shape, source, kind, folder, called, where)
        except ValueError as error:
            raise ReaderError("too_long", str(error), "Shorten the name of the source.") from None
        number = 1
        while document["urn"] in seen:
            number += 1
            document["name"] = f"{called}_{number}"
            document["urn"] = relation_urn(source, kind, "", folder, document["name"])
        seen.add(document["urn"])
        if columns := _too_many(document):
            walk.miss(table_path, f"It has {columns:,} columns, more than {MOST_COLUMNS:,}.")
            continue
        documents.append(document)
    if not documents:
        why = walk.missed[0].why if walk.missed else f"There is no data file. {KNOWN}"
        raise ReaderError("nothing_read", f"{name}: {why}")
    start = _place(base, base, location)[0] if base is not None else ""
    scopes = tuple(
        scope_of(source, kind, "", start).removesuffix(":") + end
        for kind in (FILE, TABLE)
        for end in (":", ".")
    )
    return Found(
        tuple(documents),
        origin=ORIGIN,
        source=source,
        scope=scopes if whole else (),
        complete=whole,
        notes=tuple(walk.notes),
        missed=tuple(walk.missed),
        name=name,
    )


def _place(path, base, location):
    """(folder as it stands in an address, location as it is stored) of a table at `path`."""
    if not location:
        return "files", ""
    where = Path(location) / path.relative_to(base) if base is not None else Path(location)
    parts = [part for part in where.parts if part not in ("/", ".")]
    above = parts if path == base else parts[:-1]
    return ".".join(above) or "files", where.as_posix()


def _too_many(document):
    entries, count = list(document["schema"]["columns"]), 0
    while entries:
        entry = entries.pop()
        count += 1
        entries += entry.get("fields", ())
    return count if count > MOST_COLUMNS else 0


def _document(shape, source, kind, folder, name, where):
    document = {
        "urn": relation_urn(source, kind, "", folder, name),
        "name": name[:255],
        "source_system": source[:100],
        "schema_name": folder[:255],
        "format": shape.format,
        "location": where,
        "compression": shape.compression,
        "description": shape.description,
        "partitioning": shape.partitioning,
        "x-file": {key: value for key, value in shape.facts.items() if value not in ("", None)},
        "schema": {"columns": [each.entry() for each in shape.fields]},
    }
    if constraints := _constraints(shape):
        document["schema"]["constraints"] = constraints
    statistics = {
        key: value
        for key, value in (("row_count", shape.rows), ("size_bytes", shape.bytes))
        if value is not None
    }
    if statistics:
        document["statistics"] = statistics
    return {key: value for key, value in document.items() if value}


def _constraints(shape):
    """Keys and checks; a check is on the columns that it names."""
    found = []
    for one in shape.constraints:
        if "columns" not in one:
            said = {word.casefold() for word in re.findall(r"\w+", one.get("expression", ""))}
            names = [name for name in shape.names if name.casefold() in said]
            if not names:
                shape.notes.append(
                    Note("info", "check_without_column", f"The check {one.get('name')} names no column.")
                )
                continue
            one = {**one, "columns": names}
        found.append(one)
    return found


def _within(path, root):
    try:
        return str(path.relative_to(root)) if path != root else path.name
    except ValueError:
        return path.name
