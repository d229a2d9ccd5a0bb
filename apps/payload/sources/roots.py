"""Which files the portal may open: those below the folders that the operator names, and nothing that leads out of them."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from .base import Unreadable

MAGIC = "*?["
MOST_FILES = 10_000


def resolve(location):
    """The `Path` of a file, folder or pattern of files that `location` names, a path or `file:` address.

    A relative one is looked for in each of `PAYLOAD_ROOTS` (trust.md, section 7). Raises `Unreadable` for what lies
    elsewhere, leads out through `..` or a link, or is not there.
    """
    written = location.removeprefix("file://").removeprefix("file:")
    if "://" in written:
        raise Unreadable(
            _("Data at %s:// is not read here; files and DuckDB databases are.") % written.partition("://")[0]
        )
    if "\0" in written or not written.strip():
        raise Unreadable(_("The location is no path."))
    for root in settings.PAYLOAD_ROOTS:
        if (found := _below(Path(root).resolve(), written)) is not None:
            return found
    raise Unreadable(
        _("No file of this name lies below the folders that the portal may read (PAYLOAD_ROOTS).")
    )


def _below(root, written):
    plain = written if not any(sign in written for sign in MAGIC) else _before_pattern(written)
    try:
        fixed = (root / plain).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if not fixed.is_relative_to(root):
        return None
    pattern = written[len(plain) :].lstrip("/")
    if not pattern:
        return fixed
    if ".." in Path(pattern).parts:
        return None
    # Each match is followed to where it really lies: a link inside a folder may lead out of it.
    matches = list(fixed.glob(pattern))
    return fixed / pattern if matches and all(m.resolve().is_relative_to(root) for m in matches) else None


def _before_pattern(written):
    """The folders in front of the first part with a wildcard."""
    parts = Path(written).parts
    fixed = next(number for number, part in enumerate(parts) if any(sign in part for sign in MAGIC))
    return str(Path(*parts[:fixed])) if fixed else ""


def files(path, endings):
    """(folder, the files that a resolved `path` means, in order): itself, all below it, or those that its pattern names.

    What begins with a point or an underscore is another program's. Raises `Unreadable` if there is none, or one that
    leads out of the folders that the portal may read.
    """
    if path.is_file():
        return path.parent, (path,)
    if path.is_dir():
        below, found = path, (one for one in path.rglob("*") if one.name.lower().endswith(endings))
    else:
        below = path
        while any(sign in str(below) for sign in MAGIC):
            below = below.parent
        found = below.glob(str(path.relative_to(below)))
    kept = sorted(one for one in found if one.is_file() and not _hidden(one, below))
    if not kept:
        raise Unreadable(_("No data file lies in %s.") % path.name)
    if len(kept) > MOST_FILES:
        raise Unreadable(
            _("More than %(n)d files lie in %(folder)s.") % {"n": MOST_FILES, "folder": path.name}
        )
    allowed = [Path(root).resolve() for root in settings.PAYLOAD_ROOTS]
    if not all(any(one.resolve().is_relative_to(root) for root in allowed) for one in kept):
        raise Unreadable(_("A link in %s leads out of the folders that the portal may read.") % path.name)
    return below, tuple(kept)


def _hidden(path, below):
    return any(part.startswith((".", "_")) for part in path.relative_to(below).parts)
