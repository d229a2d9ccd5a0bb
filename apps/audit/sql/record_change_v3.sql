-- As in record_change_v2.sql. Which version a row last changed in follows from the change that is logged already,
-- so a stamp alone is no change.
-- Each image is made once a row: without OFFSET 0 the planner would build it again for every use. Where the only
-- hidden value is empty nothing is hidden: the call of loggable would cost more than the rest of the row.
-- No nested loops: a plan that was made for one row and kept would compare each of 20,000 old rows with each new one.
CREATE OR REPLACE FUNCTION dcs.record_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET enable_nestloop = off AS $$
#variable_conflict use_variable
DECLARE
    hidden text[] := string_to_array(nullif(TG_ARGV[0], ''), ',');
    unlogged text[] := array_append(string_to_array(TG_ARGV[1], ','), 'capsule_version_id');
    actor text := coalesce(dcs.setting('actor'), 'db:' || session_user);
    reason text := dcs.setting('reason');
    session text := dcs.setting('session');
    app text := coalesce(dcs.setting('application'), current_setting('application_name'));
    address inet := dcs.setting('ip')::inet;
    request text := dcs.setting('request_id');
    -- The first hidden name where there is one only: most rows have nothing in it.
    single text := CASE WHEN cardinality(hidden) = 1 THEN hidden[1] END;
    review uuid := dcs.setting('review')::uuid;
    -- Rows without a uuid are found again by a digest of table and key (errata E31).
    by_uuid boolean := (SELECT atttypid = 'uuid'::regtype FROM pg_attribute WHERE attrelid = TG_RELID AND attname = 'id');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, new_values, visibility_rank,
            changed_by, change_reason, session_id, application, ip_address, request_id, review_id)
        SELECT TG_TABLE_NAME,
            CASE WHEN by_uuid THEN n.id::text::uuid ELSE md5(TG_TABLE_NAME || ':' || n.id)::uuid END, 'INSERT',
            CASE WHEN hidden IS NULL OR coalesce(i.image ->> single, '') IN ('', '[]', '{}') AND single IS NOT NULL THEN i.image ELSE dcs.loggable(i.image, hidden) END,
            coalesce((i.image ->> 'visibility_rank')::smallint, 2), actor, reason, session, app, address, request, review
        FROM new_rows n CROSS JOIN LATERAL (SELECT to_jsonb(n) AS image OFFSET 0) i;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, new_values, changed_fields,
            visibility_rank, changed_by, change_reason, session_id, application, ip_address, request_id, review_id)
        SELECT TG_TABLE_NAME,
            CASE WHEN by_uuid THEN r.id::uuid ELSE md5(TG_TABLE_NAME || ':' || r.id)::uuid END, 'UPDATE',
            CASE WHEN hidden IS NULL OR coalesce(r.was ->> single, '') IN ('', '[]', '{}') AND single IS NOT NULL THEN r.was ELSE dcs.loggable(r.was, hidden) END,
            CASE WHEN hidden IS NULL OR coalesce(r.image ->> single, '') IN ('', '[]', '{}') AND single IS NOT NULL THEN r.image ELSE dcs.loggable(r.image, hidden) END,
            changed.names,
            greatest((r.was ->> 'visibility_rank')::smallint, (r.image ->> 'visibility_rank')::smallint, 1::smallint),
            actor, reason, session, app, address, request, review
        FROM (SELECT n.id::text AS id, to_jsonb(o) AS was, to_jsonb(n) AS image
              FROM old_rows o JOIN new_rows n ON n.id = o.id OFFSET 0) r
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(field.key ORDER BY field.key) AS names FROM jsonb_each(r.image) field
            WHERE field.value IS DISTINCT FROM r.was -> field.key AND field.key <> ALL (unlogged)
            OFFSET 0
        ) changed
        WHERE changed.names IS NOT NULL;
        -- A changed key is a row gone and a row come.
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, new_values, visibility_rank,
            changed_by, change_reason, session_id, application, ip_address, request_id, review_id)
        SELECT TG_TABLE_NAME,
            CASE WHEN by_uuid THEN r.id::uuid ELSE md5(TG_TABLE_NAME || ':' || r.id)::uuid END, r.operation,
            CASE WHEN r.operation = 'DELETE' THEN dcs.loggable(r.image, coalesce(hidden, '{}')) END,
            CASE WHEN r.operation = 'INSERT' THEN dcs.loggable(r.image, coalesce(hidden, '{}')) END,
            coalesce((r.image ->> 'visibility_rank')::smallint, 2), actor, reason, session, app, address, request, review
        FROM (
            SELECT 'DELETE' AS operation, o.id::text AS id, to_jsonb(o) AS image FROM old_rows o
            WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = o.id)
            UNION ALL
            SELECT 'INSERT', n.id::text, to_jsonb(n) FROM new_rows n
            WHERE NOT EXISTS (SELECT FROM old_rows o WHERE o.id = n.id)
        ) r;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, visibility_rank,
            changed_by, change_reason, session_id, application, ip_address, request_id, review_id)
        SELECT TG_TABLE_NAME,
            CASE WHEN by_uuid THEN o.id::text::uuid ELSE md5(TG_TABLE_NAME || ':' || o.id)::uuid END, 'DELETE',
            CASE WHEN hidden IS NULL OR coalesce(i.image ->> single, '') IN ('', '[]', '{}') AND single IS NOT NULL THEN i.image ELSE dcs.loggable(i.image, hidden) END,
            coalesce((i.image ->> 'visibility_rank')::smallint, 2), actor, reason, session, app, address, request, review
        FROM old_rows o CROSS JOIN LATERAL (SELECT to_jsonb(o) AS image OFFSET 0) i;
    ELSE
        INSERT INTO dcs.metadata_audit_log (table_name, operation, changed_by, change_reason, session_id,
            application, ip_address, request_id, review_id)
        VALUES (TG_TABLE_NAME, 'TRUNCATE', actor, reason, session, app, address, request, review);
    END IF;
    RETURN NULL;
END $$;
