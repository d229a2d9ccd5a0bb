"""What matches a typed text: conditions in SQL over the search tables.

A text is read in several ways, and the first that finds something counts: an identifier as it is written, all
words, other spellings, all words but one, any word. A capsule matches a word that begins one of its words (of
its name, columns, tags, terms, schema or description), or a text that its name contains.
"""

import re
from dataclasses import dataclass, replace

from django.db import connection

from apps.catalog import urns

from . import spelling, wording

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


READ = """
SELECT dcs.words(text), ARRAY(
    SELECT name FROM dcs.column_names n WHERE n.name_key LIKE pattern GROUP BY name ORDER BY max(uses) DESC, name LIMIT %s
) FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY given(text, pattern, at) ORDER BY at
"""


def read(text):
    """What a typed text asks for, as `Asked`; one query."""
    typed = wording.read(text)
    # Case tells where the words of an identifier begin; for everything else it does not count.
    texts = [typed.text, *typed.exact]
    is_identifier = bool(IDENTIFIER.fullmatch(typed.text)) and not typed.text.startswith("urn:")
    # A pattern that ends in a lone backslash matches nothing and reads nothing.
    patterns = [
        beginning(typed.text.lower()) if is_identifier else "\x01",
        *(pattern(text) for text in typed.exact),
    ]
    with connection.cursor() as cursor:
        cursor.execute(READ, [NAMES, texts, patterns])
        (words, columns), *quoted = cursor.fetchall()
    words = tuple(dict.fromkeys(words.split()[: wording.MOST_WORDS]))
    key = typed.text.lower()
    return Asked(
        key=key,
        name=key.replace(" ", "_"),
        words=words,
        query=all_of(words),
        written=Literal(key, all_of(words), tuple(columns)) if is_identifier else None,
        exact=tuple(
            Literal(text.lower(), all_of(found.split()[: wording.MOST_WORDS]), tuple(names))
            for text, (found, names) in zip(typed.exact, quoted, strict=True)
        ),
        urns=tuple(urns.spellings(typed.text)) if key.startswith("urn:") else (),
    )


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
HAS_COLUMN = """(s.all_words @@ to_tsquery('simple', %s) AND EXISTS (
    SELECT FROM dcs.columns c WHERE c.capsule_id = s.capsule_id AND c.name = ANY (%s::text[])
    AND c.retired_at IS NULL AND c.visibility_rank <= %s
))"""


def capsules(asked, reader):
    """The condition on `capsule_search s` that a capsule matches; visibility is not part of it."""
    if asked.urns:
        return Condition(
            "s.capsule_id IN (SELECT id FROM dcs.capsules WHERE urn = ANY (%s::text[]))", (list(asked.urns),)
        )
    found = [_literally(literal, reader) for literal in asked.exact]
    if asked.written:
        found.append(_literally(asked.written, reader))
    elif asked.key:
        either = [Condition("s.all_words @@ to_tsquery('simple', %s)", (asked.query,))] if asked.query else []
        if asked.name:
            either.append(piece("s", asked.name))
        found.append(_joined(" OR ", either))
    return _joined(" AND ", found) if found else Condition("FALSE")


def _literally(literal, reader):
    """Names that contain the text, and capsules with a column that it names."""
    either = [piece("s", literal.text)]
    if literal.names and literal.query:
        either.append(Condition(HAS_COLUMN, (literal.query, list(literal.names), reader.clearance)))
    return _joined(" OR ", either)


def piece(alias, text):
    """The condition that a name contains `text`; below three characters, that it begins with it."""
    if len(text) < SHORTEST_PIECE:
        return Condition(f"{alias}.name_key LIKE %s", (beginning(text),))
    return Condition(
        f"({alias}.grams @> dcs.grams(%s) AND {alias}.name_key LIKE %s)", (text, f"%{beginning(text)}")
    )


def pattern(text):
    """The LIKE pattern of `text` itself, in lower case."""
    return text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def beginning(text):
    """The LIKE pattern of what begins with `text`."""
    return pattern(text) + "%"


def _joined(word, conditions):
    return Condition(
        "(" + word.join(condition.sql for condition in conditions) + ")",
        tuple(param for condition in conditions for param in condition.params),
    )


OF_FACTS = "f.capsule_id IN (SELECT s.capsule_id FROM dcs.capsule_search s WHERE {match})"
ANY = "SELECT EXISTS (SELECT FROM dcs.capsule_search s WHERE s.visibility_rank <= %s AND {match})"


def catalogue(text, reader):
    """(`Asked`, condition on `capsule_facts f`) by which the catalogue is narrowed to a typed text.

    The first reading of the text that finds a capsule for this reader.
    """
    asked = read(text)
    if asked.is_empty:
        return asked, Condition("TRUE")
    for reading in readings(asked, reader):
        match = capsules(reading, reader)
        with connection.cursor() as cursor:
            cursor.execute(ANY.format(match=match.sql), [reader.clearance, *match.params])
            if cursor.fetchone()[0]:
                return reading, _of_facts(match)
    return asked, Condition("FALSE")


def _of_facts(match):
    return Condition(OF_FACTS.format(match=match.sql), match.params)
