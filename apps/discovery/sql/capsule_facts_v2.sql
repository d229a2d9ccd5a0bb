-- Whether the promises of a capsule are kept, and when its data last changed: two more facts.

DROP FUNCTION dcs.recount_capsules(uuid[]);
DROP FUNCTION dcs.capsule_facts_at(uuid[], smallint[]);

ALTER TABLE dcs.capsule_facts
    ADD COLUMN health          TEXT,                     -- of the contract in force: kept, at_risk, broken, unknown
    ADD COLUMN data_updated_at TIMESTAMP WITH TIME ZONE; -- null where nobody has seen it change

-- The worst first.
CREATE FUNCTION dcs.health_rank(health text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$ SELECT array_position(ARRAY['broken', 'at_risk', 'unknown', 'kept'], health)::smallint $$;
CREATE INDEX capsule_facts_by_health ON dcs.capsule_facts (dcs.health_rank(health), name_key, ord);
CREATE INDEX capsule_facts_by_freshness ON dcs.capsule_facts (data_updated_at, ord);

-- What the monitor found of the contract in force, and when a run last wrote the data, or the monitor saw it change.
-- A run that not everybody sees who sees the row does not count.
CREATE FUNCTION dcs.capsule_health(capsule uuid, clearance smallint) RETURNS TABLE (health text, data_updated_at timestamptz)
    LANGUAGE sql STABLE AS $$
SELECT k.health, greatest(k.seen, r.seen)
FROM (SELECT max(j.completed_at) AS seen FROM dcs.run_capsules n JOIN dcs.ingestion_jobs j ON j.id = n.run_id
      WHERE n.capsule_id = capsule AND n.role = 'output' AND j.status = 'completed'
        AND greatest(n.visibility_rank, j.visibility_rank) <= clearance) r
LEFT JOIN LATERAL (
    SELECT coalesce(v.health, 'unknown')::text AS health, v.data_updated_at AS seen
    FROM dcs.capsule_contracts c LEFT JOIN dcs.contract_watches v ON v.contract_id = c.id
    WHERE c.capsule_id = capsule AND c.contract_status IN ('active', 'breached') AND c.visibility_rank <= clearance
    ORDER BY c.created_at DESC, c.id LIMIT 1
) k ON TRUE
$$;

-- The facts of each capsule as somebody of the given clearance sees them, with the next clearance that would
-- see more. Called for pairs (capsule, clearance). Each part is counted by itself, a capsule at a time, so that
-- nothing multiplies (errata A4) and one capsule costs a few look-ups however large the tables are.
CREATE FUNCTION dcs.capsule_facts_at(ids uuid[], clearances smallint[]) RETURNS TABLE (
    capsule_id uuid, domain_id uuid, owner_id uuid, source_system_id uuid, updated_at timestamptz,
    column_count int, described_columns int, pii_columns int, term_count int, rule_count int, enabled_rules int,
    upstream_count int, downstream_count int, index_count int, pk_count int, fk_count int,
    quality_score double precision, clearance smallint, layer_rank smallint,
    sensitivity_rank smallint, policy_rank smallint, present smallint, retired boolean, has_masking boolean, has_tests boolean,
    worst_outcome text, contract_status text, freshness_sla interval, quality_score_sla numeric, capsule_type text, layer text,
    schema_name text, name_key text, domain_key text, tags text[], frameworks text[], health text, data_updated_at timestamptz,
    next_clearance smallint
) LANGUAGE sql STABLE AS $$
SELECT w.id, w.domain_id, w.owner_id, w.source_system_id, w.updated_at,
    s.columns, s.described, s.pii, t.terms, q.rules, q.enabled, up.n, down.n, i.n, y.pk, y.fk,
    q.score, a.clearance, dcs.layer_rank(w.layer), coalesce(p.sensitivity, w.sensitivity_rank)::smallint, p.sensitivity::smallint,
    (CASE WHEN coalesce(w.storage_location, w.schema_name, w.database_name) IS NOT NULL THEN 1 ELSE 0 END
       + CASE WHEN s.columns > 0 THEN 2 ELSE 0 END + CASE WHEN t.terms > 0 THEN 4 ELSE 0 END
       + CASE WHEN q.enabled > 0 THEN 8 ELSE 0 END + CASE WHEN p.policies > 0 THEN 16 ELSE 0 END
       + CASE WHEN up.n + down.n > 0 THEN 32 ELSE 0 END
       + CASE WHEN k.status IN ('active', 'breached') THEN 64 ELSE 0 END
       + CASE WHEN w.owner_id IS NOT NULL THEN 128 ELSE 0 END + CASE WHEN w.domain_id IS NOT NULL THEN 256 ELSE 0 END
       + CASE WHEN nullif(btrim(w.description), '') IS NOT NULL THEN 512 ELSE 0 END)::smallint,
    w.retired_at IS NOT NULL, coalesce(p.masks, FALSE) OR coalesce(m.masks, FALSE), w.has_tests,
    q.worst, k.status, k.freshness, k.quality, w.capsule_type::text, nullif(w.layer, '')::text, w.schema_name::text,
    lower(w.name), lower(d.name),
    ARRAY(SELECT t.name::text FROM dcs.capsule_tags l JOIN dcs.tags t ON t.id = l.tag_id WHERE l.capsule_id = w.id
          UNION SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(w.tags) = 'array' THEN w.tags ELSE '[]' END)
          ORDER BY 1),
    ARRAY(SELECT DISTINCT framework FROM jsonb_array_elements(p.frameworks) list,
              jsonb_array_elements_text(CASE WHEN jsonb_typeof(list) = 'array' THEN list ELSE '[]' END) framework
          ORDER BY framework),
    h.health, h.data_updated_at,
    least(s.beyond, t.beyond, q.beyond, p.beyond, m.beyond, up.beyond, down.beyond, k.beyond, i.beyond, y.beyond)::smallint
FROM unnest(ids, clearances) AS a(id, clearance)
JOIN dcs.capsules w ON w.id = a.id
LEFT JOIN dcs.domains d ON d.id = w.domain_id
CROSS JOIN LATERAL (
    SELECT min(c.visibility_rank) FILTER (WHERE c.visibility_rank > a.clearance) AS beyond,
           (count(*) FILTER (WHERE c.visibility_rank <= a.clearance))::int AS columns,
           (count(nullif(btrim(c.description), '')) FILTER (WHERE c.visibility_rank <= a.clearance))::int AS described,
           (count(c.pii_type) FILTER (WHERE c.visibility_rank <= a.clearance))::int AS pii
    FROM dcs.columns c WHERE c.capsule_id = w.id AND c.retired_at IS NULL
) s
CROSS JOIN LATERAL (
    SELECT min(rank) FILTER (WHERE rank > a.clearance) AS beyond,
           (count(DISTINCT term_id) FILTER (WHERE rank <= a.clearance))::int AS terms
    FROM (
        SELECT l.term_id, greatest(l.visibility_rank, t.visibility_rank) AS rank
        FROM dcs.capsule_business_terms l JOIN dcs.business_terms t ON t.id = l.term_id WHERE l.capsule_id = w.id
        UNION ALL
        SELECT l.term_id, greatest(l.visibility_rank, t.visibility_rank, c.visibility_rank)
        FROM dcs.columns c JOIN dcs.capsule_business_terms l ON l.column_id = c.id
        JOIN dcs.business_terms t ON t.id = l.term_id WHERE c.capsule_id = w.id AND c.retired_at IS NULL
    ) links
) t
CROSS JOIN LATERAL (
    SELECT min(rank) FILTER (WHERE rank > a.clearance) AS beyond,
           (count(*) FILTER (WHERE rank <= a.clearance))::int AS rules,
           (count(*) FILTER (WHERE rank <= a.clearance AND is_enabled))::int AS enabled,
           -- Errata A10: a rule without a result counts for nothing, whatever its weight.
           CASE WHEN bool_or(counts) THEN coalesce(100 * sum(weight) FILTER (WHERE counts AND status = 'passed')
               / nullif(sum(weight) FILTER (WHERE counts), 0), 0)::double precision END AS score,
           (ARRAY['passed', 'warning', 'error', 'failed'])[max(array_position(
               ARRAY['passed', 'warning', 'error', 'failed'], status)) FILTER (WHERE counts)] AS worst
    FROM (
        SELECT r.rank, r.is_enabled, latest.status,
               r.rank <= a.clearance AND r.is_enabled AND latest.status <> 'skipped' AS counts,
               CASE WHEN jsonb_typeof(r.meta -> 'weight') = 'number'
                    THEN greatest((r.meta ->> 'weight')::numeric, 0) ELSE 1 END AS weight
        FROM (
            SELECT r.id, r.is_enabled, r.meta, r.visibility_rank AS rank FROM dcs.quality_rules r WHERE r.capsule_id = w.id
            UNION ALL
            SELECT r.id, r.is_enabled, r.meta, greatest(r.visibility_rank, c.visibility_rank)
            FROM dcs.columns c JOIN dcs.quality_rules r ON r.column_id = c.id
            WHERE c.capsule_id = w.id AND c.retired_at IS NULL
        ) r LEFT JOIN LATERAL (
            SELECT k.check_status::text AS status FROM dcs.quality_checks k
            WHERE k.quality_rule_id = r.id AND r.is_enabled
            ORDER BY k.check_timestamp DESC, k.id DESC LIMIT 1
        ) latest ON TRUE
    ) rules
) q
CROSS JOIN LATERAL (
    SELECT min(rank) FILTER (WHERE rank > a.clearance) AS beyond,
           count(*) FILTER (WHERE rank <= a.clearance) AS policies,
           max(array_position(ARRAY['public', 'internal', 'confidential', 'restricted', 'secret'], level))
               FILTER (WHERE rank <= a.clearance) AS sensitivity,
           bool_or(masks) FILTER (WHERE rank <= a.clearance) AS masks,
           jsonb_agg(frameworks) FILTER (WHERE rank <= a.clearance AND frameworks <> '[]') AS frameworks
    FROM (
        SELECT p.visibility_rank AS rank, p.sensitivity_level::text AS level, p.requires_masking AS masks,
               p.compliance_frameworks AS frameworks
        FROM dcs.data_policies p WHERE p.capsule_id = w.id AND p.policy_status = 'active'
          AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity')
        UNION ALL
        SELECT greatest(p.visibility_rank, c.visibility_rank), p.sensitivity_level::text, p.requires_masking,
               p.compliance_frameworks
        FROM dcs.columns c JOIN dcs.data_policies p ON p.column_id = c.id
        WHERE c.capsule_id = w.id AND c.retired_at IS NULL AND p.policy_status = 'active'
          AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity')
    ) policies
) p
CROSS JOIN LATERAL (
    SELECT min(greatest(m.visibility_rank, c.visibility_rank))
               FILTER (WHERE greatest(m.visibility_rank, c.visibility_rank) > a.clearance) AS beyond,
           bool_or(greatest(m.visibility_rank, c.visibility_rank) <= a.clearance) AS masks
    FROM dcs.columns c JOIN dcs.masking_rules m ON m.column_id = c.id
    WHERE c.capsule_id = w.id AND c.retired_at IS NULL AND m.is_enabled
) m
CROSS JOIN LATERAL (
    SELECT min(greatest(e.visibility_rank, n.visibility_rank))
               FILTER (WHERE greatest(e.visibility_rank, n.visibility_rank) > a.clearance) AS beyond,
           (count(DISTINCT n.id) FILTER (WHERE greatest(e.visibility_rank, n.visibility_rank) <= a.clearance))::int AS n
    FROM dcs.capsule_lineage e JOIN dcs.capsules n ON n.id = e.source_id
    WHERE e.target_id = w.id AND n.retired_at IS NULL
) up
CROSS JOIN LATERAL (
    SELECT min(greatest(e.visibility_rank, n.visibility_rank))
               FILTER (WHERE greatest(e.visibility_rank, n.visibility_rank) > a.clearance) AS beyond,
           (count(DISTINCT n.id) FILTER (WHERE greatest(e.visibility_rank, n.visibility_rank) <= a.clearance))::int AS n
    FROM dcs.capsule_lineage e JOIN dcs.capsules n ON n.id = e.target_id
    WHERE e.source_id = w.id AND n.retired_at IS NULL
) down
CROSS JOIN LATERAL (
    -- The effective contract: the one in force, else the newest (errata A2).
    SELECT min(k.visibility_rank) FILTER (WHERE k.visibility_rank > a.clearance) AS beyond,
           (array_agg(k.contract_status::text ORDER BY k.contract_status IN ('active', 'breached') DESC, k.created_at DESC, k.id)
               FILTER (WHERE k.visibility_rank <= a.clearance))[1] AS status,
           (array_agg(k.freshness_sla ORDER BY k.contract_status IN ('active', 'breached') DESC, k.created_at DESC, k.id)
               FILTER (WHERE k.visibility_rank <= a.clearance))[1] AS freshness,
           (array_agg(k.quality_score_sla ORDER BY k.contract_status IN ('active', 'breached') DESC, k.created_at DESC, k.id)
               FILTER (WHERE k.visibility_rank <= a.clearance))[1] AS quality
    FROM dcs.capsule_contracts k WHERE k.capsule_id = w.id AND k.contract_status <> 'superseded'
) k
CROSS JOIN LATERAL (
    SELECT min(x.visibility_rank) FILTER (WHERE x.visibility_rank > a.clearance) AS beyond,
           (count(*) FILTER (WHERE x.visibility_rank <= a.clearance))::int AS n
    FROM dcs.capsule_indexes x WHERE x.capsule_id = w.id
) i
CROSS JOIN LATERAL (
    SELECT min(rank) FILTER (WHERE rank > a.clearance) AS beyond,
           (count(*) FILTER (WHERE rank <= a.clearance AND kind = 'primary_key'))::int AS pk,
           (count(*) FILTER (WHERE rank <= a.clearance AND kind = 'foreign_key'))::int AS fk
    FROM (
        SELECT greatest(x.visibility_rank, c.visibility_rank) AS rank, x.constraint_type AS kind
        FROM dcs.columns c JOIN dcs.column_constraints x ON x.column_id = c.id
        WHERE c.capsule_id = w.id AND c.retired_at IS NULL
    ) keys
) y
CROSS JOIN LATERAL dcs.capsule_health(w.id, a.clearance) h
$$;

-- Make the facts of the given capsules equal to what the tables say; returns how many rows that wrote.
-- A capsule's row is locked first and read afterwards, so that of two transactions that change different
-- parts of one capsule the second counts what the first has done. Planned once a session, as look-ups by index:
-- planning anew costs more than running, and a plan made while the tables were small would read them whole.
CREATE FUNCTION dcs.recount_capsules(ids uuid[]) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    wanted uuid[];
    clearances smallint[];
    lowest boolean;
    written integer;
    total integer := 0;
BEGIN
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
                -- Looked up capsule by capsule: a join planned while the table was empty would read it whole for each.
                DELETE FROM dcs.capsule_facts f WHERE f.ctid = ANY (ARRAY(
                    SELECT old.ctid FROM found n CROSS JOIN LATERAL (
                        SELECT o.ctid FROM dcs.capsule_facts o WHERE o.capsule_id = n.capsule_id
                          AND (lowest AND o.visible_from < n.clearance
                               OR o.visible_from > n.clearance AND o.visible_from < coalesce(n.next_clearance, 32767))
                        OFFSET 0) old))
                RETURNING f.ord
            ), kept AS (
                INSERT INTO dcs.capsule_facts AS f (
                    capsule_id, domain_id, owner_id, source_system_id, updated_at, ord, column_count,
                    described_columns, pii_columns, term_count, rule_count, enabled_rules, upstream_count,
                    downstream_count, index_count, pk_count, fk_count, quality_score, computed_on, visible_from,
                    visible_to, layer_rank, sensitivity_rank, policy_rank, completeness, present, retired,
                    has_masking, has_tests, worst_outcome, contract_status, freshness_sla, quality_score_sla,
                    capsule_type, layer, schema_name, name_key, domain_key,
                    tags, frameworks, health, data_updated_at)
                SELECT n.capsule_id, n.domain_id, n.owner_id, n.source_system_id, n.updated_at,
                    -- All rows of a capsule have its number; min() would walk the numbers in their order.
                    coalesce((SELECT o.ord FROM dcs.capsule_facts o WHERE o.capsule_id = n.capsule_id
                              ORDER BY o.visible_from LIMIT 1),
                             nextval('dcs.capsule_facts_ord')::integer),
                    n.column_count, n.described_columns, n.pii_columns, n.term_count, n.rule_count, n.enabled_rules,
                    n.upstream_count, n.downstream_count, n.index_count, n.pk_count, n.fk_count, n.quality_score,
                    current_date, n.clearance, coalesce(n.next_clearance - 1, 32767), n.layer_rank,
                    n.sensitivity_rank, n.policy_rank,
                    bit_count((n.present & 127)::bit(16)), n.present, n.retired, n.has_masking, n.has_tests,
                    n.worst_outcome, n.contract_status, n.freshness_sla, n.quality_score_sla, n.capsule_type, n.layer, n.schema_name,
                    n.name_key, n.domain_key, n.tags, n.frameworks, n.health, n.data_updated_at
                FROM found n
                ON CONFLICT (capsule_id, visible_from) DO UPDATE SET
                    domain_id = excluded.domain_id, owner_id = excluded.owner_id,
                    source_system_id = excluded.source_system_id, updated_at = excluded.updated_at,
                    column_count = excluded.column_count, described_columns = excluded.described_columns,
                    pii_columns = excluded.pii_columns, term_count = excluded.term_count,
                    rule_count = excluded.rule_count, enabled_rules = excluded.enabled_rules,
                    upstream_count = excluded.upstream_count, downstream_count = excluded.downstream_count,
                    index_count = excluded.index_count, pk_count = excluded.pk_count, fk_count = excluded.fk_count,
                    policy_rank = excluded.policy_rank, quality_score_sla = excluded.quality_score_sla,
                    quality_score = excluded.quality_score, computed_on = excluded.computed_on,
                    visible_to = excluded.visible_to, layer_rank = excluded.layer_rank,
                    sensitivity_rank = excluded.sensitivity_rank, completeness = excluded.completeness,
                    present = excluded.present, retired = excluded.retired, has_masking = excluded.has_masking,
                    has_tests = excluded.has_tests, worst_outcome = excluded.worst_outcome,
                    contract_status = excluded.contract_status, freshness_sla = excluded.freshness_sla,
                    capsule_type = excluded.capsule_type, layer = excluded.layer,
                    schema_name = excluded.schema_name, name_key = excluded.name_key,
                    domain_key = excluded.domain_key, tags = excluded.tags, frameworks = excluded.frameworks,
                    health = excluded.health, data_updated_at = excluded.data_updated_at
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

-- What the monitor and runs tell moves often and nothing else with it: these two facts are written by themselves. Rows
-- are locked by the update, so a recount of the same capsule comes before it or reads what it says.
CREATE FUNCTION dcs.keep_health(ids uuid[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE dcs.capsule_facts f SET health = n.health, data_updated_at = n.data_updated_at
    FROM (SELECT o.capsule_id, o.visible_from, h.* FROM dcs.capsule_facts o
          CROSS JOIN LATERAL dcs.capsule_health(o.capsule_id, o.visible_from) h WHERE o.capsule_id = ANY (ids)) n
    WHERE f.capsule_id = n.capsule_id AND f.visible_from = n.visible_from
      AND (f.health, f.data_updated_at) IS DISTINCT FROM (n.health, n.data_updated_at);
    IF FOUND THEN
        PERFORM dcs.raise_counter('catalogue');
    END IF;
END $$;

CREATE FUNCTION dcs.after_watches() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    about uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(contract_id) INTO about FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(contract_id) INTO about FROM old_rows;
    ELSE
        SELECT array_agg(contract_id) INTO about FROM (
            SELECT contract_id, health, data_updated_at FROM new_rows
            EXCEPT SELECT contract_id, health, data_updated_at FROM old_rows) changed;
    END IF;
    PERFORM dcs.keep_health((SELECT array_agg(DISTINCT c.capsule_id) FROM dcs.capsule_contracts c WHERE c.id = ANY (about)));
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.after_run_capsules() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    about uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT capsule_id) INTO about FROM new_rows WHERE role = 'output';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT capsule_id) INTO about FROM old_rows WHERE role = 'output';
    ELSE
        SELECT array_agg(DISTINCT capsule_id) INTO about FROM (
            SELECT id, capsule_id, role, visibility_rank FROM new_rows
            EXCEPT SELECT id, capsule_id, role, visibility_rank FROM old_rows) changed;
    END IF;
    PERFORM dcs.keep_health(about);
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.after_runs() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    runs uuid[];
BEGIN
    SELECT array_agg(id) INTO runs FROM (
        SELECT id, status, completed_at, visibility_rank FROM new_rows
        EXCEPT SELECT id, status, completed_at, visibility_rank FROM old_rows) changed;
    PERFORM dcs.keep_health((SELECT array_agg(DISTINCT n.capsule_id) FROM dcs.run_capsules n
        WHERE n.run_id = ANY (runs) AND n.role = 'output'));
    RETURN NULL;
END $$;

DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN SELECT * FROM (VALUES ('contract_watches', 'after_watches()'), ('run_capsules', 'after_run_capsules()')) list (name, call)
    LOOP
        EXECUTE format('CREATE TRIGGER keep_health_insert AFTER INSERT ON dcs.%I REFERENCING NEW TABLE AS new_rows'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
        EXECUTE format('CREATE TRIGGER keep_health_update AFTER UPDATE ON dcs.%I REFERENCING OLD TABLE AS old_rows'
                       ' NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
        EXECUTE format('CREATE TRIGGER keep_health_delete AFTER DELETE ON dcs.%I REFERENCING OLD TABLE AS old_rows'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
    END LOOP;
END $$;
CREATE TRIGGER keep_health_update AFTER UPDATE ON dcs.ingestion_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.after_runs();

-- What is stored already.
SELECT dcs.keep_health(array_agg(DISTINCT capsule_id)) FROM (
    SELECT capsule_id FROM dcs.capsule_contracts WHERE contract_status IN ('active', 'breached')
    UNION SELECT capsule_id FROM dcs.run_capsules WHERE role = 'output') known;
