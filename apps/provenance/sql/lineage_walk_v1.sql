-- The neighbourhood of a capsule or a column, breadth first: level by level, each node once. A recursive query
-- visits a node once for every path to it and does not come back from a hub.
--
-- `up` and `down` are the steps in either direction, `most` the nodes that are returned besides the start, nearest
-- first, then by name. A level that does not fit ends the walk in its direction; a row without id says how many of
-- its nodes were left out. Nodes and edges that need a higher clearance are not seen and not walked through, nor
-- are retired nodes; the start itself may be retired.

CREATE FUNCTION dcs.walk_capsules(start uuid, clearance integer, up integer, down integer, most integer)
    RETURNS TABLE (id uuid, distance integer, way text, left_out integer) LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, dcs AS $$
#variable_conflict use_column
DECLARE
    frontier uuid[];
    seen uuid[];
    level uuid[];
    step integer;
    kept integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM dcs.capsules c WHERE c.id = start AND c.visibility_rank <= clearance) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT start, 0, ''::text, 0;
    FOREACH way IN ARRAY ARRAY['upstream', 'downstream'] LOOP
        frontier := ARRAY[start];
        seen := ARRAY[start];
        step := 0;
        WHILE cardinality(frontier) > 0 AND step < CASE way WHEN 'upstream' THEN up ELSE down END LOOP
            step := step + 1;
            IF way = 'upstream' THEN
                level := ARRAY(
                    SELECT n.id FROM (
                        SELECT e.source_id AS id FROM dcs.capsule_lineage e
                        WHERE e.target_id = ANY (frontier) AND e.visibility_rank <= clearance
                        EXCEPT SELECT unnest(seen)
                    ) near JOIN dcs.capsules n ON n.id = near.id
                    WHERE n.visibility_rank <= clearance AND n.retired_at IS NULL ORDER BY n.name, n.id);
            ELSE
                level := ARRAY(
                    SELECT n.id FROM (
                        SELECT e.target_id AS id FROM dcs.capsule_lineage e
                        WHERE e.source_id = ANY (frontier) AND e.visibility_rank <= clearance
                        EXCEPT SELECT unnest(seen)
                    ) near JOIN dcs.capsules n ON n.id = near.id
                    WHERE n.visibility_rank <= clearance AND n.retired_at IS NULL ORDER BY n.name, n.id);
            END IF;
            frontier := level[1 : greatest(most - kept, 0)];
            seen := seen || frontier;
            kept := kept + cardinality(frontier);
            RETURN QUERY SELECT node, step, way, 0 FROM unnest(frontier) node;
            IF cardinality(level) > cardinality(frontier) THEN
                RETURN QUERY SELECT NULL::uuid, step, way, cardinality(level) - cardinality(frontier);
                EXIT;
            END IF;
        END LOOP;
    END LOOP;
END $$;

CREATE FUNCTION dcs.walk_columns(start uuid, clearance integer, up integer, down integer, most integer)
    RETURNS TABLE (id uuid, distance integer, way text, left_out integer) LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, dcs AS $$
#variable_conflict use_column
DECLARE
    frontier uuid[];
    seen uuid[];
    level uuid[];
    step integer;
    kept integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM dcs.columns n JOIN dcs.capsules c ON c.id = n.capsule_id
                   WHERE n.id = start AND n.visibility_rank <= clearance AND c.visibility_rank <= clearance) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT start, 0, ''::text, 0;
    FOREACH way IN ARRAY ARRAY['upstream', 'downstream'] LOOP
        frontier := ARRAY[start];
        seen := ARRAY[start];
        step := 0;
        WHILE cardinality(frontier) > 0 AND step < CASE way WHEN 'upstream' THEN up ELSE down END LOOP
            step := step + 1;
            IF way = 'upstream' THEN
                level := ARRAY(
                    SELECT n.id FROM (
                        SELECT e.source_column_id AS id FROM dcs.column_lineage e
                        WHERE e.target_column_id = ANY (frontier) AND e.visibility_rank <= clearance
                        EXCEPT SELECT unnest(seen)
                    ) near JOIN dcs.columns n ON n.id = near.id JOIN dcs.capsules c ON c.id = n.capsule_id
                    WHERE n.visibility_rank <= clearance AND n.retired_at IS NULL
                      AND c.visibility_rank <= clearance AND c.retired_at IS NULL ORDER BY c.name, n.name, n.id);
            ELSE
                level := ARRAY(
                    SELECT n.id FROM (
                        SELECT e.target_column_id AS id FROM dcs.column_lineage e
                        WHERE e.source_column_id = ANY (frontier) AND e.visibility_rank <= clearance
                        EXCEPT SELECT unnest(seen)
                    ) near JOIN dcs.columns n ON n.id = near.id JOIN dcs.capsules c ON c.id = n.capsule_id
                    WHERE n.visibility_rank <= clearance AND n.retired_at IS NULL
                      AND c.visibility_rank <= clearance AND c.retired_at IS NULL ORDER BY c.name, n.name, n.id);
            END IF;
            frontier := level[1 : greatest(most - kept, 0)];
            seen := seen || frontier;
            kept := kept + cardinality(frontier);
            RETURN QUERY SELECT node, step, way, 0 FROM unnest(frontier) node;
            IF cardinality(level) > cardinality(frontier) THEN
                RETURN QUERY SELECT NULL::uuid, step, way, cardinality(level) - cardinality(frontier);
                EXIT;
            END IF;
        END LOOP;
    END LOOP;
END $$;

-- Whoever keeps the graph in memory sees by the counter that it has changed.
CREATE FUNCTION dcs.note_lineage() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    PERFORM dcs.raise_counter(TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER note_lineage AFTER INSERT OR UPDATE OR DELETE ON dcs.capsule_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();
CREATE TRIGGER note_lineage AFTER INSERT OR UPDATE OR DELETE ON dcs.column_lineage
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_lineage();

-- A node that is hidden, shown, retired or restored changes the graph as an edge does.
CREATE FUNCTION dcs.note_nodes() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    -- Compared by EXCEPT, not joined: a plan that was made for one row would compare each of 20,000 rows with each.
    IF EXISTS (SELECT id, visibility_rank, retired_at IS NULL FROM new_rows
               EXCEPT SELECT id, visibility_rank, retired_at IS NULL FROM old_rows) THEN
        PERFORM dcs.raise_counter('capsule_lineage'), dcs.raise_counter('column_lineage');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_lineage AFTER UPDATE ON dcs.capsules REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_nodes();
CREATE TRIGGER note_lineage AFTER UPDATE ON dcs.columns REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.note_nodes();
