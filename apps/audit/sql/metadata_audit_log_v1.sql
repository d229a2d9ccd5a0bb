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
    SELECT row_values || coalesce(jsonb_object_agg(name, jsonb_build_object('$hash',
               encode(sha256(key || convert_to(row_values ->> name, 'UTF8')), 'hex'))), '{}')
    FROM unnest(hidden) AS name, dcs.audit_key
    WHERE row_values ->> name IS NOT NULL
$$;

-- The uuid by which a row is found again; rows without one get a digest of table and key (errata E31).
CREATE FUNCTION dcs.record_key(table_name text, row_values jsonb) RETURNS uuid LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog AS $$
    SELECT CASE WHEN row_values ->> 'id' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
                THEN (row_values ->> 'id')::uuid
                ELSE md5(table_name || ':' || coalesce(row_values ->> 'id', row_values::text))::uuid END
$$;

CREATE FUNCTION dcs.record_change() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    hidden text[] := string_to_array(nullif(TG_ARGV[0], ''), ',');
    unlogged text[] := string_to_array(TG_ARGV[1], ',');
    actor text := coalesce(dcs.setting('actor'), 'db:' || session_user);
    reason text := dcs.setting('reason');
    session text := dcs.setting('session');
    app text := coalesce(dcs.setting('application'), current_setting('application_name'));
    address inet := dcs.setting('ip')::inet;
    request text := dcs.setting('request_id');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, new_values, visibility_rank,
            changed_by, change_reason, session_id, application, ip_address, request_id)
        SELECT TG_TABLE_NAME, dcs.record_key(TG_TABLE_NAME, n.row_values), 'INSERT',
            CASE WHEN hidden IS NULL THEN n.row_values ELSE dcs.loggable(n.row_values, hidden) END,
            coalesce((n.row_values ->> 'visibility_rank')::smallint, 2), actor, reason, session, app, address, request
        FROM (SELECT to_jsonb(new_rows) AS row_values FROM new_rows) n;
    ELSIF TG_OP = 'UPDATE' THEN
        -- A changed key is a row gone and a row come.
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, new_values, changed_fields,
            visibility_rank, changed_by, change_reason, session_id, application, ip_address, request_id)
        SELECT TG_TABLE_NAME, dcs.record_key(TG_TABLE_NAME, coalesce(n.row_values, o.row_values)),
            CASE WHEN o.row_values IS NULL THEN 'INSERT' WHEN n.row_values IS NULL THEN 'DELETE' ELSE 'UPDATE' END,
            CASE WHEN hidden IS NULL THEN o.row_values ELSE dcs.loggable(o.row_values, hidden) END,
            CASE WHEN hidden IS NULL THEN n.row_values ELSE dcs.loggable(n.row_values, hidden) END,
            CASE WHEN o.row_values IS NULL OR n.row_values IS NULL THEN '[]' ELSE changed.names END,
            greatest((o.row_values ->> 'visibility_rank')::smallint, (n.row_values ->> 'visibility_rank')::smallint, 1::smallint),
            actor, reason, session, app, address, request
        FROM (SELECT to_jsonb(old_rows) AS row_values FROM old_rows) o
        FULL JOIN (SELECT to_jsonb(new_rows) AS row_values FROM new_rows) n
            ON n.row_values ->> 'id' = o.row_values ->> 'id'
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_agg(field.key ORDER BY field.key), '[]') AS names
            FROM jsonb_each(n.row_values) field
            WHERE field.value IS DISTINCT FROM o.row_values -> field.key AND field.key <> ALL (unlogged)
        ) changed
        WHERE changed.names <> '[]' OR n.row_values IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO dcs.metadata_audit_log (table_name, record_id, operation, old_values, visibility_rank,
            changed_by, change_reason, session_id, application, ip_address, request_id)
        SELECT TG_TABLE_NAME, dcs.record_key(TG_TABLE_NAME, o.row_values), 'DELETE',
            CASE WHEN hidden IS NULL THEN o.row_values ELSE dcs.loggable(o.row_values, hidden) END,
            coalesce((o.row_values ->> 'visibility_rank')::smallint, 2), actor, reason, session, app, address, request
        FROM (SELECT to_jsonb(old_rows) AS row_values FROM old_rows) o;
    ELSE
        INSERT INTO dcs.metadata_audit_log (table_name, operation, changed_by, change_reason, session_id,
            application, ip_address, request_id)
        VALUES (TG_TABLE_NAME, 'TRUNCATE', actor, reason, session, app, address, request);
    END IF;
    RETURN NULL;
END $$;
