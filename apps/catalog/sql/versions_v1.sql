-- The capsules whose document this transaction may have changed, by its log entries after number `since`: whose
-- rows they are, and who carries a name that was changed. `changed_by` and `change_reason` are those of the last entry.
-- The time comes first, for it has the index: entries of one transaction share theirs.
CREATE FUNCTION dcs.touched_capsules(since bigint)
    RETURNS TABLE (capsule_id uuid, changed_by varchar, change_reason text) LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH written AS MATERIALIZED (
        SELECT w.seq, w.table_name, w.record_id, w.changed_by, w.change_reason, w.changed_fields, image
        FROM metadata_audit_log w CROSS JOIN LATERAL (VALUES (w.old_values), (w.new_values)) AS images (image)
        WHERE w.changed_at = now() AND w.txid = pg_current_xact_id_if_assigned() AND w.seq > since
          AND image IS NOT NULL
          AND w.table_name IN ('capsules', 'columns', 'column_constraints', 'capsule_indexes', 'capsule_tags',
              'column_tags', 'capsule_business_terms', 'quality_rules', 'data_policies', 'masking_rules',
              'capsule_lineage', 'column_lineage', 'transformation_code', 'capsule_contracts',
              'owners', 'domains', 'source_systems', 'tags', 'value_domains', 'business_terms')
    ), named AS (
        SELECT * FROM written w WHERE w.table_name = 'owners'
           OR w.changed_fields ?| ARRAY['name', 'domain_name', 'term_name', 'urn']
    ), found (seq, capsule_id) AS (
        SELECT w.seq, w.record_id FROM written w WHERE w.table_name = 'capsules'
        UNION ALL
        SELECT w.seq, x.key::uuid FROM written w
        CROSS JOIN LATERAL (VALUES (w.image ->> 'capsule_id'), (w.image ->> 'source_id'), (w.image ->> 'target_id'))
            AS x (key)
        WHERE x.key IS NOT NULL
        UNION ALL
        SELECT w.seq, c.capsule_id FROM written w
        CROSS JOIN LATERAL (VALUES (w.image ->> 'column_id'), (w.image ->> 'source_column_id'),
            (w.image ->> 'target_column_id')) AS x (key)
        JOIN columns c ON c.id = x.key::uuid
        UNION ALL
        SELECT w.seq, y.capsule_id FROM written w JOIN capsule_lineage e ON e.id = (w.image ->> 'lineage_edge_id')::uuid
        CROSS JOIN LATERAL (VALUES (e.source_id), (e.target_id)) AS y (capsule_id)
        WHERE w.table_name = 'transformation_code'
        UNION ALL
        SELECT n.seq, c.id FROM named n JOIN capsules c ON c.owner_id = n.record_id WHERE n.table_name = 'owners'
        UNION ALL
        SELECT n.seq, p.capsule_id FROM named n JOIN capsule_contracts p ON p.contract_owner_id = n.record_id
        WHERE n.table_name = 'owners'
        UNION ALL
        SELECT n.seq, coalesce(p.capsule_id, c.capsule_id) FROM named n JOIN data_policies p ON p.policy_owner_id = n.record_id
        LEFT JOIN columns c ON c.id = p.column_id WHERE n.table_name = 'owners'
        UNION ALL
        SELECT n.seq, c.id FROM named n JOIN capsules c ON c.domain_id = n.record_id WHERE n.table_name = 'domains'
        UNION ALL
        SELECT n.seq, c.id FROM named n JOIN capsules c ON c.source_system_id = n.record_id
        WHERE n.table_name = 'source_systems'
        UNION ALL
        SELECT n.seq, t.capsule_id FROM named n JOIN capsule_tags t ON t.tag_id = n.record_id WHERE n.table_name = 'tags'
        UNION ALL
        SELECT n.seq, c.capsule_id FROM named n JOIN column_tags t ON t.tag_id = n.record_id
        JOIN columns c ON c.id = t.column_id WHERE n.table_name = 'tags'
        UNION ALL
        SELECT n.seq, c.capsule_id FROM named n JOIN columns c ON c.value_domain_id = n.record_id
        WHERE n.table_name = 'value_domains'
        UNION ALL
        SELECT n.seq, coalesce(l.capsule_id, c.capsule_id) FROM named n
        JOIN capsule_business_terms l ON l.term_id = n.record_id LEFT JOIN columns c ON c.id = l.column_id
        WHERE n.table_name = 'business_terms'
        UNION ALL
        SELECT n.seq, y.capsule_id FROM named n
        JOIN capsule_lineage e ON n.record_id IN (e.source_id, e.target_id)
        CROSS JOIN LATERAL (VALUES (e.source_id), (e.target_id)) AS y (capsule_id) WHERE n.table_name = 'capsules' AND n.changed_fields ? 'urn'
    )
    SELECT DISTINCT ON (f.capsule_id) f.capsule_id, w.changed_by, w.change_reason
    FROM found f JOIN written w ON w.seq = f.seq WHERE f.capsule_id IS NOT NULL
    ORDER BY f.capsule_id, f.seq DESC;
END $$;

-- The number of the newest entry that this session has written to the log; 0 before its first.
CREATE FUNCTION dcs.last_change() RETURNS bigint LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    RETURN currval('dcs.metadata_audit_log_seq');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN 0;
END $$;

-- Name the version in which they last changed on the rows that this transaction wrote (errata B8): in every table
-- that has the column, whichever app owns it.
-- By the rows that the log names and once for a whole load: going by the columns of every capsule took longer than
-- all the rest of keeping its version.
CREATE FUNCTION dcs.stamp_versions(made uuid[]) RETURNS void LANGUAGE plpgsql
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
