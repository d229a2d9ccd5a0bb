"""How a database says a type that was written in one of its other words. Pure.

PostgreSQL's own spelling (`format_type`) is used for its dialect, so that a table is the same whether its DDL or its
catalog was read; elsewhere a type stays as it was written.
"""

import re

PARTS = re.compile(r"\s*\(\s*([^()]*?)\s*\)")
ARRAY = re.compile(r"\s*(?:\[\s*\d*\s*\]|\bARRAY\b(?:\s*\[\s*\d*\s*\])?)", re.I)
SAME = {
    "int": "integer",
    "int4": "integer",
    "integer": "integer",
    "int2": "smallint",
    "smallint": "smallint",
    "int8": "bigint",
    "bigint": "bigint",
    "float4": "real",
    "real": "real",
    "float8": "double precision",
    "double precision": "double precision",
    "bool": "boolean",
    "boolean": "boolean",
    "decimal": "numeric",
    "dec": "numeric",
    "numeric": "numeric",
    "varchar": "character varying",
    "character varying": "character varying",
    "char varying": "character varying",
    "nchar varying": "character varying",
    "national character varying": "character varying",
    "char": "character",
    "character": "character",
    "nchar": "character",
    "national character": "character",
    "bpchar": "bpchar",
    "varbit": "bit varying",
    "bit varying": "bit varying",
    "bit": "bit",
}
SERIAL = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
TIMED = re.compile(
    r"(timestamp|time|timestamptz|timetz)(?:\s*\(\s*(\d)\s*\))?(?:\s+(with|without)\s+time\s+zone)?", re.I
)
QUOTED = re.compile(r'"((?:[^"]|"")*)"')


def spelled(written, dialect, schema=""):
    """A type as its database says it; `schema` is the one whose own types need no prefix."""
    written = " ".join(written.split())
    return _postgres(written, schema) if dialect == "postgres" else written


def is_serial(written, dialect):
    """True for a type that is a number with a sequence behind it."""
    return dialect == "postgres" and written.strip().lower().removeprefix("pg_catalog.") in SERIAL


def base(written):
    """A type without the array around it, in the form under which domains and enumerations are known."""
    return written.removesuffix("[]")


def _postgres(written, schema):
    array = ""
    # Arrays of any depth and length are one type.
    while found := re.search(ARRAY.pattern + r"\s*$", written, re.I):
        if not found[0].strip():
            break
        written, array = written[: found.start()].rstrip(), "[]"
    return _scalar(written, schema) + array


def _scalar(written, schema):
    plain = re.sub(r"^pg_catalog\s*\.\s*", "", written, flags=re.I)
    if timed := TIMED.fullmatch(plain):
        return _timed(*timed.groups())
    head, _, tail = plain.partition("(")
    name, length = head.strip(), PARTS.search("(" + tail) if tail else None
    inside = ",".join(part.strip() for part in length[1].split(",")) if length else ""
    lower = " ".join(name.lower().split())
    if lower in SERIAL:
        return SERIAL[lower]
    if lower == "float":
        return "real" if inside.isdecimal() and int(inside) <= 24 else "double precision"
    if lower in SAME and not name.startswith('"'):
        return _sized(SAME[lower], inside)
    if lower.startswith("interval"):
        return " ".join(plain.lower().split())
    return _named(name, schema) + (f"({inside})" if inside else "")


def _sized(name, inside):
    if name in ("character", "bit") and not inside:
        return f"{name}(1)"
    if name == "numeric" and inside and "," not in inside:
        inside += ",0"
    return f"{name}({inside})" if inside else name


def _timed(name, precision, zone):
    name, zoned = (
        name.lower().removesuffix("tz"),
        name.lower().endswith("tz") or (zone or "").lower() == "with",
    )
    inside = f"({precision})" if precision else ""
    return f"{name}{inside} {'with' if zoned else 'without'} time zone"


def _named(name, schema):
    """The name of a type that a database knows besides the standard's: folded, its own schema left out."""
    parts = [QUOTED.sub(lambda found: found[0], part) for part in re.split(r"\s*\.\s*", name)]
    parts = [part if part.startswith('"') else part.lower() for part in parts]
    parts = [
        part[1:-1] if re.fullmatch(r'"[a-z_][a-z0-9_]*"', part) and part != '"char"' else part
        for part in parts
    ]
    if len(parts) > 1 and parts[-2].strip('"') == schema:
        parts = parts[-1:]
    return ".".join(parts[-2:])
