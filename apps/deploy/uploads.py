"""Files that were sent to be read: kept in a folder of their job until it ends."""

import hashlib
import re
import shutil
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

CHUNK = 1024 * 1024


class TooLarge(Exception):
    """An upload is larger than the portal takes; the message names the limit."""


def folder_of(job):
    """Where the files of a waiting job lie."""
    return Path(settings.MEDIA_ROOT) / "ingestion" / str(job.pk)


def keep(job, files, *, most, setting):
    """Keep `files`, pairs of name and file object, for `job`, whose config then names them and their digest.

    Raises `TooLarge` while reading, before more than `most` bytes of a file were stored; nothing is kept then.
    """
    folder = folder_of(job)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        digests, sizes = [], {}
        for position, (name, file) in enumerate(files):
            shown = plain_name(name)
            sizes[shown], digest = _kept(file, folder / f"{position}-{shown}", shown, most, setting)
            digests.append(digest)
    except BaseException:
        forget(job)
        raise
    job.config["files"] = sizes
    job.config["file_hash"] = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
    job.bytes_processed = sum(sizes.values())


def forget(job):
    """Throw away the files of a job."""
    shutil.rmtree(folder_of(job), ignore_errors=True)


def kept(job):
    """[(name, path)] of the files of a job, in the order in which they came."""
    folder = folder_of(job)
    paths = sorted(folder.glob("*"), key=_position) if folder.exists() else []
    return [(path.name.partition("-")[2], path) for path in paths]


def _position(path):
    number = path.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0


def plain_name(name):
    """The last part of a file's name, of harmless characters only."""
    last = re.split(r"[/\\]", str(name))[-1]
    return re.sub(r"[^A-Za-z0-9._-]", "_", last)[:100] or "file"


def _kept(file, path, shown, most, setting):
    """Copy an upload to `path` in pieces; returns its size in bytes and its SHA-256."""
    size, digest = 0, hashlib.sha256()
    with path.open("wb") as stored:
        while piece := file.read(CHUNK):
            size += len(piece)
            if size > most:
                said = _(
                    "%(file)s is larger than %(most)d MB. Leave out what you do not need, or raise %(setting)s."
                )
                raise TooLarge(said % {"file": shown, "most": most // 1_000_000, "setting": setting})
            digest.update(piece)
            stored.write(piece)
    return size, digest.digest()
