-- Seals over the log: chained digests of its rows in the order of (txid, seq), signed outside of the database (trust.md, section 3.3).

CREATE TABLE dcs.audit_seals (
    number     BIGINT PRIMARY KEY CHECK (number > 0),
    from_txid  XID8 NOT NULL,
    to_txid    XID8 NOT NULL,
    rows       BIGINT NOT NULL,
    first_seq  BIGINT,
    last_seq   BIGINT,
    digest     BYTEA NOT NULL,
    previous   BYTEA NOT NULL,
    marks      BYTEA NOT NULL,
    kid        VARCHAR(40) NOT NULL,
    signature  BYTEA NOT NULL,
    sealed_at  TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT a_transaction_is_sealed_once UNIQUE (from_txid),
    CONSTRAINT a_seal_goes_forward CHECK (to_txid > from_txid),
    CONSTRAINT a_seal_has_whole_digests CHECK (octet_length(digest) = 32 AND octet_length(previous) = 32 AND octet_length(marks) = 16 * rows)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.audit_seals
    FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
ALTER TABLE dcs.audit_seals ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.audit_seals ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE INDEX idx_metadata_audit_log_sealed ON dcs.metadata_audit_log (txid, seq);

-- A row as it is hashed, exported and checked elsewhere: a JSON array in a fixed order. A column that the log gains later is not in
-- it: that would change the text of every row. Called with the time zone UTC, see below.
CREATE FUNCTION dcs.audit_row(l dcs.metadata_audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(l.txid::text, l.seq, l.id, l.table_name, l.record_id, l.operation, l.old_values, l.new_values,
        l.changed_fields, l.changed_by, l.changed_at, l.change_reason, l.session_id, l.application, host(l.ip_address), l.db_user,
        l.request_id, l.review_id, l.visibility_rank)::text
$$;

-- How far rows may be sealed: transactions that nobody can add to any more, at most so many rows unless one transaction has more.
CREATE FUNCTION dcs.audit_sealable(since xid8, most bigint) RETURNS xid8 LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT coalesce(
        (SELECT l.txid FROM dcs.metadata_audit_log l
         WHERE l.txid > (SELECT f.txid FROM dcs.metadata_audit_log f WHERE f.txid >= since ORDER BY f.txid, f.seq LIMIT 1)
           AND l.txid >= (SELECT n.txid FROM dcs.metadata_audit_log n WHERE n.txid >= since ORDER BY n.txid, n.seq OFFSET most LIMIT 1)
           AND l.txid < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY l.txid, l.seq LIMIT 1),
        pg_snapshot_xmin(pg_current_snapshot()))
$$;

-- Digest of the rows of a range of transactions, and a mark of each (its seq and the first half of its digest's half) by which a
-- defect is found again.
CREATE FUNCTION dcs.audit_digest(since xid8, until xid8, before bytea,
        OUT rows bigint, OUT first_seq bigint, OUT last_seq bigint, OUT digest bytea, OUT marks bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs SET timezone = 'UTC' SET work_mem = '64MB' AS $$
    SELECT count(*), min(h.seq), max(h.seq),
           sha256(coalesce(string_agg(h.hash, ''::bytea ORDER BY h.txid, h.seq), ''::bytea) || before),
           coalesce(string_agg(int8send(h.seq) || substr(h.hash, 1, 8), ''::bytea ORDER BY h.txid, h.seq), ''::bytea)
    FROM (SELECT l.txid, l.seq, sha256(convert_to(dcs.audit_row(l), 'UTF8')) AS hash
          FROM dcs.metadata_audit_log l WHERE l.txid >= since AND l.txid < until ORDER BY l.txid, l.seq) h
$$;

CREATE FUNCTION dcs.audit_rows(since xid8, until xid8) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs SET timezone = 'UTC' AS $$
    SELECT dcs.audit_row(l) FROM dcs.metadata_audit_log l WHERE l.txid >= since AND l.txid < until ORDER BY l.txid, l.seq
$$;

-- The oldest row that no seal covers.
CREATE FUNCTION dcs.audit_unsealed_since(since xid8) RETURNS timestamptz LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT min(l.changed_at) FROM (SELECT changed_at FROM dcs.metadata_audit_log WHERE txid >= since ORDER BY txid, seq LIMIT 1000) l
$$;

-- Triggers that guard or write the log and are missing, or do not fire.
CREATE FUNCTION dcs.audit_unguarded() RETURNS TABLE (table_name text, trigger_name text) LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    WITH wanted AS (
        SELECT c.oid, c.relname, t.name, t.always FROM pg_class c
        CROSS JOIN (VALUES ('append_only', true), ('append_only_truncate', true)) t(name, always)
        WHERE c.relnamespace = 'dcs'::regnamespace AND (c.relname IN ('metadata_audit_log', 'audit_seals')
              OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'dcs.metadata_audit_log'::regclass))
        UNION ALL
        SELECT c.oid, c.relname, e.name, false FROM pg_class c
        CROSS JOIN (VALUES ('audit_insert'), ('audit_update'), ('audit_delete'), ('audit_truncate')) e(name)
        WHERE EXISTS (SELECT FROM pg_trigger a WHERE a.tgrelid = c.oid AND a.tgfoid = 'dcs.record_change'::regproc)
    )
    SELECT w.relname::text, w.name FROM wanted w
    WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = w.oid AND g.tgname = w.name
                      AND (g.tgenabled = 'A' OR NOT w.always AND g.tgenabled = 'O'))
    ORDER BY 1, 2
$$;
