"""What an index is on: columns and expressions, apart or within a table of MySQL. Pure."""

from .ddl_model import Index
from .ddl_words import unwrapped


def of_mysql(table, item):
    """An index that is written within a table; it is put there."""
    kind = item.take("FULLTEXT", "SPATIAL")
    item.take("KEY", "INDEX")
    name = item.name() if item.see() != "(" else ""
    if item.take("USING"):
        item.name()
    columns, expressions = index_parts(table, item)
    index = Index(name or "_".join(columns) or "index", columns, expressions)
    if kind:
        index.meta["method"] = kind.lower()
    item.rest()
    table.indexes.append(index)


def index_parts(table, item):
    """(columns, expressions) of the bracket of an index."""
    columns, expressions = [], []
    for part in item.items():
        single = len(part.words) == 1 or part.words[1].upper not in (
            "(",
            "::",
            "||",
            "+",
            "-",
            "*",
            "/",
            ".",
            "->",
            "->>",
        )
        if single and part.words[0].kind in ("word", "name"):
            name = part.name()
            if (column := table.column(name)) is not None or table.query:
                columns.append(column.name if column is not None else name)
                continue
            part.at -= 1
        expressions.append(_without_order(part))
    return columns, expressions


def _without_order(part):
    """The expression of an index without its order."""
    words = part.words
    while words and words[-1].upper in ("ASC", "DESC", "FIRST", "LAST", "NULLS"):
        words = words[:-1]
    return unwrapped(part.between(part.at, len(words)).said())
