-- The audit log: append-only, partitioned by month, written by statement-level triggers (trust.md, section 3).

CREATE TABLE dcs.metadata_audit_log (
    id              UUID NOT NULL DEFAULT gen_random_uuid(),
    table_name      VARCHAR(100) NOT NULL,
    record_id       UUID,
    operation       VARCHAR(20) NOT NULL,
    old_values      JSONB,
    new_values      JSONB,
    changed_fields  JSONB NOT NULL DEFAULT '[]',
    changed_by      VARCHAR(255),
    changed_at      TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
    change_reason   TEXT,
    session_id      VARCHAR(100),
    application     VARCHAR(100),
    ip_address      INET,
    seq             BIGINT NOT NULL,
    txid            XID8 NOT NULL DEFAULT pg_current_xact_id(),
    db_user         VARCHAR(63) NOT NULL DEFAULT session_user,
    request_id      VARCHAR(100),
    review_id       UUID,
    visibility_rank SMALLINT NOT NULL DEFAULT 2,
    row_hash        BYTEA,
    PRIMARY KEY (id, changed_at),
    CONSTRAINT operation_valid CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    CONSTRAINT record_id_unless_truncate CHECK (record_id IS NOT NULL OR operation = 'TRUNCATE')
) PARTITION BY RANGE (changed_at);

CREATE SEQUENCE dcs.metadata_audit_log_seq AS BIGINT OWNED BY dcs.metadata_audit_log.seq;
ALTER TABLE dcs.metadata_audit_log ALTER COLUMN seq SET DEFAULT nextval('dcs.metadata_audit_log_seq');

CREATE INDEX idx_metadata_audit_log_table ON dcs.metadata_audit_log(table_name, record_id);
CREATE INDEX idx_metadata_audit_log_changed_at ON dcs.metadata_audit_log(changed_at DESC);
CREATE INDEX idx_metadata_audit_log_changed_by ON dcs.metadata_audit_log(changed_by, changed_at DESC);

-- Nobody rewrites history, the owner of the tables included.
CREATE FUNCTION dcs.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.metadata_audit_log
    FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.metadata_audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
ALTER TABLE dcs.metadata_audit_log ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.metadata_audit_log ENABLE ALWAYS TRIGGER append_only_truncate;

-- Partitions for this month and the next three; rows outside fall into the default one. A TRUNCATE of a
-- partition does not fire its parent's trigger, so each gets one.
CREATE FUNCTION dcs.make_audit_partitions(upto date DEFAULT (current_date + interval '3 months')::date)
    RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    month date := date_trunc('month', current_date);
    part text;
    made int := 0;
BEGIN
    WHILE month <= upto LOOP
        part := 'metadata_audit_log_' || to_char(month, 'YYYY_MM');
        IF to_regclass('dcs.' || part) IS NULL THEN
            EXECUTE format('CREATE TABLE dcs.%I PARTITION OF dcs.metadata_audit_log FOR VALUES FROM (%L) TO (%L)',
                           part, month, month + interval '1 month');
            EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.%I'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change()', part);
            EXECUTE format('ALTER TABLE dcs.%I ENABLE ALWAYS TRIGGER append_only_truncate', part);
            made := made + 1;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN made;
END $$;
CREATE TABLE dcs.metadata_audit_log_rest PARTITION OF dcs.metadata_audit_log DEFAULT;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.metadata_audit_log_rest
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
ALTER TABLE dcs.metadata_audit_log_rest ENABLE ALWAYS TRIGGER append_only_truncate;
SELECT dcs.make_audit_partitions();

-- The key of the digests that stand for hidden values; no role but the owner of the functions reads it.
CREATE TABLE dcs.audit_key (id int PRIMARY KEY CHECK (id = 1), key bytea NOT NULL);
INSERT INTO dcs.audit_key VALUES (1, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- The row as it may be logged: hidden values become {"$hash": keyed digest}.
CREATE FUNCTION dcs.loggable(row_values jsonb, hidden text[]) RETURNS jsonb LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT row_values || coalesce((
        SELECT jsonb_object_agg(name, jsonb_build_object('$hash',
                   encode(sha256(key || convert_to(row_values ->> name, 'UTF8')), 'hex')))
        FROM unnest(hidden) AS name, dcs.audit_key WHERE row_values ->> name IS NOT NULL), '{}')
$$;

-- Which version a row last changed in follows from the change that is logged already, so a stamp alone is no change.
-- A table may have columns called reason, session or address.
-- Each image is made once a row: without OFFSET 0 the planner would build it again for every use. Where the only
-- hidden value is empty nothing is hidden: the call of loggable would cost more than the rest of the row.
-- No nested loops: a plan that was made for one row and kept would compare each of 20,000 old rows with each new one.
CREATE FUNCTION dcs.record_change() RETURNS trigger LANGUAGE plpgsql
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
