"""Conditions and expressions of masking rules: read to a tree of listed parts, then weighed in Python or written as SQL. Pure.

A condition speaks of the capsule's columns: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL (trust.md, section 4.1). An
expression makes a text of its own column: LEFT, RIGHT, SUBSTRING, REPLACE, LENGTH, CONCAT, ||, CASE. Nothing of what
people wrote reaches an engine: SQL is written anew from the tree.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from .kinds import BOOLEAN, DATE, DECIMAL, FLOAT, INTEGER, MOMENT, NUMBERS, OTHER, TEXT, Kind

LONGEST, DEEPEST, MOST_NODES = 2_000, 30, 400
COMPARED = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
WEIGHED: dict[str, Callable] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class NotTaken(ValueError):
    """A text that is no condition or expression of the grammar; the message says which part is not."""


@dataclass(frozen=True)
class Node:
    """A part of a tree: `says` is its word, `parts` what it is made of, `kind` what comes out of it."""

    says: str
    parts: tuple
    kind: str = BOOLEAN


def condition(text: str, columns: dict[str, Kind]) -> Node:
    """The tree of a condition over columns, {name: kind}. Raises `NotTaken`."""
    return _truth(_parsed(text), _Names(columns))


def expression(text: str, column: str) -> Node:
    """The tree of an expression that makes a text of one column of texts. Raises `NotTaken`."""
    found = _value(_parsed(text), _Names({column: Kind(TEXT)}), TEXT)
    if not any(node.says == "column" for node in nodes(found)):
        raise NotTaken("it does not use the column")
    return found


def nodes(tree):
    """All parts of a tree."""
    yield tree
    for part in tree.parts:
        if isinstance(part, Node):
            yield from nodes(part)


# ---------- reading ----------


class _Names:
    def __init__(self, columns):
        self.columns = columns
        self.folded = {}
        for name in columns:
            self.folded.setdefault(name.casefold(), []).append(name)

    def find(self, name):
        if name in self.columns:
            return name
        found = self.folded.get(name.casefold(), [])
        if len(found) != 1:
            raise NotTaken(f"{name[:60]} is no column")
        return found[0]


def _parsed(text):
    text = (text or "").strip()
    if not text:
        raise NotTaken("it is empty")
    if len(text) > LONGEST or "\0" in text:
        raise NotTaken("it is too long")
    if "--" in text or "/*" in text or text.count("(") > DEEPEST:
        raise NotTaken("it has a comment, or too many brackets")
    try:
        tree = sqlglot.parse_one(text, read="postgres", into=exp.Condition)
    except (SqlglotError, ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError):
        raise NotTaken("it cannot be read") from None
    if sum(1 for _node in tree.walk()) > MOST_NODES:
        raise NotTaken("it has too many parts")
    return tree


def _truth(tree, names):
    kind = type(tree)
    if kind is exp.Paren:
        return _truth(tree.this, names)
    if kind in (exp.And, exp.Or):
        return Node(kind.__name__.lower(), (_truth(tree.this, names), _truth(tree.expression, names)))
    if kind is exp.Not:
        return Node("not", (_truth(tree.this, names),))
    if kind in COMPARED:
        return Node("compare", (COMPARED[kind], *_alike(names, tree.this, tree.expression)))
    if kind is exp.Between and not _extra(tree, "this", "low", "high"):
        value, low, high = _alike(names, tree.this, tree.args["low"], tree.args["high"])
        return Node("and", (Node("compare", (">=", value, low)), Node("compare", ("<=", value, high))))
    if kind is exp.In and not _extra(tree, "this", "expressions") and tree.expressions:
        value, *listed = _alike(names, tree.this, *tree.expressions)
        return Node("in", (value, *listed))
    if kind is exp.Like and not _extra(tree, "this", "expression"):
        value = _value(tree.this, names, TEXT)
        pattern = tree.expression
        if not (isinstance(pattern, exp.Literal) and pattern.is_string) or "\\" in pattern.this:
            raise NotTaken("LIKE takes a pattern that is written down, without a backslash")
        return Node("like", (value, pattern.this))
    if kind is exp.Is and isinstance(tree.expression, exp.Null):
        return Node("null", (_value(tree.this, names, None),))
    if kind is exp.Boolean:
        return Node("literal", (bool(tree.this),))
    if kind is exp.Column:
        found = _value(tree, names, None)
        if found.kind == BOOLEAN:
            return found
    raise NotTaken(f"{tree.sql()[:60]} is no condition")


def _extra(tree, *known):
    return any(value for name, value in tree.args.items() if name not in known)


def _alike(names, *trees):
    """The values that are compared, all of the kind of the first column among them."""
    of = next((found for found in (_column_kind(tree, names) for tree in trees) if found), None)
    if of is None:
        raise NotTaken("a comparison names a column")
    if of == OTHER:
        raise NotTaken("a column of this type is not compared")
    return tuple(_value(tree, names, of) for tree in trees)


def _column_kind(tree, names):
    while type(tree) is exp.Paren:
        tree = tree.this
    if type(tree) is exp.Column and not tree.args.get("table"):
        return names.columns[names.find(tree.name)].name
    if type(tree) is exp.Length:
        return INTEGER
    return TEXT if type(tree) in TEXTUAL else None


def _value(tree, names, wanted):
    kind = type(tree)
    if kind is exp.Paren:
        return _value(tree.this, names, wanted)
    if kind is exp.Column:
        if tree.args.get("table") or tree.args.get("db"):
            raise NotTaken("a column is named without its table")
        name = names.find(tree.name)
        of = names.columns[name].name
        if wanted is not None and wanted != of and not {wanted, of} <= NUMBERS:
            raise NotTaken(f"{name[:60]} is not compared with this")
        return Node("column", (name, names.columns[name]), of)
    if kind in (exp.Literal, exp.Neg, exp.Boolean):
        return Node("literal", (_literal(tree, wanted),), wanted or TEXT)
    if kind in TEXTUAL and wanted in (TEXT, None):
        return _textual(tree, names)
    if kind is exp.Length and wanted in (INTEGER, None) and not _extra(tree, "this"):
        return Node("length", (_value(tree.this, names, TEXT),), INTEGER)
    raise NotTaken(f"{tree.sql()[:60]} is not known")


def _literal(tree, wanted):
    negative = type(tree) is exp.Neg
    tree = tree.this if negative else tree
    if type(tree) is exp.Boolean and wanted == BOOLEAN and not negative:
        return bool(tree.this)
    if type(tree) is not exp.Literal or (negative and tree.is_string):
        raise NotTaken(f"{tree.sql()[:60]} is no value")
    text = ("-" if negative else "") + tree.this
    try:
        if wanted in NUMBERS and not tree.is_string:
            if not re.fullmatch(r"-?\d{1,18}(\.\d{1,10})?", text):
                raise NotTaken(f"{text[:60]} is no number of up to 18 digits")
            return Decimal(text)
        if wanted == TEXT and tree.is_string:
            return text
        if wanted == DATE and tree.is_string:
            return date.fromisoformat(text)
        if wanted == MOMENT and tree.is_string:
            return datetime.fromisoformat(text)
    except (ValueError, InvalidOperation):
        raise NotTaken(f"{text[:60]} is no value of this column") from None
    raise NotTaken(f"{text[:60]} is not compared with this column")


def _textual(tree, names):
    kind = type(tree)
    if kind in (exp.Left, exp.Right) and not _extra(tree, "this", "expression"):
        return Node(
            kind.__name__.lower(), (_value(tree.this, names, TEXT), _number(tree.expression, names)), TEXT
        )
    if kind is exp.Substring and not _extra(tree, "this", "start", "length"):
        start, length = tree.args.get("start"), tree.args.get("length")
        if not (
            isinstance(start, exp.Literal)
            and not start.is_string
            and start.this.isdigit()
            and int(start.this)
        ):
            raise NotTaken("SUBSTRING begins at a number from 1 on")
        size = _number(length, names) if length is not None else None
        return Node("substring", (_value(tree.this, names, TEXT), int(start.this), size), TEXT)
    if kind is exp.DPipe or (kind is exp.Concat and tree.expressions):
        parts = tree.expressions if kind is exp.Concat else [tree.this, tree.expression]
        if kind is exp.Concat:
            raise NotTaken("texts are put together with ||")
        return Node("concat", tuple(_value(part, names, TEXT) for part in parts), TEXT)
    if kind is exp.Replace and not _extra(tree, "this", "expression", "replacement"):
        old = _literal(tree.expression, TEXT)
        if not old:
            raise NotTaken("REPLACE needs something to look for")
        return Node(
            "replace", (_value(tree.this, names, TEXT), old, _literal(tree.args["replacement"], TEXT)), TEXT
        )
    if kind is exp.Case and not tree.this:
        default = tree.args.get("default")
        cases = tuple(
            Node("when", (_truth(case.this, names), _value(case.args["true"], names, TEXT)), TEXT)
            for case in tree.args["ifs"]
        )
        other = (_value(default, names, TEXT),) if default is not None else ()
        return Node("case", cases + other, TEXT)
    raise NotTaken(f"{tree.sql()[:60]} is not known")


def _number(tree, names):
    """How many signs: a number, or the length of a text, more or less a number."""
    if isinstance(tree, exp.Literal) and not tree.is_string and tree.this.isdigit() and len(tree.this) < 7:
        return Node("literal", (Decimal(tree.this),), INTEGER)
    if type(tree) is exp.Length:
        return _value(tree, names, INTEGER)
    if type(tree) in (exp.Add, exp.Sub):
        sign = "+" if type(tree) is exp.Add else "-"
        return Node("sum", (_number(tree.this, names), sign, _number(tree.expression, names)), INTEGER)
    raise NotTaken("a number of signs is a number, or a LENGTH more or less one")


TEXTUAL = (exp.Left, exp.Right, exp.Substring, exp.DPipe, exp.Concat, exp.Replace, exp.Case)


# ---------- in Python ----------


def weigh(tree: Node, row: dict[str, Any]) -> Any:
    """What a tree is for a row, {column: value}; None where SQL says NULL."""
    return WEIGHERS[tree.says](tree, row)


def _weigh_column(tree, row):
    value = row[tree.parts[0]]
    kind = tree.parts[1].name
    if value is None:
        return None
    if kind == TEXT:
        return str(value)
    if kind == FLOAT:
        return _ordered(float(value))
    return Decimal(str(value)) if kind in (INTEGER, DECIMAL) else value


def _ordered(number):
    """A float that compares as databases do: what is no number is the greatest, and equal to itself."""
    return math.inf if math.isnan(number) else number


def _weigh_and(tree, row):
    one, other = (weigh(part, row) for part in tree.parts)
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _weigh_or(tree, row):
    one, other = (weigh(part, row) for part in tree.parts)
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def _weigh_not(tree, row):
    found = weigh(tree.parts[0], row)
    return None if found is None else not found


def _weigh_compare(tree, row):
    sign, one, other = tree.parts
    a, b = weigh(one, row), weigh(other, row)
    return None if a is None or b is None else WEIGHED[sign](a, b)


def _weigh_in(tree, row):
    value = weigh(tree.parts[0], row)
    return None if value is None else any(value == weigh(part, row) for part in tree.parts[1:])


def _weigh_like(tree, row):
    value = weigh(tree.parts[0], row)
    if value is None:
        return None
    pattern = "".join({"%": ".*", "_": "."}.get(sign) or re.escape(sign) for sign in tree.parts[1])
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def _weigh_left(tree, row):
    return _cut(tree, row, lambda text, size: text[:size])


def _weigh_right(tree, row):
    return _cut(tree, row, lambda text, size: text[len(text) - min(size, len(text)) :])


def _cut(tree, row, cut):
    text, size = weigh(tree.parts[0], row), weigh(tree.parts[1], row)
    return None if text is None or size is None else cut(text, max(0, int(size)))


def _weigh_substring(tree, row):
    text, start, size = weigh(tree.parts[0], row), tree.parts[1], tree.parts[2]
    if text is None:
        return None
    if size is None:
        return text[start - 1 :]
    length = weigh(size, row)
    return None if length is None else text[start - 1 : start - 1 + max(0, int(length))]


def _weigh_concat(tree, row):
    parts = [weigh(part, row) for part in tree.parts]
    return None if None in parts else "".join(parts)


def _weigh_replace(tree, row):
    text = weigh(tree.parts[0], row)
    return None if text is None else text.replace(tree.parts[1], tree.parts[2])


def _weigh_case(tree, row):
    for part in tree.parts:
        if part.says != "when":
            return weigh(part, row)
        if weigh(part.parts[0], row) is True:
            return weigh(part.parts[1], row)
    return None


def _weigh_sum(tree, row):
    one, sign, other = tree.parts
    a, b = weigh(one, row), weigh(other, row)
    return None if a is None or b is None else (a + b if sign == "+" else a - b)


def _weigh_length(tree, row):
    text = weigh(tree.parts[0], row)
    return None if text is None else Decimal(len(text))


WEIGHERS: dict[str, Callable] = {
    "literal": lambda tree, _row: tree.parts[0],
    "column": _weigh_column,
    "and": _weigh_and,
    "or": _weigh_or,
    "not": _weigh_not,
    "compare": _weigh_compare,
    "in": _weigh_in,
    "like": _weigh_like,
    "null": lambda tree, row: weigh(tree.parts[0], row) is None,
    "left": _weigh_left,
    "right": _weigh_right,
    "substring": _weigh_substring,
    "concat": _weigh_concat,
    "replace": _weigh_replace,
    "case": _weigh_case,
    "sum": _weigh_sum,
    "length": _weigh_length,
}
