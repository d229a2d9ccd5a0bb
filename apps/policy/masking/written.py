"""Trees of `grammar` as SQL of an engine, written from their parts. Pure."""

from decimal import Decimal

from .kinds import DATE, FLOAT, MOMENT, TEXT


def sql(tree, to, column):
    """The SQL of a tree; `column(name)` says how a column is written."""

    def told(part):
        return sql(part, to, column)

    says, parts = tree.says, tree.parts
    if says == "column":
        name = column(parts[0])
        if tree.kind == TEXT:
            # The order of code points, whatever the column's own collation says.
            return f'(({name})::text COLLATE "C")' if to.name == "postgres" else f"({name})::VARCHAR"
        return name
    if says == "literal":
        return literal(parts[0], tree.kind, to)
    if says in ("and", "or"):
        return f"({told(parts[0])} {says.upper()} {told(parts[1])})"
    if says == "not":
        return f"(NOT {told(parts[0])})"
    if says == "compare":
        return f"({told(parts[1])} {parts[0]} {told(parts[2])})"
    if says == "in":
        return f"({told(parts[0])} IN ({', '.join(map(told, parts[1:]))}))"
    if says == "like":
        return f"({told(parts[0])} LIKE {to.text(parts[1])})"
    if says == "null":
        return f"({told(parts[0])} IS NULL)"
    return _made(tree, to, told)


def _made(tree, to, told):
    says, parts = tree.says, tree.parts
    if says in ("left", "right"):
        return f"{says}({told(parts[0])}, greatest(0, {told(parts[1])})::int)"
    if says == "substring":
        size = "" if parts[2] is None else f", greatest(0, {told(parts[2])})::int"
        return f"substr({told(parts[0])}, {parts[1]}{size})"
    if says == "concat":
        return f"({' || '.join(map(told, parts))})"
    if says == "replace":
        return f"replace({told(parts[0])}, {to.text(parts[1])}, {to.text(parts[2])})"
    if says == "length":
        return f"length({told(parts[0])})"
    if says == "sum":
        return f"({told(parts[0])} {parts[1]} {told(parts[2])})"
    cases = " ".join(
        f"WHEN {told(part.parts[0])} THEN {told(part.parts[1])}"
        if part.says == "when"
        else f"ELSE {told(part)}"
        for part in parts
    )
    return f"(CASE {cases} END)"


def literal(value, kind, to):
    """A value as SQL of its kind."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"({value:f})::DOUBLE PRECISION" if kind == FLOAT else f"({value:f})"
    if kind == DATE:
        return f"DATE '{value.isoformat()}'"
    if kind == MOMENT:
        return f"TIMESTAMP '{value.isoformat(' ')}'"
    return to.text(value)
