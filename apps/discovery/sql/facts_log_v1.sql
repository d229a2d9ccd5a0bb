-- Which facts have changed since, for processes that keep all of them in memory (apps/discovery/kept.py): a row a statement,
-- with the numbers of its capsules; null stands for so many that reading everything anew costs less. Forgotten after a day.

CREATE TABLE dcs.capsule_facts_log (
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    ords       INTEGER[]
);
CREATE INDEX capsule_facts_log_changed ON dcs.capsule_facts_log (changed_in);

CREATE FUNCTION dcs.log_facts() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    found integer[];
BEGIN
    SELECT array_agg(DISTINCT ord) INTO found FROM (SELECT ord FROM moved LIMIT 2001) few;
    IF found IS NOT NULL THEN
        INSERT INTO dcs.capsule_facts_log (ords) VALUES (CASE WHEN cardinality(found) <= 2000 THEN found END);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER log_insert AFTER INSERT ON dcs.capsule_facts REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.log_facts();
CREATE TRIGGER log_update AFTER UPDATE ON dcs.capsule_facts REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.log_facts();
CREATE TRIGGER log_delete AFTER DELETE ON dcs.capsule_facts REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.log_facts();

CREATE FUNCTION dcs.prune_facts_log() RETURNS void LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS
    $$ DELETE FROM dcs.capsule_facts_log WHERE changed_at < now() - interval '1 day' $$;

-- The lowest layers feed most, the highest nothing: by use alone, a list of the highest would be looked for at the very end.
CREATE INDEX capsule_facts_by_layer_use ON dcs.capsule_facts (layer, (-downstream_count), name_key, ord);

