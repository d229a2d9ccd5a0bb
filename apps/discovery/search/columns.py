"""Finding columns: distinct names first, then the columns that carry them."""

from django.utils.translation import gettext as _

from .. import matching, wording
from .asking import VISIBLE, name_match, named_params, params_of, run
from .found import CAP, SPELLING, STAGES, Hit, why_of

NAMES = 50  # distinct names of columns that are looked into
LOOKED_AT = 200  # columns of one name among which those of the most used capsules come first
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
        SELECT x.*, row_number() OVER (ORDER BY x.boost DESC, x.capsule_key, x.id) AS nth FROM (
            SELECT c.id, c.urn, c.description, c.data_type, c.capsule_id, s.boost, s.name_key AS capsule_key FROM dcs.columns c
            JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id AND {visible}
            WHERE c.name = b.name AND c.retired_at IS NULL AND c.visibility_rank <= %(clearance)s LIMIT %(looked)s
        ) x
        ORDER BY nth LIMIT CASE WHEN b.stage = 0 THEN %(limit)s ELSE ceil(%(limit)s::numeric / (SELECT count(*) FROM best)) END
    ) c ORDER BY b.stage, CASE WHEN b.stage > 0 THEN c.nth END, b.place, c.nth LIMIT %(limit)s
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
ORDER BY p.stage, CASE WHEN p.stage > 0 THEN p.nth END, p.place, p.nth
"""
COLUMN_BY_URN = """
SELECT c.id, c.urn, c.name, 0, left(c.description, 200), c.data_type, c.capsule_id, k.name, k.urn, k.layer, d.name, 1
FROM dcs.columns c JOIN dcs.capsules k ON k.id = c.capsule_id
LEFT JOIN dcs.domains d ON d.id = k.domain_id AND d.visibility_rank <= %(clearance)s
WHERE c.urn = ANY (%(urns)s::text[]) AND c.retired_at IS NULL AND k.retired_at IS NULL
  AND c.visibility_rank <= %(clearance)s AND k.visibility_rank <= %(clearance)s LIMIT %(limit)s
"""
NAMES_SEEN = """
SELECT n.name FROM (SELECT * FROM dcs.column_names n WHERE {match} LIMIT %(probe)s) n WHERE EXISTS (
    SELECT FROM dcs.columns c JOIN dcs.capsule_search s ON s.capsule_id = c.capsule_id AND {visible}
    WHERE c.name = n.name AND c.retired_at IS NULL AND c.visibility_rank <= %(clearance)s
)
"""


def find(asked, scope, reader, limit):
    """(hits, number) of columns: distinct names first, then the columns that carry them."""
    params = params_of(asked, reader, limit) | {"names": NAMES, "looked": max(limit, LOOKED_AT)}
    if asked.urns:
        rows = run(COLUMN_BY_URN, params)
    else:
        match, more = name_match("n", "n.lexemes", asked)
        visible = VISIBLE
        if scope is not None:
            met, of_scope = named_params(scope, "f")
            visible, more = f"{VISIBLE} AND {met}", more | of_scope
        rows = run(COLUMN_NAMES.format(match=match, visible=visible), params | more)
    hits = []
    for id_, urn, name, stage, about, type_, capsule_id, capsule, capsule_urn, layer, domain, _count in rows:
        why = _("exact address") if asked.urns else why_of(asked, stage)
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


def column_names(text, reader):
    """The names of the columns that a typed text finds, up to `CAP`; for the list of all of them."""
    asked = matching.read(str(wording.read(text)))
    if asked.is_empty:
        return []
    for reading in matching.readings(asked, reader):
        for tried in (reading, reading.by_words()) if reading.written else (reading,):
            match, more = name_match("n", "n.lexemes", tried)
            params = params_of(tried, reader, CAP) | more
            if found := run(NAMES_SEEN.format(match=match, visible=VISIBLE), params):
                return [name for (name,) in found]
    return []
