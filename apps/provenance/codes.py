"""Transformation code that people write down: added, changed and removed by pages and API alike."""

import hashlib
import re
from urllib.parse import quote

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.dcs.refusals import Conflict

from .models import TransformationCode

# Hosts call a file at a commit differently; what is not known here is linked as its repository alone.
FILES = {
    "github.com": "{repository}/blob/{commit}/{path}{lines}",
    "gitlab.com": "{repository}/-/blob/{commit}/{path}{lines}",
    "bitbucket.org": "{repository}/src/{commit}/{path}",
}
SSH = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](.+)")
WEB = re.compile(r"https://[\w.-]+(?::\d+)?/[^\s<>\"']+")


def digest(text):
    """SHA-256 of the code, which tells the same code from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def subject(code):
    """The capsule that code is about: the one that it makes, or in which its edge ends."""
    return code.capsule if code.capsule_id else code.edge.target


def is_brought(code):
    """True if the code came with an ingestion, which would bring it again."""
    return "origin" in code.meta


def same(code, text):
    """True if the same subject has this very text as another code."""
    stored = TransformationCode._base_manager.filter(
        capsule=code.capsule_id, edge=code.edge_id, code_hash=digest(text)
    )
    return stored.exclude(pk=code.pk).exists()


def add(code):
    """Store new code with its hash. Raises `Conflict` with code same_code if it is there already."""
    code.code_hash = digest(code.code_text)
    return _stored(code, force_insert=True)


def revise(record, *, by=None, seen=None, **changes):
    """Change code; `seen` is the `updated_at` that its author saw. Raises `Conflict` if it has moved since, or is there already."""
    stored = TransformationCode._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if seen is not None and stored.updated_at != seen:
        raise Conflict(_("Somebody changed this meanwhile. Read it again."), code="changed_meanwhile")
    changed = [name for name, value in changes.items() if getattr(stored, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(stored, name, changes[name])
    stored.code_hash = digest(stored.code_text)
    _stored(stored, update_fields=[*changed, "code_hash"])
    record.refresh_from_db()
    return changed


def _stored(code, **how):
    try:
        with transaction.atomic():
            code.save(**how)
    except IntegrityError as refused:
        if "code_unique" not in str(refused):
            raise
        raise Conflict(_("This very code is there already."), code="same_code") from refused
    return code


def web_address(code):
    """Where the code can be read in its repository: the file at its commit, else the repository; empty if neither is known."""
    repository = (code.git_repository or "").strip()
    if ssh := SSH.fullmatch(repository):
        repository = f"https://{ssh[1]}/{ssh[2]}"
    repository = repository.removesuffix("/").removesuffix(".git")
    if not WEB.fullmatch(repository):
        return ""
    pattern = FILES.get(repository.split("/")[2])
    if not (pattern and code.git_commit_sha and code.file_path):
        return repository
    lines = f"#L{code.line_start}" if code.line_start else ""
    return pattern.format(
        repository=repository, commit=code.git_commit_sha, path=quote(code.file_path.lstrip("/")), lines=lines
    )
