"""Finding capsules."""

from django.db import connection
from django.utils.translation import gettext as _

from .. import matching
from .asking import VISIBLE, named_params, params_of, run
from .found import CAP, EXACT, FIELDS, SPELLING, STAGES, Hit, name_why

IDS = """
SELECT f.capsule_id FROM dcs.capsule_facts f
WHERE f.visible_from <= %s AND f.visible_to >= %s AND NOT f.retired AND {match} LIMIT %s
"""
STAGE = """CASE WHEN s.name_key IN (%(key)s, %(name)s) THEN 0 WHEN s.name_key LIKE %(begins)s THEN 1
    WHEN s.name_words @@ to_tsquery('simple', %(query)s) THEN 2 WHEN s.name_key LIKE %(contains)s THEN 4 ELSE 3 END"""
# Each way of matching gives a thousand at most: the more there are, the less it matters which are looked at. OFFSET keeps each
# capsule's look-up by itself: joined otherwise, all hundred thousand would be read.
PROBE = """
SELECT s.capsule_id, s.found, CASE WHEN s.found > %(cap)s THEN 0 ELSE {stage} END AS stage, s.boost, s.name_key
FROM (
    SELECT s.*, count(*) OVER () AS found FROM ({ways}) w
    CROSS JOIN LATERAL (SELECT * FROM dcs.capsule_search s WHERE s.capsule_id = w.capsule_id OFFSET 0) s
) s
ORDER BY stage, s.boost DESC, length(s.name_key), s.name_key, s.capsule_id LIMIT %(limit)s
"""
WAY = """(SELECT s.capsule_id FROM ({ids}) m CROSS JOIN LATERAL (
    SELECT s.capsule_id FROM dcs.capsule_search s WHERE s.capsule_id = m.capsule_id AND {visible} AND {rest} OFFSET 0
) s LIMIT %(probe)s)"""
# Too many to sort: the best of each stage, one stage after the other, as far as they are needed.
WALK = """
SELECT * FROM (
    SELECT * FROM (SELECT s.capsule_id, 0, 0 AS stage, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_key IN (%(key)s, %(name)s) AND {rest} ORDER BY s.boost DESC, s.capsule_id LIMIT %(limit)s) a
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, 1, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_key LIKE %(begins)s AND s.name_key NOT IN (%(key)s, %(name)s) AND {rest}
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) b
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, 2, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_words @@ to_tsquery('simple', %(query)s) AND s.name_key NOT LIKE %(begins)s AND {rest}
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) c
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, {stage}, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND {match} AND s.name_key NOT LIKE %(begins)s AND NOT s.name_words @@ to_tsquery('simple', %(query)s)
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) d
) walked LIMIT %(limit)s
"""
CAPSULES = """
SELECT c.id, c.urn, c.name, c.capsule_type, c.layer, d.name, left(c.description, 200), h.stage, col.name,
    h.stage >= 3 AND w.words @@ to_tsquery('simple', %(in_columns)s),
    h.stage >= 3 AND w.words @@ to_tsquery('simple', %(in_tags)s),
    h.stage >= 3 AND w.words @@ to_tsquery('simple', %(in_text)s), c.urn = ANY (%(urns)s::text[])
FROM unnest(%(ids)s::uuid[], %(stages)s::int[]) WITH ORDINALITY h(id, stage, place)
JOIN dcs.capsules c ON c.id = h.id LEFT JOIN dcs.capsule_words w ON w.capsule_id = h.id AND h.stage >= 3
LEFT JOIN dcs.domains d ON d.id = c.domain_id AND d.visibility_rank <= %(clearance)s
LEFT JOIN LATERAL (
    SELECT k.name FROM dcs.columns k JOIN dcs.column_names n ON n.name = k.name
    WHERE k.capsule_id = h.id AND k.retired_at IS NULL AND k.visibility_rank <= %(clearance)s
      AND (n.lexemes @@ to_tsquery('simple', %(any_word)s) OR n.name_key = ANY (%(exact)s::text[]))
    ORDER BY n.name_key = ANY (%(exact)s::text[] || %(name)s::text) DESC, n.name_key LIKE %(begins)s DESC,
        n.lexemes @@ to_tsquery('simple', %(query)s) DESC, k.ordinal_position LIMIT 1
) col ON h.stage >= 3
ORDER BY h.place
"""


def capsule_ids(text, reader, *, limit=10_000):
    """The ids of the capsules that the catalogue lists for a typed text, retired ones left out."""
    _asked, match = matching.catalogue(text, reader)
    query = IDS.format(match=match.sql)
    with connection.cursor() as cursor:
        cursor.execute(query, [reader.clearance, reader.clearance, *match.params, limit])
        return [found for (found,) in cursor]


def find(asked, scope, reader, limit):
    """(hits, number) of capsules."""
    parts = matching.ways(asked, reader)
    if not all(parts):
        return [], 0
    rest, more = named_params(scope, "f") if scope is not None else ("TRUE", {})
    params = params_of(asked, reader, limit) | more
    best = _probe(parts, rest, params)
    number = best[0][1] if best else 0
    if number > CAP:
        best = _walk(parts, asked, rest, params)
    params |= {"ids": [found[0] for found in best], "stages": [found[2] for found in best]}
    hits = []
    for row in run(CAPSULES, params) if best else ():
        id_, urn, name, type_, layer, domain, about, stage, column, *where = row
        stage, why = _why(asked, stage, column, *where)
        hits.append(
            Hit("capsule", id_, name, STAGES[stage], why, urn, about or "", type_, layer or "", domain or "")
        )
    return hits, number


def _probe(parts, rest, params):
    """The best matches, and how many there are if not too many."""
    *others, either = parts
    whole, params = rest, dict(params)
    if others:  # quoted texts: each has to be met besides
        met, more = named_params(matching.holding("s", others), "o")
        whole, params = f"{rest} AND {met}", params | more
    ways = []
    for at, way in enumerate(either):
        ids, more = named_params(way.ids, f"w{at}_")
        ways.append(WAY.format(ids=_with_id(ids), visible=VISIBLE, rest=whole))
        params |= more
    return run(PROBE.format(stage=STAGE, ways=" UNION ".join(ways)), params)


def _with_id(ids):
    """A query for ids, its column by the name that the rest joins."""
    return f"SELECT x.id AS capsule_id FROM ({ids}) x(id)"  # noqa: S608 - our own queries


def _walk(parts, asked, rest, params):
    """The best of very many: a name that is, or begins with, the text, and one with all its words, match for certain."""
    match, more = named_params(matching.holding("s", parts), "m")
    certain = len(parts) == 1 and not asked.urns and not asked.exact and not asked.written
    query = WALK.format(
        stage=STAGE,
        visible=VISIBLE,
        rest=rest if certain else f"{rest} AND {match}",
        match=f"{match} AND {rest}",
    )
    return run(query, params | more)


def _why(asked, stage, column, in_columns, in_tags, in_text, by_urn):
    """(stage, sentence) of a capsule."""
    if by_urn:
        return EXACT, _("exact address")
    if asked.instead:
        return SPELLING, _("spelled like “%(word)s”") % {"word": asked.instead}
    named = column and column.lower() in (asked.name, *asked.texts)
    if column and (named or in_columns or asked.written) and stage >= FIELDS:
        return EXACT if named else stage, _("has the column %(column)s") % {"column": column}
    if stage == FIELDS and in_tags:
        return stage, _("has such a tag, term or schema")
    if stage == FIELDS and in_text:
        return stage, _("in the description")
    if stage == FIELDS or asked.partly:
        return FIELDS, _("some of the words") if asked.partly else _(
            "words of name, columns and description together"
        )
    return stage, name_why(stage, asked)
