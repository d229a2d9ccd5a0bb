"""How a text is put to the database: its parameters, and conditions with named places."""

from django.db import connection

from .. import matching
from ..matching import beginning
from .found import CAP

VISIBLE = "s.visibility_rank <= %(clearance)s AND NOT s.retired"


def params_of(asked, reader, limit):
    name = asked.name or "".join(asked.texts[:1])
    return {
        "clearance": reader.clearance,
        "key": asked.key,
        "name": name or asked.key,
        # No name begins with the blank that stands for nothing.
        "begins": beginning(name) if name else " ",
        "contains": f"%{beginning(name)}" if name else " ",
        "query": asked.query,
        "any_word": asked.any_word,
        "in_columns": asked.query_in("B"),
        "in_tags": asked.query_in("C"),
        "in_text": asked.query_in("D"),
        "exact": asked.texts,
        "urns": list(asked.urns),
        "limit": limit,
        "cap": CAP,
        "probe": CAP + 1,
    }


def named_params(condition, prefix):
    """The condition's SQL with named places instead of counted ones, and their values."""
    names = [f"{prefix}{at}" for at in range(len(condition.params))]
    sql = condition.sql
    for name in names:
        sql = sql.replace("%s", f"%({name})s", 1)
    return sql, dict(zip(names, condition.params, strict=True))


def run(query, params):
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def name_match(alias, words, asked):
    """(condition, named parameters) that the words of a name match, or that it contains the text."""
    either, params = [], {}
    if asked.query and not (asked.written and alias == "n"):
        either.append(f"{words} @@ to_tsquery('simple', %(query)s)")
    if asked.name:
        piece = matching.piece(alias, asked.name, grams=f"{alias}.grams")
        names = ("p_text", "p_like")[-len(piece.params) :]
        either.append(piece.sql.replace("%s", "%({})s").format(*names))
        params |= dict(zip(names, piece.params, strict=True))
    if asked.exact:
        either.append(f"{alias}.name_key = ANY (%(exact)s::text[])")
    return "(" + (" OR ".join(either) or "FALSE") + ")", params
