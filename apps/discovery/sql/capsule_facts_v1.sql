-- What the catalogue lists, filters and sorts by: one narrow row a capsule, derived from the other tables by
-- triggers (capsule_facts_triggers_v1.sql). Derived, therefore neither audited nor part of a version.
--
-- A capsule with parts that need a higher clearance than itself (a secret column, say) has one row more for
-- each such step: readers of clearance `visible_from` to `visible_to` see that row and no other, so that
-- nothing hidden is found, counted or sorted by.

CREATE SEQUENCE dcs.capsule_facts_ord AS integer;

CREATE TABLE dcs.capsule_facts (
    capsule_id        UUID NOT NULL REFERENCES dcs.capsules(id) ON DELETE CASCADE,
    domain_id         UUID,
    owner_id          UUID,
    source_system_id  UUID,
    updated_at        TIMESTAMP WITH TIME ZONE NOT NULL,
    ord               INTEGER NOT NULL,           -- a small number that stands for the capsule
    column_count      INTEGER NOT NULL,
    described_columns INTEGER NOT NULL,
    pii_columns       INTEGER NOT NULL,
    term_count        INTEGER NOT NULL,
    rule_count        INTEGER NOT NULL,
    enabled_rules     INTEGER NOT NULL,
    upstream_count    INTEGER NOT NULL,
    downstream_count  INTEGER NOT NULL,
    quality_score     DOUBLE PRECISION,           -- percent 0 to 100, null without a check (errata A10)
    computed_on       DATE NOT NULL,              -- policies begin and end by date
    visible_from      SMALLINT NOT NULL,
    visible_to        SMALLINT NOT NULL,
    layer_rank        SMALLINT,
    sensitivity_rank  SMALLINT NOT NULL,
    completeness      SMALLINT NOT NULL,          -- how many of the seven dimensions are there
    present           SMALLINT NOT NULL,          -- bits: payload 1, structure 2, semantics 4, quality 8, policy 16,
                                                  -- provenance 32, contract 64, owner 128, domain 256, description 512
    retired           BOOLEAN NOT NULL,
    has_masking       BOOLEAN NOT NULL,
    has_tests         BOOLEAN NOT NULL,
    worst_outcome     TEXT,                       -- of the latest checks: failed, error, warning, passed
    contract_status   TEXT,                       -- of the effective contract (errata A2)
    freshness_sla     INTERVAL,
    capsule_type      TEXT NOT NULL,
    layer             TEXT,
    schema_name       TEXT,
    name_key          TEXT COLLATE "C" NOT NULL,  -- lower case, for sorting
    domain_key        TEXT COLLATE "C",
    tags              TEXT[] NOT NULL,
    frameworks        TEXT[] NOT NULL,
    PRIMARY KEY (capsule_id, visible_from)
);

-- One index a sort order, in its usual direction; ties by name, then by the small number.
CREATE INDEX capsule_facts_by_name ON dcs.capsule_facts (name_key, ord);
CREATE INDEX capsule_facts_by_updated ON dcs.capsule_facts (updated_at, ord);
CREATE INDEX capsule_facts_by_layer ON dcs.capsule_facts (layer_rank, name_key, ord);
CREATE INDEX capsule_facts_by_domain ON dcs.capsule_facts (domain_key, name_key, ord);
CREATE INDEX capsule_facts_by_columns ON dcs.capsule_facts ((-column_count), name_key, ord);
CREATE INDEX capsule_facts_by_quality ON dcs.capsule_facts ((-quality_score), name_key, ord);
CREATE INDEX capsule_facts_by_sensitivity ON dcs.capsule_facts ((-sensitivity_rank), name_key, ord);
CREATE INDEX capsule_facts_by_completeness ON dcs.capsule_facts ((-completeness), name_key, ord);
CREATE INDEX capsule_facts_by_downstream ON dcs.capsule_facts ((-downstream_count), name_key, ord);
-- For filters that leave few rows.
CREATE INDEX capsule_facts_domain ON dcs.capsule_facts (domain_id);
CREATE INDEX capsule_facts_owner ON dcs.capsule_facts (owner_id);
CREATE INDEX capsule_facts_source ON dcs.capsule_facts (source_system_id);
CREATE INDEX capsule_facts_type ON dcs.capsule_facts (capsule_type);
CREATE INDEX capsule_facts_contract ON dcs.capsule_facts (contract_status);
CREATE INDEX capsule_facts_tags ON dcs.capsule_facts USING gin (tags) WITH (fastupdate = off);
CREATE INDEX capsule_facts_number ON dcs.capsule_facts (ord);

-- From the source to what people use; the order of apps.catalog.vocabularies.LAYERS.
CREATE FUNCTION dcs.layer_rank(layer text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$ SELECT array_position(ARRAY['raw', 'bronze', 'staging', 'silver', 'intermediate', 'gold', 'mart'], lower(layer))::smallint $$;

-- The facts of each capsule as somebody of the given clearance sees them, with the next clearance that would
-- see more. Called for pairs (capsule, clearance), a capsule once a call.
CREATE FUNCTION dcs.capsule_facts_at(ids uuid[], clearances smallint[]) RETURNS TABLE (
    capsule_id uuid, domain_id uuid, owner_id uuid, source_system_id uuid, updated_at timestamptz,
    column_count int, described_columns int, pii_columns int, term_count int, rule_count int, enabled_rules int,
    upstream_count int, downstream_count int, quality_score double precision, clearance smallint, layer_rank smallint,
    sensitivity_rank smallint, present smallint, retired boolean, has_masking boolean, has_tests boolean,
    worst_outcome text, contract_status text, freshness_sla interval, capsule_type text, layer text,
    schema_name text, name_key text, domain_key text, tags text[], frameworks text[], next_clearance smallint
) LANGUAGE sql STABLE AS $$
WITH wanted AS (
    SELECT c.*, w.clearance FROM unnest(ids, clearances) AS w(id, clearance) JOIN dcs.capsules c ON c.id = w.id
), col AS (
    SELECT w.id, w.clearance, c.id AS column_id, c.visibility_rank, c.pii_type,
           nullif(btrim(c.description), '') IS NOT NULL AS described
    FROM wanted w JOIN dcs.columns c ON c.capsule_id = w.id WHERE c.retired_at IS NULL
), structure AS (
    SELECT id, min(visibility_rank) FILTER (WHERE visibility_rank > clearance) AS beyond,
           count(*) FILTER (WHERE visibility_rank <= clearance) AS columns,
           count(*) FILTER (WHERE visibility_rank <= clearance AND described) AS described,
           count(*) FILTER (WHERE visibility_rank <= clearance AND pii_type IS NOT NULL) AS pii
    FROM col GROUP BY id
), term AS (
    SELECT id, min(rank) FILTER (WHERE rank > clearance) AS beyond,
           count(DISTINCT term_id) FILTER (WHERE rank <= clearance) AS terms
    FROM (
        SELECT w.id, w.clearance, l.term_id, greatest(l.visibility_rank, t.visibility_rank) AS rank
        FROM wanted w JOIN dcs.capsule_business_terms l ON l.capsule_id = w.id
        JOIN dcs.business_terms t ON t.id = l.term_id
        UNION ALL
        SELECT c.id, c.clearance, l.term_id, greatest(l.visibility_rank, t.visibility_rank, c.visibility_rank)
        FROM col c JOIN dcs.capsule_business_terms l ON l.column_id = c.column_id
        JOIN dcs.business_terms t ON t.id = l.term_id
    ) links GROUP BY id
), rule AS (
    SELECT w.id, w.clearance, r.id AS rule_id, r.is_enabled, r.meta, r.visibility_rank AS rank
    FROM wanted w JOIN dcs.quality_rules r ON r.capsule_id = w.id
    UNION ALL
    SELECT c.id, c.clearance, r.id, r.is_enabled, r.meta, greatest(r.visibility_rank, c.visibility_rank)
    FROM col c JOIN dcs.quality_rules r ON r.column_id = c.column_id
), quality AS (
    SELECT id, min(rank) FILTER (WHERE rank > clearance) AS beyond,
           count(*) FILTER (WHERE rank <= clearance) AS rules,
           count(*) FILTER (WHERE rank <= clearance AND is_enabled) AS enabled,
           (100 * sum(weight) FILTER (WHERE counts AND status = 'passed')
              / nullif(sum(weight) FILTER (WHERE counts), 0))::double precision AS some_passed,
           bool_or(counts) AS any_checked,
           (ARRAY['passed', 'warning', 'error', 'failed'])[max(array_position(
               ARRAY['passed', 'warning', 'error', 'failed'], status)) FILTER (WHERE counts)] AS worst
    FROM (
        SELECT r.id, r.clearance, r.rank, r.is_enabled, latest.status,
               r.rank <= r.clearance AND r.is_enabled AND latest.status <> 'skipped' AS counts,
               CASE WHEN jsonb_typeof(r.meta -> 'weight') = 'number'
                    THEN greatest((r.meta ->> 'weight')::numeric, 0) ELSE 1 END AS weight
        FROM rule r LEFT JOIN LATERAL (
            SELECT k.check_status::text AS status FROM dcs.quality_checks k
            WHERE k.quality_rule_id = r.rule_id AND r.is_enabled
            ORDER BY k.check_timestamp DESC, k.id DESC LIMIT 1
        ) latest ON TRUE
    ) rules GROUP BY id
), policy AS (
    SELECT id, min(rank) FILTER (WHERE rank > clearance) AS beyond,
           count(*) FILTER (WHERE rank <= clearance) AS policies,
           max(array_position(ARRAY['public', 'internal', 'confidential', 'restricted', 'secret'], level))
               FILTER (WHERE rank <= clearance) AS sensitivity,
           coalesce(bool_or(masks) FILTER (WHERE rank <= clearance), FALSE) AS masks,
           jsonb_agg(frameworks) FILTER (WHERE rank <= clearance AND frameworks <> '[]') AS frameworks
    FROM (
        SELECT w.id, w.clearance, p.visibility_rank AS rank, p.sensitivity_level::text AS level,
               p.requires_masking AS masks, p.compliance_frameworks AS frameworks
        FROM wanted w JOIN dcs.data_policies p ON p.capsule_id = w.id
        WHERE p.policy_status = 'active' AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity')
        UNION ALL
        SELECT c.id, c.clearance, greatest(p.visibility_rank, c.visibility_rank), p.sensitivity_level::text,
               p.requires_masking, p.compliance_frameworks
        FROM col c JOIN dcs.data_policies p ON p.column_id = c.column_id
        WHERE p.policy_status = 'active' AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity')
    ) policies GROUP BY id
), mask AS (
    SELECT id, min(rank) FILTER (WHERE rank > clearance) AS beyond, bool_or(rank <= clearance) AS masked
    FROM (
        SELECT c.id, c.clearance, greatest(m.visibility_rank, c.visibility_rank) AS rank
        FROM col c JOIN dcs.masking_rules m ON m.column_id = c.column_id WHERE m.is_enabled
    ) masks GROUP BY id
), edge AS (
    SELECT id, min(rank) FILTER (WHERE rank > clearance) AS beyond,
           count(DISTINCT up) FILTER (WHERE rank <= clearance) AS upstream,
           count(DISTINCT down) FILTER (WHERE rank <= clearance) AS downstream
    FROM (
        SELECT w.id, w.clearance, e.source_id AS up, NULL::uuid AS down,
               greatest(e.visibility_rank, n.visibility_rank) AS rank
        FROM wanted w JOIN dcs.capsule_lineage e ON e.target_id = w.id
        JOIN dcs.capsules n ON n.id = e.source_id WHERE n.retired_at IS NULL
        UNION ALL
        SELECT w.id, w.clearance, NULL, e.target_id, greatest(e.visibility_rank, n.visibility_rank)
        FROM wanted w JOIN dcs.capsule_lineage e ON e.source_id = w.id
        JOIN dcs.capsules n ON n.id = e.target_id WHERE n.retired_at IS NULL
    ) edges GROUP BY id
), contract AS (
    SELECT w.id, min(k.visibility_rank) FILTER (WHERE k.visibility_rank > w.clearance) AS beyond,
           (array_agg(k.contract_status::text ORDER BY k.contract_status IN ('active', 'breached') DESC, k.created_at DESC, k.id)
               FILTER (WHERE k.visibility_rank <= w.clearance))[1] AS status,
           (array_agg(k.freshness_sla ORDER BY k.contract_status IN ('active', 'breached') DESC, k.created_at DESC, k.id)
               FILTER (WHERE k.visibility_rank <= w.clearance))[1] AS freshness
    FROM wanted w JOIN dcs.capsule_contracts k ON k.capsule_id = w.id
    WHERE k.contract_status <> 'superseded' GROUP BY w.id
), tag AS (
    SELECT l.capsule_id AS id, array_agg(t.name::text) AS names
    FROM wanted w JOIN dcs.capsule_tags l ON l.capsule_id = w.id JOIN dcs.tags t ON t.id = l.tag_id
    GROUP BY l.capsule_id
)
SELECT w.id, w.domain_id, w.owner_id, w.source_system_id, w.updated_at,
    coalesce(s.columns, 0)::int, coalesce(s.described, 0)::int, coalesce(s.pii, 0)::int, coalesce(t.terms, 0)::int,
    coalesce(q.rules, 0)::int, coalesce(q.enabled, 0)::int, coalesce(e.upstream, 0)::int, coalesce(e.downstream, 0)::int,
    CASE WHEN q.any_checked THEN coalesce(q.some_passed, 0) END, w.clearance, dcs.layer_rank(w.layer),
    coalesce(p.sensitivity, w.sensitivity_rank)::smallint,
    (CASE WHEN coalesce(w.storage_location, w.schema_name, w.database_name) IS NOT NULL THEN 1 ELSE 0 END
       + CASE WHEN s.columns > 0 THEN 2 ELSE 0 END + CASE WHEN t.terms > 0 THEN 4 ELSE 0 END
       + CASE WHEN q.enabled > 0 THEN 8 ELSE 0 END + CASE WHEN p.policies > 0 THEN 16 ELSE 0 END
       + CASE WHEN e.upstream + e.downstream > 0 THEN 32 ELSE 0 END
       + CASE WHEN k.status IN ('active', 'breached') THEN 64 ELSE 0 END
       + CASE WHEN w.owner_id IS NOT NULL THEN 128 ELSE 0 END + CASE WHEN w.domain_id IS NOT NULL THEN 256 ELSE 0 END
       + CASE WHEN nullif(btrim(w.description), '') IS NOT NULL THEN 512 ELSE 0 END)::smallint,
    w.retired_at IS NOT NULL, coalesce(p.masks, FALSE) OR coalesce(m.masked, FALSE), w.has_tests,
    q.worst, k.status, k.freshness, w.capsule_type::text, nullif(w.layer, '')::text, w.schema_name::text,
    lower(w.name), lower(d.name),
    ARRAY(SELECT DISTINCT name FROM (
        SELECT unnest(g.names) UNION ALL
        SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(w.tags) = 'array' THEN w.tags ELSE '[]' END)
    ) names(name) ORDER BY name),
    ARRAY(SELECT DISTINCT framework FROM jsonb_array_elements(p.frameworks) list,
        jsonb_array_elements_text(CASE WHEN jsonb_typeof(list) = 'array' THEN list ELSE '[]' END) framework ORDER BY framework),
    least(s.beyond, t.beyond, q.beyond, p.beyond, m.beyond, e.beyond, k.beyond)::smallint
FROM wanted w
LEFT JOIN structure s ON s.id = w.id
LEFT JOIN term t ON t.id = w.id
LEFT JOIN quality q ON q.id = w.id
LEFT JOIN policy p ON p.id = w.id
LEFT JOIN mask m ON m.id = w.id
LEFT JOIN edge e ON e.id = w.id
LEFT JOIN contract k ON k.id = w.id
LEFT JOIN tag g ON g.id = w.id
LEFT JOIN dcs.domains d ON d.id = w.domain_id
$$;

-- Make the facts of the given capsules (all of them for null) equal to what the tables say; returns how many
-- rows that wrote. A capsule's row is locked first and read afterwards, so that of two transactions that
-- change different parts of one capsule the second counts what the first has done.
CREATE FUNCTION dcs.refresh_capsule_facts(ids uuid[]) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    wanted uuid[];
    clearances smallint[];
    lowest boolean;
    written integer;
    total integer := 0;
BEGIN
    IF ids IS NULL THEN
        SELECT array_agg(id ORDER BY id) INTO ids FROM dcs.capsules;
    END IF;
    FOR chunk IN 0 .. (coalesce(cardinality(ids), 0) - 1) / 2000 LOOP
        wanted := ids[chunk * 2000 + 1 : chunk * 2000 + 2000];
        PERFORM FROM dcs.capsule_facts f WHERE f.capsule_id = ANY (wanted)
            ORDER BY f.capsule_id, f.visible_from FOR NO KEY UPDATE;
        SELECT array_agg(c.id), array_agg(c.visibility_rank) INTO wanted, clearances
            FROM dcs.capsules c WHERE c.id = ANY (wanted);
        lowest := TRUE;
        WHILE wanted IS NOT NULL LOOP
            WITH found AS MATERIALIZED (
                SELECT * FROM dcs.capsule_facts_at(wanted, clearances)
            ), gone AS (
                DELETE FROM dcs.capsule_facts f USING found n
                WHERE f.capsule_id = n.capsule_id
                  AND (lowest AND f.visible_from < n.clearance
                       OR f.visible_from > n.clearance AND f.visible_from < coalesce(n.next_clearance, 32767))
                RETURNING f.ord
            ), kept AS (
                INSERT INTO dcs.capsule_facts AS f (
                    capsule_id, domain_id, owner_id, source_system_id, updated_at, ord, column_count,
                    described_columns, pii_columns, term_count, rule_count, enabled_rules, upstream_count,
                    downstream_count, quality_score, computed_on, visible_from, visible_to, layer_rank,
                    sensitivity_rank, completeness, present, retired, has_masking, has_tests, worst_outcome,
                    contract_status, freshness_sla, capsule_type, layer, schema_name, name_key, domain_key,
                    tags, frameworks)
                SELECT n.capsule_id, n.domain_id, n.owner_id, n.source_system_id, n.updated_at,
                    coalesce((SELECT min(o.ord) FROM dcs.capsule_facts o WHERE o.capsule_id = n.capsule_id),
                             nextval('dcs.capsule_facts_ord')::integer),
                    n.column_count, n.described_columns, n.pii_columns, n.term_count, n.rule_count, n.enabled_rules,
                    n.upstream_count, n.downstream_count, n.quality_score, current_date, n.clearance,
                    coalesce(n.next_clearance - 1, 32767), n.layer_rank, n.sensitivity_rank,
                    bit_count((n.present & 127)::bit(16)), n.present, n.retired, n.has_masking, n.has_tests,
                    n.worst_outcome, n.contract_status, n.freshness_sla, n.capsule_type, n.layer, n.schema_name,
                    n.name_key, n.domain_key, n.tags, n.frameworks
                FROM found n
                ON CONFLICT (capsule_id, visible_from) DO UPDATE SET
                    domain_id = excluded.domain_id, owner_id = excluded.owner_id,
                    source_system_id = excluded.source_system_id, updated_at = excluded.updated_at,
                    column_count = excluded.column_count, described_columns = excluded.described_columns,
                    pii_columns = excluded.pii_columns, term_count = excluded.term_count,
                    rule_count = excluded.rule_count, enabled_rules = excluded.enabled_rules,
                    upstream_count = excluded.upstream_count, downstream_count = excluded.downstream_count,
                    quality_score = excluded.quality_score, computed_on = excluded.computed_on,
                    visible_to = excluded.visible_to, layer_rank = excluded.layer_rank,
                    sensitivity_rank = excluded.sensitivity_rank, completeness = excluded.completeness,
                    present = excluded.present, retired = excluded.retired, has_masking = excluded.has_masking,
                    has_tests = excluded.has_tests, worst_outcome = excluded.worst_outcome,
                    contract_status = excluded.contract_status, freshness_sla = excluded.freshness_sla,
                    capsule_type = excluded.capsule_type, layer = excluded.layer,
                    schema_name = excluded.schema_name, name_key = excluded.name_key,
                    domain_key = excluded.domain_key, tags = excluded.tags, frameworks = excluded.frameworks
                WHERE ROW(f.*) IS DISTINCT FROM ROW(excluded.*)
                RETURNING f.ord
            )
            SELECT array_agg(n.capsule_id) FILTER (WHERE n.next_clearance IS NOT NULL),
                   array_agg(n.next_clearance) FILTER (WHERE n.next_clearance IS NOT NULL),
                   (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)
            INTO wanted, clearances, written FROM found n;
            total := total + written;
            lowest := FALSE;
        END LOOP;
    END LOOP;
    IF total > 0 THEN
        PERFORM dcs.raise_counter('catalogue');
    END IF;
    RETURN total;
END $$;
