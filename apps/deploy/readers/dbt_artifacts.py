"""Open the four kinds of dbt artifact, whatever was really uploaded under that name.

dbt writes manifest, catalog, run results and source freshness as JSON, each with its kind and version in
`metadata.dbt_schema_version`; file names are not trusted. Design: interop.md section 3.
"""

import gc
import json
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass

import orjson

from .found import ReaderError

MAX_BYTES = 200_000_000
MANIFEST, CATALOG, RUN_RESULTS, SOURCES = "manifest", "catalog", "run-results", "sources"
# The highest version of each kind whose fields are known; a higher one is read with a warning.
KNOWN_VERSIONS = {MANIFEST: 12, CATALOG: 1, RUN_RESULTS: 6, SOURCES: 3}
# 30 to 90 % of a manifest, and nothing that becomes part of a capsule.
_DROPPED = ("macros", "child_map", "docs", "selectors", "group_map")

_SCHEMA_VERSION = re.compile(r"/dbt/([a-z-]+)/v(\d{1,4})(?:\.json)?/?$")
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


class ArtifactError(ReaderError):
    """A file is not the artifact that it should be."""


@dataclass(frozen=True)
class Artifact:
    """A dbt file that was told apart: its kind, schema version and parsed content."""

    kind: str
    version: int
    content: dict
    mentions_foreign_keys: bool = False

    @property
    def metadata(self):
        return mapping(self.content.get("metadata"))


def text(value, default=""):
    """The value if it is text or a number, else the default; artifacts hold anything anywhere."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return default


def mapping(value):
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value):
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def texts(value):
    """A text or a list of texts as a list without repeats, in order."""
    found = [value] if isinstance(value, str) else [item for item in sequence(value) if isinstance(item, str)]
    return list(dict.fromkeys(item.strip() for item in found if item.strip()))


def words(line):
    """The words of a line, for lists that read better as text."""
    return line.split()


def pointer(*parts):
    """A JSON Pointer (RFC 6901) to a place in a file."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


@contextmanager
def collector_paused():
    """Parse and build without the cyclic collector, which would walk millions of new objects for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            # Puts what was made among the old objects without looking at each: the next young collection is short.
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def open_artifact(source, kind=None):
    """Parse one artifact given as bytes, text or parsed JSON; with `kind`, it must be of that kind.

    One that is open already is taken as it is. NaN and Infinity are read as null, NUL characters are taken out.
    Raises `ArtifactError`.
    """
    label = kind or "file"
    if isinstance(source, Artifact):
        found, version = source.kind, source.version
    else:
        raw = _as_bytes(source, label)
        content = _parse(raw, label)
        found, version = _kind_of(content, label)
    if kind is not None and found != kind:
        raise ArtifactError(
            "wrong_kind",
            f"The {kind} is a dbt {found} (v{version}), not a {kind}.",
            f"Upload it as {found}, and {_written_by(kind)} as {kind}.",
            "/metadata/dbt_schema_version",
        )
    if isinstance(source, Artifact):
        return source
    if found == MANIFEST:
        for key in _DROPPED:
            content.pop(key, None)
    return Artifact(found, version, content, b'"foreign_key"' in raw)


def _as_bytes(source, label):
    if isinstance(source, str):
        source = source.encode("utf-8", "surrogatepass")
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    if not isinstance(source, bytes):
        try:
            source = orjson.dumps(source)
        except (TypeError, RecursionError) as error:
            raise ArtifactError(
                "not_json",
                f"The {label} is neither bytes nor a JSON object: {error}.",
                "Pass the file's bytes or what a JSON parser made of them.",
            ) from None
    if len(source) > MAX_BYTES:
        raise ArtifactError(
            "too_large",
            f"The {label} has {len(source):,} bytes; at most {MAX_BYTES:,} are read.",
            "Split the project, or leave out the macros of packages that are not needed.",
        )
    return source


def _parse(raw, label):
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw or raw.isspace():
        raise ArtifactError("empty", f"The {label} is empty.", "Run dbt again and upload what it writes.")
    _refuse_other_formats(raw, label)
    if b"\\u0000" in raw:
        raw = _ESCAPED_NUL.sub(rb"\1", raw)
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        content = _parse_leniently(raw, label, error)
    if not isinstance(content, dict):
        raise ArtifactError(
            "not_an_artifact",
            f"The {label} is a JSON {_json_type(content)}, not an object.",
            f"Upload {_written_by(label)}.",
        )
    return content


def _refuse_other_formats(raw, label):
    head = raw[:64].lstrip()
    for start, what in (
        (b"<", "an HTML or XML page"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
    ):
        if head.startswith(start):
            hint = "Download the file itself" if start == b"<" else "Unpack it or save it as UTF-8"
            raise ArtifactError(
                "not_json", f"The {label} is {what}, not a dbt artifact.", f"{hint} and upload it again."
            )


def _parse_leniently(raw, label, error):
    """Old results hold NaN and Infinity, which are no JSON; anything else that failed stays a failure."""
    if not re.search(rb"NaN|Infinity|\d[eE]\+?\d{3}", raw):
        raise _not_json(label, error, raw) from None
    try:
        content = json.loads(raw.decode("utf-8"), parse_constant=lambda _: None, parse_float=_finite)
        orjson.dumps(content)  # refuses lone surrogates, which no database takes
    except (ValueError, TypeError, RecursionError) as second:
        raise _not_json(label, second, raw) from None
    return content


def _finite(digits):
    number = float(digits)
    return number if math.isfinite(number) else None


def _not_json(label, error, raw):
    if "depth" in str(error) or isinstance(error, RecursionError):
        return ArtifactError("too_deep", f"The {label} is nested too deeply to be a dbt artifact.")
    if not raw[-64:].rstrip().endswith((b"}", b"]")):
        return ArtifactError(
            "truncated",
            f"The {label} ends in the middle ({len(raw):,} bytes).",
            "The upload or the copy was cut off: transfer it again.",
        )
    where = f" (line {error.lineno}, column {error.colno})" if hasattr(error, "lineno") else ""
    return ArtifactError(
        "not_json",
        f"The {label} is not valid JSON{where}: {getattr(error, 'msg', error)}.",
        "Run dbt again and upload it.",
    )


def _kind_of(content, label):
    stated = text(mapping(content.get("metadata")).get("dbt_schema_version"))
    match = _SCHEMA_VERSION.search(stated)
    if match is None:
        raise ArtifactError(
            "not_an_artifact",
            f"The {label} is JSON, but says nowhere which dbt artifact it is{_looks_like(content)}.",
            "It needs metadata.dbt_schema_version, which dbt writes since version 0.19.",
            "/metadata/dbt_schema_version",
        )
    kind, version = match.group(1), int(match.group(2))
    if kind not in KNOWN_VERSIONS or version < 1:
        raise ArtifactError(
            "wrong_kind",
            f"The {label} is a dbt {kind} (v{version}), which says nothing about capsules.",
            "Upload manifest.json, and catalog.json, run_results.json or sources.json with it.",
            "/metadata/dbt_schema_version",
        )
    return kind, version


def _looks_like(content):
    if "dependencies" in content or "devDependencies" in content:
        return " (it looks like a package.json)"
    if "nodes" in content and "metadata" not in content:
        return " (it looks like a manifest before version 0.19)"
    return ""


def _json_type(value):
    names = {list: "list", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(type(value), "value")


def _written_by(kind):
    return {
        MANIFEST: "the manifest.json that `dbt parse`, `dbt build` or `dbt docs generate` writes",
        CATALOG: "the catalog.json that `dbt docs generate` writes",
        RUN_RESULTS: "the run_results.json that `dbt build` or `dbt test` writes",
        SOURCES: "the sources.json that `dbt source freshness` writes",
    }.get(kind, "one of the JSON files of dbt's target folder")
