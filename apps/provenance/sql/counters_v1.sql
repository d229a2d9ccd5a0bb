-- Counters by which a reader sees that something has changed since it last looked, without looking at it.
-- Writers never wait for each other: each takes a stripe that no running transaction holds, and raises it
-- once a transaction. The value is the sum over the stripes; it moves when the change becomes visible.

CREATE TABLE dcs.change_counters (
    topic     TEXT NOT NULL,
    stripe    SMALLINT NOT NULL,
    n         BIGINT NOT NULL,
    raised_by XID8 NOT NULL,
    PRIMARY KEY (topic, stripe)
) WITH (fillfactor = 50);

CREATE FUNCTION dcs.raise_counter(topic text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    own smallint := pg_backend_pid() % 64;
BEGIN
    FOR i IN 1..64 LOOP
        EXIT WHEN pg_try_advisory_xact_lock(714201, own);
        own := (own + 1) % 64;
    END LOOP;
    INSERT INTO dcs.change_counters AS c (topic, stripe, n, raised_by) VALUES (topic, own, 1, pg_current_xact_id())
    ON CONFLICT ON CONSTRAINT change_counters_pkey DO UPDATE SET n = c.n + 1, raised_by = excluded.raised_by
        WHERE c.raised_by <> excluded.raised_by;
END $$;
