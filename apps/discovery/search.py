"""Find capsules, columns, terms, domains and owners by what people type.

Exact names come first, then names that begin with the text, then all words anywhere, then the text inside a
name, then other spellings; each hit says why it is there. Nothing that the reader may not know of is found,
counted or offered as a spelling.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import matching, wording
from .conditions import all_of, conditions
from .filters import Filters
from .matching import Condition, beginning

KINDS = {
    "capsule": gettext_lazy("Capsules"),
    "column": gettext_lazy("Columns"),
    "term": gettext_lazy("Terms"),
    "domain": gettext_lazy("Domains"),
    "owner": gettext_lazy("Owners"),
}
NAMED = ("term", "domain", "owner")
EXACT, PREFIX, WORDS, FIELDS, PIECE, SPELLING = range(6)
STAGES = ("exact", "prefix", "words", "words", "substring", "spelling")
CAP = 1_000  # counts are exact up to here
NAMES = 50  # distinct names of columns that are looked into
SUGGESTED = {"capsule": 4, "column": 2, "term": 2, "domain": 1, "owner": 1}


@dataclass(frozen=True)
class Hit:
    """Something that was found.

    `why` is a sentence, `stage` one of `STAGES`, `about` the beginning of its description. Capsules have an
    address, type, layer and domain; columns an address and the capsule they are in; terms their status.
    """

    kind: str
    id: UUID
    name: str
    stage: str
    why: str
    urn: str = ""
    about: str = ""
    type: str = ""
    layer: str = ""
    domain: str = ""
    status: str = ""
    capsule_id: UUID | None = None
    capsule: str = ""
    capsule_urn: str = ""


@dataclass(frozen=True)
class Group:
    """The hits of one kind, best first, and how many there are (exact up to `CAP`)."""

    kind: str
    title: str
    hits: list
    count: int
    capped: bool = False


@dataclass(frozen=True)
class Found:
    """What a search found: a `Group` a kind in the order of `KINDS`, empty ones included.

    `filters` are those that words such as `domain:finance` in the text asked for; `filters.sentences()` gives
    their chips. `instead` is the spelling that was looked for because the typed one finds nothing; `partly` tells that
    hits have any of the words, because none has them all.
    """

    text: str
    groups: list = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    instead: str = ""
    partly: bool = False

    def __bool__(self):
        return any(group.count for group in self.groups)

    @property
    def count(self):
        return sum(group.count for group in self.groups)

    def __getitem__(self, kind):
        return next(group for group in self.groups if group.kind == kind)


def search(text, reader, *, kinds=None, limit=20):
    """`Found` for a typed text: up to `limit` hits of each of `kinds` (all of them without, or those that
    `kind:` in the text names).

    Takes any text of any length; at most `wording.LONGEST` characters count.
    """
    typed = wording.read(text)
    named = [kind for kind in typed.filters.get("kind", ()) if kind in KINDS]
    kinds = [kind for kind in KINDS if kind in (kinds or named or KINDS)]
    filters = Filters.parse({"q": text}).without("q")
    scope = _scope(filters, reader)
    if scope is not None:
        # A term has a domain and no layer, an owner has neither.
        fitting = (
            {"capsule", "column", "term"}
            if set(dict(filters.pairs())) == {"domain"}
            else {"capsule", "column"}
        )
        kinds = [kind for kind in kinds if kind in fitting]
    asked = matching.read(str(typed))
    if asked.is_empty:
        return Found(str(typed), [Group(kind, str(KINDS[kind]), [], 0) for kind in kinds], filters)
    first = None
    for reading in matching.readings(asked, reader):
        groups = _groups(reading, scope, reader, kinds, limit)
        if any(group.count for group in groups):
            return Found(str(typed), groups, filters, instead=reading.instead, partly=reading.partly)
        first = first or groups
    return Found(str(typed), first, filters)


def suggest(text, reader, *, limit=8):
    """Up to `limit` hits to offer while somebody types: capsules, then columns, terms, domains and owners."""
    found = search(text, reader, limit=limit)
    first = {group.kind: group.hits[: SUGGESTED[group.kind]] for group in found.groups}
    free = limit - sum(len(hits) for hits in first.values())
    for group in found.groups:
        extra = group.hits[SUGGESTED[group.kind] :][: max(free, 0)]
        first[group.kind] = first[group.kind] + extra
        free -= len(extra)
    return [hit for kind in first for hit in first[kind]][:limit]


def capsule_ids(text, reader, *, limit=10_000):
    """The ids of the capsules that the catalogue lists for a typed text, retired ones left out."""
    _asked, match = matching.catalogue(text, reader)
    query = IDS.format(match=match.sql)
    with connection.cursor() as cursor:
        cursor.execute(query, [reader.clearance, reader.clearance, *match.params, limit])
        return [found for (found,) in cursor]


def _groups(asked, scope, reader, kinds, limit):
    found = {}
    for kind, find in (("capsule", _capsules), ("column", _columns)):
        if kind in kinds:
            found[kind] = find(asked, scope, reader, limit)
            if asked.written and not found[kind][1]:
                found[kind] = find(asked.by_words(), scope, reader, limit)
    if wanted := [kind for kind in NAMED if kind in kinds]:
        found |= _named(asked, scope, reader, wanted, limit)
    return [
        Group(kind, str(KINDS[kind]), hits, min(n, CAP), n > CAP)
        for kind in kinds
        for hits, n in [found[kind]]
    ]


def _scope(filters, reader):
    """The condition that capsules meet the filters in the text; None without any."""
    if not filters:
        return None
    met = all_of(conditions(filters, reader))
    return Condition(SCOPE.format(met=met.sql), met.params)


def _named_params(condition, prefix):
    """The condition's SQL with named places instead of counted ones, and their values."""
    names = [f"{prefix}{at}" for at in range(len(condition.params))]
    sql = condition.sql
    for name in names:
        sql = sql.replace("%s", f"%({name})s", 1)
    return sql, dict(zip(names, condition.params, strict=True))


def _run(query, params):
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


# ---------- capsules ----------

SCOPE = "s.capsule_id IN (SELECT f.capsule_id FROM dcs.capsule_facts f WHERE {met})"
IDS = """
SELECT f.capsule_id FROM dcs.capsule_facts f
WHERE f.visible_from <= %s AND f.visible_to >= %s AND NOT f.retired AND {match} LIMIT %s
"""
STAGE = """CASE WHEN s.name_key IN (%(key)s, %(name)s) THEN 0 WHEN s.name_key LIKE %(begins)s THEN 1
    WHEN s.name_words @@ to_tsquery('simple', %(query)s) THEN 2 WHEN s.name_key LIKE %(contains)s THEN 4 ELSE 3 END"""
PROBE = """
SELECT s.capsule_id, s.found, CASE WHEN s.found > %(cap)s THEN 0 ELSE {stage} END AS stage, s.boost, s.name_key
FROM (
    SELECT s.*, count(*) OVER () AS found
    FROM (SELECT * FROM dcs.capsule_search s WHERE {visible} AND {match} LIMIT %(probe)s) s
) s
ORDER BY stage, s.boost DESC, length(s.name_key), s.name_key, s.capsule_id LIMIT %(limit)s
"""
# Too many to sort: the best of each stage, one stage after the other, as far as they are needed.
WALK = """
SELECT * FROM (
    SELECT * FROM (SELECT s.capsule_id, 0, 0 AS stage, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_key IN (%(key)s, %(name)s) AND {match} ORDER BY s.boost DESC, s.capsule_id LIMIT %(limit)s) a
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, 1, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_key LIKE %(begins)s AND s.name_key NOT IN (%(key)s, %(name)s) AND {match}
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) b
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, 2, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND s.name_words @@ to_tsquery('simple', %(query)s) AND s.name_key NOT LIKE %(begins)s AND {match}
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) c
    UNION ALL
    SELECT * FROM (SELECT s.capsule_id, 0, {stage}, s.boost, s.name_key FROM dcs.capsule_search s
        WHERE {visible} AND {match} AND s.name_key NOT LIKE %(begins)s AND NOT s.name_words @@ to_tsquery('simple', %(query)s)
        ORDER BY s.boost DESC, s.name_key, s.capsule_id LIMIT %(limit)s) d
) walked LIMIT %(limit)s
"""
VISIBLE = "s.visibility_rank <= %(clearance)s AND NOT s.retired"
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


def _params(asked, reader, limit):
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


def _capsules(asked, scope, reader, limit):
    """(hits, number) of capsules."""
    match, more = _named_params(matching.capsules(asked, reader), "m")
    if scope is not None:
        met, of_scope = _named_params(scope, "f")
        match, more = f"{match} AND {met}", more | of_scope
    params = _params(asked, reader, limit) | more
    best = _run(PROBE.format(stage=STAGE, visible=VISIBLE, match=match), params)
    number = best[0][1] if best else 0
    if number > CAP:
        best = _run(WALK.format(stage=STAGE, visible=VISIBLE, match=match), params)
    params |= {"ids": [found[0] for found in best], "stages": [found[2] for found in best]}
    hits = []
    for row in _run(CAPSULES, params) if best else ():
        id_, urn, name, type_, layer, domain, about, stage, column, *where = row
        stage, why = _why(asked, stage, column, *where)
        hits.append(
            Hit("capsule", id_, name, STAGES[stage], why, urn, about or "", type_, layer or "", domain or "")
        )
    return hits, number


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
    return stage, _name_why(stage, asked)


def _name_why(stage, asked):
    text = asked.name or " ".join(asked.texts)
    return {
        EXACT: _("exact name"),
        PREFIX: _("name begins with “%(text)s”") % {"text": text},
        WORDS: _("words of the name"),
        PIECE: _("name contains “%(text)s”") % {"text": text},
    }[stage]


# ---------- columns ----------

# Each name is looked up by itself, by index, however many columns there are: hence the sub-queries that begin
# with a name, and the OFFSET that keeps them apart.
COLUMN_NAMES = """
WITH matched AS MATERIALIZED (
    SELECT DISTINCT n.name, n.name_key, n.uses, CASE WHEN n.name_key IN (%(key)s, %(name)s) OR n.name_key = ANY (%(exact)s::text[]) THEN 0
        WHEN n.name_key LIKE %(begins)s THEN 1 WHEN n.lexemes @@ to_tsquery('simple', %(query)s) THEN 2 ELSE 4 END AS stage
    FROM (SELECT * FROM dcs.column_names n WHERE {match} LIMIT %(probe)s) n
), best AS MATERIALIZED (
    SELECT m.*, row_number() OVER (ORDER BY m.stage, m.uses DESC, length(m.name), m.name) AS place
    FROM matched m ORDER BY place LIMIT %(names)s
), picked AS MATERIALIZED (
    SELECT c.*, b.name AS found_name, b.stage, b.place FROM best b CROSS JOIN LATERAL (
        SELECT x.*, row_number() OVER () AS nth FROM (
            SELECT c.id, c.urn, c.description, c.data_type, c.capsule_id FROM dcs.columns c
            JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id AND {visible}
            WHERE c.name = b.name AND c.retired_at IS NULL AND c.visibility_rank <= %(clearance)s
            LIMIT CASE WHEN b.stage = 0 THEN %(limit)s ELSE ceil(%(limit)s::numeric / (SELECT count(*) FROM best)) END
        ) x
    ) c ORDER BY b.stage, CASE WHEN b.stage > 0 THEN c.nth END, b.place, c.id LIMIT %(limit)s
)
SELECT p.id, p.urn, p.found_name, p.stage, left(p.description, 200), p.data_type, p.capsule_id, k.name, k.urn, k.layer, d.name,
    (SELECT count(*) FROM (
        SELECT FROM matched m CROSS JOIN LATERAL (
            SELECT FROM dcs.columns c JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id AND {visible}
            WHERE c.name = m.name AND c.retired_at IS NULL AND c.visibility_rank <= %(clearance)s OFFSET 0
        ) c LIMIT %(probe)s
    ) counted)
FROM picked p
JOIN dcs.capsules k ON k.id = p.capsule_id
LEFT JOIN dcs.domains d ON d.id = k.domain_id AND d.visibility_rank <= %(clearance)s
ORDER BY p.stage, CASE WHEN p.stage > 0 THEN p.nth END, p.place, k.name, p.id
"""
COLUMN_BY_URN = """
SELECT c.id, c.urn, c.name, 0, left(c.description, 200), c.data_type, c.capsule_id, k.name, k.urn, k.layer, d.name, 1
FROM dcs.columns c JOIN dcs.capsules k ON k.id = c.capsule_id
LEFT JOIN dcs.domains d ON d.id = k.domain_id AND d.visibility_rank <= %(clearance)s
WHERE c.urn = ANY (%(urns)s::text[]) AND c.retired_at IS NULL AND k.retired_at IS NULL
  AND c.visibility_rank <= %(clearance)s AND k.visibility_rank <= %(clearance)s LIMIT %(limit)s
"""


def _columns(asked, scope, reader, limit):
    """(hits, number) of columns: distinct names first, then the columns that carry them."""
    params = _params(asked, reader, limit) | {"names": NAMES}
    if asked.urns:
        rows = _run(COLUMN_BY_URN, params)
    else:
        match, more = _name_match("n", "n.lexemes", asked)
        visible = VISIBLE
        if scope is not None:
            met, of_scope = _named_params(scope, "f")
            visible, more = f"{VISIBLE} AND {met}", more | of_scope
        rows = _run(COLUMN_NAMES.format(match=match, visible=visible), params | more)
    hits = []
    for id_, urn, name, stage, about, type_, capsule_id, capsule, capsule_urn, layer, domain, _count in rows:
        why = _("exact address") if asked.urns else _named_why(asked, stage)
        hits.append(
            Hit(
                "column",
                id_,
                name,
                STAGES[SPELLING if asked.instead else stage],
                why,
                urn,
                about or "",
                type_ or "",
                layer or "",
                domain or "",
                "",
                capsule_id,
                capsule,
                capsule_urn,
            )  # fmt: skip
        )
    return hits, rows[0][-1] if rows else 0


NAMES_SEEN = """
SELECT n.name FROM (SELECT * FROM dcs.column_names n WHERE {match} LIMIT %(probe)s) n WHERE EXISTS (
    SELECT FROM dcs.columns c JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id AND {visible}
    WHERE c.name = n.name AND c.retired_at IS NULL AND c.visibility_rank <= %(clearance)s
)
"""


def column_names(text, reader):
    """The names of the columns that a typed text finds, up to `CAP`; for the list of all of them."""
    asked = matching.read(str(wording.read(text)))
    if asked.is_empty:
        return []
    for reading in matching.readings(asked, reader):
        for tried in (reading, reading.by_words()) if reading.written else (reading,):
            match, more = _name_match("n", "n.lexemes", tried)
            params = _params(tried, reader, CAP) | more
            if found := _run(NAMES_SEEN.format(match=match, visible=VISIBLE), params):
                return [name for (name,) in found]
    return []


def _name_match(alias, words, asked):
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


# ---------- terms, domains, owners ----------

NAMED_ROWS = """
WITH matched AS MATERIALIZED (
    SELECT s.kind, s.id, s.name, s.name_key, CASE WHEN s.name_key = %(key)s OR s.name_key = %(name)s OR s.name_key = ANY (%(exact)s::text[]) THEN 0
        WHEN s.also && %(also)s::text[] THEN 0 WHEN s.name_key LIKE %(starts)s OR s.name_key LIKE %(begins)s THEN 1
        WHEN s.name_words @@ to_tsquery('simple', %(query)s) THEN 2 WHEN s.all_words @@ to_tsquery('simple', %(query)s) THEN 3 ELSE 4 END AS stage,
        s.name_key <> %(key)s AND s.also && %(also)s::text[] AS by_synonym
    FROM dcs.search_names s
    WHERE s.visibility_rank <= %(clearance)s AND s.kind = ANY (%(kinds)s)
      AND (s.all_words @@ to_tsquery('simple', %(query)s) OR s.also && %(also)s::text[] OR {match})
), best AS (
    SELECT m.*, count(*) OVER (PARTITION BY kind) AS number,
        row_number() OVER (PARTITION BY kind ORDER BY stage, length(name_key), name_key, id) AS place
    FROM matched m
)
SELECT b.kind, b.id, b.name, b.stage, b.by_synonym, b.number, left(coalesce(t.definition, d.description, o.email), 200),
    coalesce(t.approval_status, ''), coalesce(h.name, ''), coalesce(o.owner_type, '')
FROM best b
LEFT JOIN dcs.business_terms t ON b.kind = 'term' AND t.id = b.id
LEFT JOIN dcs.domains h ON h.id = t.domain_id AND h.visibility_rank <= %(clearance)s
LEFT JOIN dcs.domains d ON b.kind = 'domain' AND d.id = b.id
LEFT JOIN dcs.owners o ON b.kind = 'owner' AND o.id = b.id
WHERE b.place <= %(limit)s ORDER BY b.kind, b.place
"""


def _named(asked, scope, reader, kinds, limit):
    """{kind: (hits, number)} of terms, domains and owners."""
    params = _params(asked, reader, limit) | {
        "kinds": kinds,
        "also": [text for text in (asked.key, *asked.texts) if text],
        "starts": beginning(asked.key) if asked.name else " ",
    }
    match, more = _name_match("s", "s.name_words", asked)
    found = {kind: ([], 0) for kind in kinds}
    for kind, id_, name, stage, by_synonym, number, about, status, domain, type_ in _run(
        NAMED_ROWS.format(match=match), params | more
    ):
        why = (
            _("another name of it")
            if by_synonym
            else _("in the description")
            if stage == FIELDS
            else _named_why(asked, stage)
        )
        hit = Hit(
            kind,
            id_,
            name,
            STAGES[SPELLING if asked.instead else stage],
            why,
            about=about or "",
            status=status,
            domain=domain,
            type=type_,
        )
        found[kind] = (found[kind][0] + [hit], number)
    return found


def _named_why(asked, stage):
    if asked.instead:
        return _("spelled like “%(word)s”") % {"word": asked.instead}
    return _name_why(stage, asked)
