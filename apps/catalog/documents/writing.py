"""Canonical documents as YAML and JSON: two blanks of indent, no anchors, no folding, `\\n` alone."""

import json
import re
from decimal import Decimal

# What any YAML reader, 1.1 or 1.2, takes for something else than a text.
WORDS = frozenset("y yes n no true false on off null ~ = <<".split())
NUMBER = re.compile(
    r"[-+]?(?:\.?[0-9][0-9_.,:]*(?:e[-+]?[0-9_]+)?|0[xob][0-9a-f_]+|\.(?:inf|nan))|\.nan",
    re.ASCII | re.IGNORECASE,
)
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?", re.ASCII | re.DOTALL)
INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
LONGEST_KEY = 500  # a simple key ends within 1,024 characters; escapes take six


def write(capsule, form="yaml", comment=""):
    """The document of `capsule`, the canonical content of `data_capsule`, as text.

    `form` is `yaml` or `json`; `comment` is a first line for YAML. Raises `ValueError` for another form.
    """
    root = {"data_capsule": capsule}
    if form == "json":
        return json.dumps(root, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if form != "yaml":
        raise ValueError(f"A document is written as yaml or json, not as {form}.")
    lines = [f"# {line}" for line in comment.splitlines()]
    _mapping(root, 0, lines)
    return "\n".join(lines) + "\n"


def write_bundle(capsules, form="yaml"):
    """Several documents in one text: separated by `---`, or as a JSON array."""
    if form == "json":
        roots = [{"data_capsule": capsule} for capsule in capsules]
        return json.dumps(roots, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return "---\n".join(write(capsule, form) for capsule in capsules)


def _mapping(found, indent, lines):
    pad = " " * indent
    for key, value in found.items():
        name = _text(key)
        if len(name) > LONGEST_KEY:
            lines.append(f"{pad}? {name}")
            name = ""
        _entry(f"{pad}{name}:", value, indent, lines)


def _entry(head, value, indent, lines):
    if isinstance(value, dict) and value:
        lines.append(head)
        _mapping(value, indent + 2, lines)
    elif isinstance(value, list) and value:
        lines.append(head)
        _list(value, indent + 2, lines)
    else:
        lines += _scalar(f"{head} ", value, indent + 2)


def _list(found, indent, lines):
    pad = " " * indent
    for value in found:
        if isinstance(value, dict | list) and value:
            first = len(lines)
            (_mapping if isinstance(value, dict) else _list)(value, indent + 2, lines)
            lines[first] = f"{pad}- {lines[first][indent + 2 :]}"
        else:
            lines += _scalar(f"{pad}- ", value, indent + 2)


def _scalar(head, value, indent):
    if isinstance(value, str) and "\n" in value and _as_block(value):
        body = value.rstrip("\n")
        ends = len(value) - len(body)
        pad = " " * indent
        lines = [f"{pad}{line}" if line else "" for line in body.split("\n")]
        return [f"{head}|{'-' if not ends else '' if ends == 1 else '+'}", *lines, *[""] * (ends - 1)]
    return [head + _plain(value)]


def _as_block(text):
    """True if every line can stand as it is: seen, and without blanks that an editor would take away."""
    if text[0].isspace() or not text.strip("\n"):
        return False
    return all(line == line.rstrip() and line.replace("\t", "").isprintable() for line in text.split("\n"))


def _plain(value):
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return str(value)


def _number(value):
    text = repr(value)
    if "e" not in text:
        return text
    exact = format(Decimal(text), "f")
    if len(exact) <= 40:
        return exact
    # YAML 1.1 wants a point before the exponent.
    return text if "." in text else text.replace("e", ".0e")


def _text(text):
    """`text` without quotes where every YAML reader takes it for the same text, else in double quotes."""
    if _is_plain(text):
        return text
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


def _is_plain(text):
    return (
        bool(text)
        and text[0] not in INDICATORS
        and text == text.strip()
        and text.isprintable()
        and ": " not in text
        and " #" not in text
        and not text.endswith(":")
        and not text.startswith("...")
        and text.lower() not in WORDS
        and not NUMBER.fullmatch(text)
        and not DATE.fullmatch(text)
    )
