-- As in versions_v1.sql, from the rows that the log names and once for a whole load: going by the columns of every capsule
-- took longer than all the rest of keeping its version.
CREATE OR REPLACE FUNCTION dcs.stamp_versions(made uuid[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    part record;
    capsules uuid[];
BEGIN
    -- As arrays, for the planner knows their length: of a table that was filled just now it knows nothing.
    SELECT array_agg(v.id), array_agg(v.capsule_id) INTO made, capsules FROM capsule_versions v WHERE v.id = ANY (made);
    PERFORM set_config('dcs.stamping', 'on', true);
    FOR part IN
        WITH stamped AS (
            SELECT t.relname AS name, array_agg(a.attname) AS subjects FROM pg_class t
            JOIN pg_attribute s ON s.attrelid = t.oid AND s.attname = 'capsule_version_id' AND NOT s.attisdropped
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname IN ('capsule_id', 'column_id') AND NOT a.attisdropped
            WHERE t.relnamespace = 'dcs'::regnamespace AND t.relkind = 'r' GROUP BY t.relname
        )
        SELECT stamped.name, stamped.subjects, array_agg(DISTINCT w.record_id) AS written
        FROM metadata_audit_log w JOIN stamped ON stamped.name = w.table_name
        WHERE w.changed_at = now() AND w.txid = pg_current_xact_id_if_assigned() AND w.operation <> 'DELETE'
        GROUP BY stamped.name, stamped.subjects ORDER BY stamped.name
    LOOP
        IF 'capsule_id' = ANY (part.subjects) THEN
            EXECUTE format(
                'UPDATE %I t SET capsule_version_id = v.id FROM unnest($1, $3) AS v (id, capsule_id)'
                ' WHERE t.id = ANY ($2) AND v.capsule_id = t.capsule_id'
                ' AND t.capsule_version_id IS DISTINCT FROM v.id', part.name) USING made, part.written, capsules;
        END IF;
        IF 'column_id' = ANY (part.subjects) THEN
            EXECUTE format(
                'UPDATE %I t SET capsule_version_id = v.id FROM columns c, unnest($1, $3) AS v (id, capsule_id)'
                ' WHERE t.id = ANY ($2) AND c.id = t.column_id AND v.capsule_id = c.capsule_id'
                ' AND t.capsule_version_id IS DISTINCT FROM v.id', part.name) USING made, part.written, capsules;
        END IF;
    END LOOP;
    PERFORM set_config('dcs.stamping', '', true);
END $$;
