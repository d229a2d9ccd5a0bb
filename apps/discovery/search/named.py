"""Finding terms, domains, owners and data products."""

from django.utils.translation import gettext as _

from ..matching import beginning
from .asking import name_match, params_of, run
from .found import FIELDS, SPELLING, STAGES, Hit, why_of

NAMED = ("term", "domain", "owner", "product")
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
SELECT b.kind, b.id, b.name, b.stage, b.by_synonym, b.number, left(coalesce(t.definition, d.description, o.email, p.description), 200),
    coalesce(t.approval_status, p.status, ''), coalesce(h.name, ''), coalesce(o.owner_type, '')
FROM best b
LEFT JOIN dcs.business_terms t ON b.kind = 'term' AND t.id = b.id
LEFT JOIN dcs.data_products p ON b.kind = 'product' AND p.id = b.id
LEFT JOIN dcs.domains h ON h.id = coalesce(t.domain_id, p.domain_id) AND h.visibility_rank <= %(clearance)s
LEFT JOIN dcs.domains d ON b.kind = 'domain' AND d.id = b.id
LEFT JOIN dcs.owners o ON b.kind = 'owner' AND o.id = b.id
WHERE b.place <= %(limit)s ORDER BY b.kind, b.place
"""


def find(asked, scope, reader, kinds, limit):
    """{kind: (hits, number)} of terms, domains, owners and data products."""
    params = params_of(asked, reader, limit) | {
        "kinds": kinds,
        "also": [text for text in (asked.key, *asked.texts) if text],
        "starts": beginning(asked.key) if asked.name else " ",
    }
    match, more = name_match("s", "s.name_words", asked)
    found = {kind: ([], 0) for kind in kinds}
    for kind, id_, name, stage, by_synonym, number, about, status, domain, type_ in run(
        NAMED_ROWS.format(match=match), params | more
    ):
        why = (
            _("another name of it")
            if by_synonym
            else _("in the description")
            if stage == FIELDS
            else why_of(asked, stage)
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
