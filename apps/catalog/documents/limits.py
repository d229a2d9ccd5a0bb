"""How large a file may be; every limit is held before or while it is parsed, never after."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
COUNTED = {
    ("data_capsule", "schema", "columns"): ("columns", "columns"),
    ("data_capsule", "columns"): ("columns", "columns"),
    ("data_capsule", "quality_rules"): ("rules", "quality rules"),
    ("data_capsule", "lineage", "upstream"): ("upstream", "upstream capsules"),
}


@dataclass(frozen=True)
class Limits:
    """The bounds of section 1 of the document format; settings may pass others. Sizes are in bytes."""

    document: int = MEBIBYTE
    bundle: int = 20 * MEBIBYTE
    documents: int = 500
    depth: int = 64
    aliases: int = 50
    nodes: int = 200_000
    columns: int = 5_000
    rules: int = 5_000
    upstream: int = 1_000

    def of_items(self, path):
        """The most items that the list at `path` may hold, and what they are called; None if it has no limit."""
        kind, called = COUNTED.get(path, ("", ""))
        return (getattr(self, kind), called) if kind else None
