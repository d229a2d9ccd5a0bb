-- The graph that is kept in memory holds ends and ranks of edges, nothing else: a run that sees an edge again, or any
-- other word about it, does not make anybody load the graph anew. Only transition tables tell: an insertion that meets
-- rows already there inserts none, and keeping ranks updates none.
CREATE FUNCTION dcs.note_new_lineage() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows) THEN
        PERFORM dcs.raise_counter(TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.note_capsule_lineage() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF EXISTS (SELECT id, source_id, target_id, visibility_rank FROM new_rows
               EXCEPT SELECT id, source_id, target_id, visibility_rank FROM old_rows) THEN
        PERFORM dcs.raise_counter('capsule_lineage');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.note_column_lineage() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF EXISTS (SELECT id, source_column_id, target_column_id, visibility_rank FROM new_rows
               EXCEPT SELECT id, source_column_id, target_column_id, visibility_rank FROM old_rows) THEN
        PERFORM dcs.raise_counter('column_lineage');
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER note_lineage ON dcs.capsule_lineage;
CREATE TRIGGER note_lineage AFTER DELETE ON dcs.capsule_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();
CREATE TRIGGER note_new_lineage AFTER INSERT ON dcs.capsule_lineage REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_new_lineage();
CREATE TRIGGER note_other_lineage AFTER UPDATE ON dcs.capsule_lineage
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_capsule_lineage();

DROP TRIGGER note_lineage ON dcs.column_lineage;
CREATE TRIGGER note_lineage AFTER DELETE ON dcs.column_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();
CREATE TRIGGER note_new_lineage AFTER INSERT ON dcs.column_lineage REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_new_lineage();
CREATE TRIGGER note_other_lineage AFTER UPDATE ON dcs.column_lineage
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_column_lineage();
