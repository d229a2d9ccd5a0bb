"""What matches a typed text: conditions in SQL over the search tables.

A text is read in several ways, and the first that finds something counts: an identifier as it is written, all
words, other spellings, all words but one, any word. A capsule matches a word that begins one of its words (of
its name, columns, tags, terms, schema or description), or a text that its name contains.
"""

import re
import uuid
from dataclasses import dataclass, replace

import numpy as np
from django.db import connection

from apps.catalog import urns

from . import kept, spelling, wording

SHORTEST_PIECE = 3  # characters; a shorter text has no trigram, and is looked for at the beginning only
MISSPELT = 4  # words that are looked at for another spelling
NAMES = 50  # names of columns that a text may stand for
IDENTIFIER = re.compile(r"\S+[_.\-]\S*|\S*[a-z][A-Z]\S*")


@dataclass(frozen=True)
class Condition:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple = ()


@dataclass(frozen=True)
class Literal:
    """A text that stands for itself: in lower case, the query for its words, and the names of columns it means."""

    text: str
    query: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A typed text, ready to be matched.

    `key` is the text in lower case, `name` the same as an identifier (empty if only words count); `words` are
    its words as the search tables have them, `query` a text-search query for them. `written` is set while an
    identifier is taken as it is written. `instead` is the text that was looked for in place of the typed one
    (another spelling), `partly` tells that not all words are needed.
    """

    key: str
    name: str
    words: tuple[str, ...]
    query: str
    written: Literal | None = None
    exact: tuple[Literal, ...] = ()
    urns: tuple[str, ...] = ()
    instead: str = ""
    partly: bool = False

    @property
    def is_empty(self):
        return not (self.key or self.exact)

    @property
    def texts(self):
        """The quoted texts."""
        return [literal.text for literal in self.exact]

    def query_in(self, weight):
        """The query for words of one weight: A of the name, B of columns, C of tags and terms, D of descriptions."""
        return " & ".join(f"'{word}':*{weight}" for word in self.words)

    @property
    def any_word(self):
        """The query for any of the words, quoted ones included."""
        found = [f"'{word}':*" for word in self.words]
        return " | ".join([*found, *(f"({literal.query})" for literal in self.exact if literal.query)])

    def by_words(self):
        """The same, taken word by word."""
        return replace(self, written=None)


WORDS = "SELECT dcs.words(text) FROM unnest(%s::text[]) WITH ORDINALITY given(text, at) ORDER BY at"
COLUMNS = "SELECT name FROM dcs.column_names WHERE name_key LIKE %s GROUP BY name ORDER BY max(uses) DESC, name LIMIT %s"


def read(text):
    """What a typed text asks for, as `Asked`: one query, and one for each text that may name a column."""
    typed = wording.read(text)
    key = typed.text.lower()
    with connection.cursor() as cursor:
        # Case tells where the words of an identifier begin; for everything else it does not count.
        cursor.execute(WORDS, [[typed.text, *typed.exact]])
        words, *quoted = (tuple(dict.fromkeys(found.split()[: wording.MOST_WORDS])) for (found,) in cursor)
        written = None
        if IDENTIFIER.fullmatch(typed.text) and not key.startswith("urn:"):
            written = Literal(key, all_of(words), _columns(cursor, beginning(key)))
        exact = tuple(
            Literal(text.lower(), all_of(found), _columns(cursor, pattern(text)))
            for text, found in zip(typed.exact, quoted, strict=True)
        )
    return Asked(
        key=key,
        name=key.replace(" ", "_"),
        words=words,
        query=all_of(words),
        written=written,
        exact=exact,
        urns=tuple(urns.spellings(typed.text)) if key.startswith("urn:") else (),
    )


def _columns(cursor, like):
    """The names of columns that a pattern means, most used first."""
    cursor.execute(COLUMNS, [like, NAMES])
    return tuple(name for (name,) in cursor)


def all_of(words):
    """The text-search query for all of the words, each the beginning of one."""
    return " & ".join(f"'{word}':*" for word in words)


def readings(asked, reader):
    """The ways of reading a text, strictest first; those that need the database are made when they are reached."""
    yield asked
    if asked.urns or asked.is_empty:
        return
    if asked.written:
        yield asked.by_words()
    if other := taken_apart(asked):
        yield other
    if other := respelled(asked, reader):
        yield other
    if asked.words and not asked.exact:
        words = asked.words
        some = replace(asked, name="", written=None, partly=True)
        if 2 < len(words) <= 6:
            yield replace(
                some,
                query=" | ".join(f"({all_of(words[:at] + words[at + 1 :])})" for at in range(len(words))),
            )
        if len(words) > 1:
            yield replace(some, query=asked.any_word)


def taken_apart(asked):
    """`asked` as two words, if it is one word that is made of them: `orderitems` is `order items`; else None."""
    found = spelling.apart(asked.key) if len(asked.words) == 1 and asked.key == asked.words[0] else None
    if not found:
        return None
    said = " ".join(found)
    return replace(
        asked,
        name=said.replace(" ", "_"),
        written=None,
        words=found,
        query=f"'{found[0]}' & '{found[1]}':*",
        instead=said,
    )


def respelled(asked, reader):
    """`asked` with words that are spelled alike and that find something for this reader; None if there are none."""
    near = {word: spelling.alternatives(word) for word in asked.words[:MISSPELT]}
    near = {word: found for word, found in near.items() if found}
    if not near:
        return None
    visible = _visible_words({word for found in near.values() for word in found}, reader)
    near = {word: [other for other in found if other in visible] for word, found in near.items()}
    if not any(near.values()):
        return None
    parts, said = [], []
    for word in asked.words:
        others = near.get(word)
        parts.append("(" + " | ".join(f"'{other}'" for other in others) + ")" if others else f"'{word}':*")
        said.append(others[0] if others else word)
    # The pieces of the misspelt name are of no use any more: only the words count.
    return replace(
        asked, name="", written=None, words=tuple(said), query=" & ".join(parts), instead=" ".join(said)
    )


VISIBLE_WORDS = """
SELECT word FROM unnest(%s::text[]) word WHERE EXISTS (
    SELECT FROM dcs.capsule_search s
    WHERE s.name_words @@ quote_literal(word)::tsquery AND s.visibility_rank <= %s AND NOT s.retired
) OR EXISTS (
    SELECT FROM dcs.search_names s WHERE s.name_words @@ quote_literal(word)::tsquery AND s.visibility_rank <= %s
) OR EXISTS (
    SELECT FROM dcs.column_names n JOIN dcs.columns c ON c.name = n.name
    JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id
    WHERE n.lexemes @@ quote_literal(word)::tsquery AND c.retired_at IS NULL AND c.visibility_rank <= %s
      AND s.visibility_rank <= %s AND NOT s.retired
)
"""


def _visible_words(words, reader):
    with connection.cursor() as cursor:
        cursor.execute(VISIBLE_WORDS, [sorted(words), *[reader.clearance] * 4])
        return {word for (word,) in cursor}


# ---------- capsules ----------

# The words narrow it down by their index; of what is left, each capsule is asked for the column itself.
HAS_COLUMN = """SELECT w.capsule_id FROM dcs.capsule_words w WHERE w.words @@ to_tsquery('simple', %s) AND EXISTS (
    SELECT FROM dcs.columns c WHERE c.capsule_id = w.capsule_id AND c.name = ANY (%s::text[])
    AND c.retired_at IS NULL AND c.visibility_rank <= %s
)"""
HAS_WORDS = "SELECT w.capsule_id FROM dcs.capsule_words w WHERE w.words @@ to_tsquery('simple', %s)"
NAMED = "SELECT m.capsule_id FROM dcs.capsule_search m WHERE {named}"
NAME_WORDS = "m.name_words @@ to_tsquery('simple', %s)"
BY_URN = "SELECT id FROM dcs.capsules WHERE urn = ANY (%s::text[])"
# The same asked of one capsule. OFFSET keeps the planner from asking all of them first.
ROW_COLUMN = """EXISTS (SELECT FROM dcs.columns c WHERE c.capsule_id = {row}.capsule_id AND c.name = ANY (%s::text[])
    AND c.retired_at IS NULL AND c.visibility_rank <= %s OFFSET 0)"""
ROW_WORDS = """EXISTS (SELECT FROM dcs.capsule_words w WHERE w.capsule_id = {row}.capsule_id
    AND w.words @@ to_tsquery('simple', %s) OFFSET 0)"""
ROW_NAME_WORDS = f"EXISTS (SELECT FROM dcs.capsule_search m WHERE m.capsule_id = {{row}}.capsule_id AND {NAME_WORDS} OFFSET 0)"


@dataclass(frozen=True)
class Way:
    """One way in which capsules match: a query for their ids, and the same asked of a row with `capsule_id` and `name_key`."""

    ids: Condition
    holds: Condition


def capsules(asked, reader):
    """The condition on `capsule_search s` that a capsule matches; visibility is not part of it."""
    return _within("s.capsule_id", ways(asked, reader))


def ways(asked, reader):
    """For each thing that must match: the ways in which it may."""
    if asked.urns:
        found = Condition(BY_URN, (list(asked.urns),))
        return [[Way(found, Condition(f"{{row}}.capsule_id IN ({BY_URN})", found.params))]]
    found = [_literally(literal, reader) for literal in asked.exact]
    if asked.written:
        found.append(_literally(asked.written, reader))
    elif asked.key:
        either = [_named(asked.name)] if asked.name else []
        query = (asked.query,)
        if asked.query and (asked.partly or asked.instead or len(asked.key) >= SHORTEST_PIECE):
            either.append(Way(Condition(HAS_WORDS, query), Condition(ROW_WORDS, query)))
        elif asked.query:
            named = Condition(NAMED.format(named=NAME_WORDS), query)
            either.append(Way(named, Condition(ROW_NAME_WORDS, query)))
        found.append(either)
    return found or [[]]


def _literally(literal, reader):
    """Names that contain the text, and capsules with a column that it names."""
    either = [_named(literal.text)]
    if literal.names and literal.query:
        names = (list(literal.names), reader.clearance)
        either.append(Way(Condition(HAS_COLUMN, (literal.query, *names)), Condition(ROW_COLUMN, names)))
    return either


def _named(text):
    found = piece("m", text, grams="dcs.grams(m.name_key)")
    whole = found.params[-1]
    return Way(
        Condition(NAMED.format(named=found.sql), found.params), Condition("{row}.name_key LIKE %s", (whole,))
    )


def _within(column, parts):
    """The condition that `column` is an id that each of the parts gives."""
    sql, params = [], []
    for either in parts:
        if not either:
            return Condition("FALSE")
        sql.append(f"{column} IN ({' UNION ALL '.join(way.ids.sql for way in either)})")
        params += [param for way in either for param in way.ids.params]
    return Condition(" AND ".join(sql), tuple(params))


def holding(row, parts):
    """The condition that a row, by its alias, matches each of the parts: for walks that stop early."""
    if not all(parts):
        return Condition("FALSE")
    sql = ["(" + " OR ".join(way.holds.sql.replace("{row}", row) for way in either) + ")" for either in parts]
    params = [param for either in parts for way in either for param in way.holds.params]
    return Condition(" AND ".join(sql), tuple(params))


def piece(alias, text, *, grams):
    """The condition that a name contains `text`, by the index on `grams`; below three characters, that it begins with it."""
    if len(text) < SHORTEST_PIECE:
        return Condition(f"{alias}.name_key LIKE %s", (beginning(text),))
    return Condition(
        f"({grams} @> dcs.grams(%s) AND {alias}.name_key LIKE %s)", (text, f"%{beginning(text)}")
    )


def pattern(text):
    """The LIKE pattern of `text` itself, in lower case."""
    return text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def beginning(text):
    """The LIKE pattern of what begins with `text`."""
    return pattern(text) + "%"


ANY = "SELECT EXISTS (SELECT FROM dcs.capsule_search s WHERE s.visibility_rank <= %s AND {match})"
FEW = 2_000  # matches that are named one by one
MANY = 25_000  # matches that are gathered first; more are asked for row by row along the order of the list
REMEMBERED = 16  # texts whose matches are kept while the catalogue does not change
_remembered = {}  # {(text, clearance): (the facts they belong to, Match)}


@dataclass(frozen=True)
class Match:
    """The capsules that a typed text finds: how it was read, and their keys as `kept.hashed` makes them."""

    asked: Asked
    keys: np.ndarray
    ids: tuple = ()


def catalogue(text, reader):
    """(`Asked`, condition on `capsule_facts f`) by which the catalogue is narrowed to a typed text.

    The first reading of the text that finds a capsule for this reader.
    """
    facts = kept.current()
    if facts is not None:
        found = matched(text, reader, facts)
        if found.asked.is_empty:
            return found.asked, Condition("TRUE")
        if len(found.keys) <= FEW:
            return found.asked, Condition("f.capsule_id = ANY (%s::uuid[])", (list(found.ids),))
        parts = ways(found.asked, reader)
        few = len(found.keys) <= MANY
        return found.asked, _within("f.capsule_id", parts) if few else holding("f", parts)
    asked = read(text)
    if asked.is_empty:
        return asked, Condition("TRUE")
    for reading in readings(asked, reader):
        match = capsules(reading, reader)
        with connection.cursor() as cursor:
            cursor.execute(ANY.format(match=match.sql), [reader.clearance, *match.params])
            if cursor.fetchone()[0]:
                return reading, _within("f.capsule_id", ways(reading, reader))
    return asked, Condition("FALSE")


def matched(text, reader, facts):
    """The `Match` of a text among `facts`, for the first reading that finds something for this reader."""
    key = (text, reader.clearance)
    known = _remembered.get(key)
    if known is not None and known[0] is facts:
        return known[1]
    asked = read(text)
    found = Match(asked, np.array([], np.uint64))
    if not asked.is_empty:
        visible = (facts.visible_from <= reader.clearance) & (facts.visible_to >= reader.clearance)
        for reading in readings(asked, reader):
            hashes, ids = _keys(ways(reading, reader))
            if len(hashes) and bool(np.any(facts.having(hashes) & visible)):
                found = Match(reading, hashes, ids)
                break
    while len(_remembered) >= REMEMBERED:
        _remembered.pop(next(iter(_remembered)), None)
    _remembered[key] = (facts, found)
    return found


def _keys(parts):
    """(keys of the capsules that match each of the parts, as `kept.hashed` makes them; their ids if they are few)."""
    found, keys = None, None
    for either in parts:
        if not either:
            return np.array([], np.uint64), ()
        query = " UNION ALL ".join(way.ids.sql for way in either)
        keys = kept.ids_of(query, [param for way in either for param in way.ids.params])
        hashes = kept.hashed(keys)
        found = np.unique(hashes) if found is None else np.intersect1d(found, hashes)
    if found is None or len(found) > FEW:
        return found, ()
    named = {
        int(key): uuid.UUID(bytes=bytes(raw).ljust(16, b"\0")) for key, raw in zip(hashes, keys, strict=True)
    }
    return found, tuple(named[int(key)] for key in found)
