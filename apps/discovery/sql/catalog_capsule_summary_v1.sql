-- The catalogue summary (design, section 8.3; errata A1 to A7): every child table is counted first, column-level
-- rows count for their capsule, levels are compared by rank, and one contract stands for a capsule.
CREATE MATERIALIZED VIEW dcs.catalog_capsule_summary AS
WITH level(sensitivity_level, rank) AS (
    VALUES ('public', 1), ('internal', 2), ('confidential', 3), ('restricted', 4), ('secret', 5)
), col AS (
    SELECT capsule_id, count(*) AS n FROM dcs.columns WHERE retired_at IS NULL GROUP BY 1
), idx AS (
    SELECT capsule_id, count(*) AS n FROM dcs.capsule_indexes GROUP BY 1
), con AS (
    SELECT c.capsule_id,
           count(*) FILTER (WHERE k.constraint_type = 'primary_key') AS pk,
           count(*) FILTER (WHERE k.constraint_type = 'foreign_key') AS fk
    FROM dcs.column_constraints k JOIN dcs.columns c ON c.id = k.column_id GROUP BY 1
), term AS (
    SELECT coalesce(t.capsule_id, c.capsule_id) AS capsule_id, count(DISTINCT t.term_id) AS n
    FROM dcs.capsule_business_terms t LEFT JOIN dcs.columns c ON c.id = t.column_id GROUP BY 1
), rule AS (
    SELECT coalesce(r.capsule_id, c.capsule_id) AS capsule_id, count(*) AS n,
           count(*) FILTER (WHERE r.is_enabled) AS enabled
    FROM dcs.quality_rules r LEFT JOIN dcs.columns c ON c.id = r.column_id GROUP BY 1
), pol AS (
    SELECT coalesce(p.capsule_id, c.capsule_id) AS capsule_id, max(l.rank) AS rank, bool_or(p.requires_masking) AS masked
    FROM dcs.data_policies p LEFT JOIN dcs.columns c ON c.id = p.column_id JOIN level l USING (sensitivity_level)
    WHERE p.policy_status = 'active'
      AND coalesce(p.effective_from, current_date) <= current_date AND coalesce(p.effective_to, current_date) >= current_date
    GROUP BY 1
), mask AS (
    SELECT c.capsule_id FROM dcs.masking_rules m JOIN dcs.columns c ON c.id = m.column_id WHERE m.is_enabled GROUP BY 1
), up AS (
    SELECT target_id AS capsule_id, count(DISTINCT source_id) AS n FROM dcs.capsule_lineage GROUP BY 1
), down AS (
    SELECT source_id AS capsule_id, count(DISTINCT target_id) AS n FROM dcs.capsule_lineage GROUP BY 1
)
SELECT c.id, c.urn, c.name, c.capsule_type, c.layer, c.description,
       coalesce(col.n, 0) AS column_count, coalesce(idx.n, 0) AS index_count,
       coalesce(con.pk, 0) AS pk_count, coalesce(con.fk, 0) AS fk_count,
       coalesce(term.n, 0) AS business_term_count,
       coalesce(rule.n, 0) AS quality_rule_count, coalesce(rule.enabled, 0) AS enabled_quality_rule_count,
       level.sensitivity_level AS highest_sensitivity,
       coalesce(pol.masked, FALSE) OR mask.capsule_id IS NOT NULL AS has_masking,
       k.freshness_sla, k.quality_score_sla, k.contract_status,
       coalesce(up.n, 0) AS upstream_count, coalesce(down.n, 0) AS downstream_count,
       c.created_at, c.updated_at
FROM dcs.capsules c
LEFT JOIN col ON col.capsule_id = c.id
LEFT JOIN idx ON idx.capsule_id = c.id
LEFT JOIN con ON con.capsule_id = c.id
LEFT JOIN term ON term.capsule_id = c.id
LEFT JOIN rule ON rule.capsule_id = c.id
LEFT JOIN pol ON pol.capsule_id = c.id
LEFT JOIN level ON level.rank = pol.rank
LEFT JOIN mask ON mask.capsule_id = c.id
LEFT JOIN up ON up.capsule_id = c.id
LEFT JOIN down ON down.capsule_id = c.id
LEFT JOIN LATERAL (
    SELECT freshness_sla, quality_score_sla, contract_status FROM dcs.capsule_contracts
    WHERE capsule_id = c.id AND contract_status <> 'superseded'
    ORDER BY contract_status IN ('active', 'breached') DESC, created_at DESC, id LIMIT 1
) k ON TRUE
WHERE c.retired_at IS NULL;
CREATE UNIQUE INDEX idx_catalog_capsule_summary_id ON dcs.catalog_capsule_summary(id);
CREATE INDEX idx_catalog_capsule_summary_layer ON dcs.catalog_capsule_summary(layer);

-- Counts everything anew without blocking readers and says when; NULL if somebody else is at it. The materialised
-- view belongs to the owner of the tables, so the function runs with the owner's rights.
CREATE FUNCTION dcs.refresh_catalog_summary() RETURNS timestamptz LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    began timestamptz := clock_timestamp();
    counted bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('dcs.catalog_capsule_summary')) THEN
        RETURN NULL;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY dcs.catalog_capsule_summary;
    SELECT count(*) INTO counted FROM dcs.catalog_capsule_summary;
    INSERT INTO dcs.summary_refreshes (view_name, refreshed_at, refreshed_by, duration_ms, row_count)
    VALUES ('catalog_capsule_summary', began, coalesce(dcs.setting('actor'), 'db:' || session_user),
            1000 * extract(epoch FROM clock_timestamp() - began), counted)
    ON CONFLICT (view_name) DO UPDATE SET refreshed_at = excluded.refreshed_at, refreshed_by = excluded.refreshed_by,
        duration_ms = excluded.duration_ms, row_count = excluded.row_count;
    RETURN began;
END $$;
