"""What one dbt node says of itself: its name, relation, code, tags and layer."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .dbt_artifacts import mapping, sequence, text, texts

_UNSAFE = re.compile(r"[\s/?#%\x00-\x1f\x7f]")
_UNSAFE_IN_NAMESPACE = re.compile(r"[\s/?#%:\x00-\x1f\x7f]")

# The portal's three layers and the words of folders, schemas and names that stand for them.
_LAYER_OF_WORD = {
    **dict.fromkeys(["bronze", "raw", "landing", "sources"], "bronze"),
    **dict.fromkeys(
        ["silver", "staging", "stg", "base", "intermediate", "int", "cleansed", "prep", "conformed"], "silver"
    ),
    **dict.fromkeys(["gold", "mart", "marts", "reporting", "reports", "presentation"], "gold"),
}
_LAYER_OF_PREFIX = {
    **dict.fromkeys(["stg", "base", "int"], "silver"),
    **dict.fromkeys(["dim", "fct", "fact", "mart", "rpt", "agg"], "gold"),
    "raw": "bronze",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell about a file: `severity` is info, warning or error; `pointer` a JSON pointer into it."""

    severity: str
    code: str
    message: str
    pointer: str = ""


def layer_by_words(node):
    """The layer that the innermost telling folder, the name's first word or the schema stands for, or None."""
    for folder in reversed(sequence(node.get("fqn"))[1:-1]):
        if isinstance(folder, str) and (found := _layer_of_words(folder)):
            return found
    prefix, underscore, _ = text(node.get("name")).partition("_")
    if underscore and prefix.lower() in _LAYER_OF_PREFIX:
        return _LAYER_OF_PREFIX[prefix.lower()]
    return _layer_of_words(text(node.get("schema")))


@lru_cache(maxsize=10_000)
def _layer_of_words(name):
    for word in re.split(r"[^a-z]+", name.lower()):
        if word in _LAYER_OF_WORD:
            return _LAYER_OF_WORD[word]
    return None


def package_of(node):
    """The package a node belongs to."""
    return text(node.get("package_name"))


def name_of(unique_id, node):
    """A node's name; what its unique id ends with if it has none."""
    return text(node.get("name")) or unique_id.rpartition(".")[2]


def relation_of(node):
    """The lower-case parts of the relation a node stands for; `()` for ephemeral models."""
    if mapping(node.get("config")).get("materialized") == "ephemeral":
        return ()
    table = text(node.get("identifier")) or text(node.get("alias")) or text(node.get("name"))
    parts = (text(node.get("database")), text(node.get("schema")), table)
    return tuple(part.lower() for part in parts if part)


def code_of(node):
    """The code as written and as compiled, `""` where the manifest has none (before version 7: raw_sql)."""
    return (
        text(node.get("raw_code")) or text(node.get("raw_sql")),
        text(node.get("compiled_code")) or text(node.get("compiled_sql")),
    )


def encode(part, namespace=False):
    """A part of a URN with blanks, `/ ? # %` and control characters as percent signs and digits (errata E26)."""
    pattern = _UNSAFE_IN_NAMESPACE if namespace else _UNSAFE
    return pattern.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), part)


def tags_of(node):
    """Tags of a node and of its configuration, each at most 100 characters."""
    return list(
        dict.fromkeys(
            tag[:100] for tag in (*texts(node.get("tags")), *texts(mapping(node.get("config")).get("tags")))
        )
    )
