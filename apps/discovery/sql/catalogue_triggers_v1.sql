-- Keep what the catalogue lists and finds equal to the tables: after every statement, for the capsules that it
-- touched. In a bulk load (setting dcs.bulk) nothing is kept; who loads calls dcs.refresh_capsule_facts once.
-- Old and new rows are compared by EXCEPT, never joined: a plan that was made for one row and kept would compare
-- each of 20,000 rows with each.

CREATE FUNCTION dcs.keep_capsules(touched uuid[], reworded uuid[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT DISTINCT id FROM unnest(touched || reworded) id WHERE id IS NOT NULL);
BEGIN
    IF cardinality(ids) = 0 THEN
        RETURN;
    END IF;
    IF dcs.recount_capsules(ids) > 0 THEN
        UPDATE dcs.capsule_search s SET boost = dcs.boost(f.downstream_count, f.contract_status)
        FROM dcs.capsule_facts f
        WHERE f.capsule_id = ANY (ids) AND s.capsule_id = f.capsule_id AND s.visibility_rank = f.visible_from
          AND s.boost <> dcs.boost(f.downstream_count, f.contract_status);
    END IF;
    IF cardinality(reworded) > 0 THEN
        PERFORM dcs.index_capsules(reworded);
    END IF;
END $$;

-- The end of a bulk load: bring everything that is derived of these capsules, and the counts of their
-- neighbours, up to date. Name both ends of lineage that was removed. Null stands for all capsules.
CREATE FUNCTION dcs.refresh_capsule_facts(ids uuid[]) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    part uuid[];
    written integer;
BEGIN
    IF ids IS NULL THEN
        SELECT array_agg(id ORDER BY id) INTO ids FROM dcs.capsules;
        PERFORM dcs.index_names('term', NULL), dcs.index_names('domain', NULL), dcs.index_names('owner', NULL);
    END IF;
    -- What one transaction has loaded the planner believes to be as small as it was: 5,000 capsules would take
    -- minutes instead of a second. Autovacuum comes too late, after the commit.
    IF cardinality(ids) > 200 AND cardinality(ids) * 10 > (SELECT reltuples FROM pg_class WHERE oid = 'dcs.capsules'::regclass) THEN
        ANALYZE dcs.capsules (id, urn, retired_at, visibility_rank), dcs.columns (id, capsule_id, name, retired_at, visibility_rank),
            dcs.quality_rules (id, capsule_id, column_id), dcs.capsule_lineage (source_id, target_id),
            dcs.column_constraints (column_id), dcs.capsule_tags, dcs.data_policies (capsule_id, column_id),
            dcs.masking_rules (column_id), dcs.capsule_contracts (capsule_id), dcs.capsule_indexes (capsule_id),
            dcs.capsule_business_terms (capsule_id, column_id, term_id), dcs.quality_checks (quality_rule_id),
            dcs.transformation_code (id, capsule_id);
    END IF;
    FOR chunk IN 0 .. (coalesce(cardinality(ids), 0) - 1) / 2000 LOOP
        part := ids[chunk * 2000 + 1 : chunk * 2000 + 2000];
        PERFORM dcs.learn_column_names(ARRAY(SELECT DISTINCT c.name::text FROM dcs.columns c WHERE c.capsule_id = ANY (part)));
    END LOOP;
    written := dcs.recount_capsules(ARRAY(
        SELECT unnest(ids) UNION SELECT e.source_id FROM dcs.capsule_lineage e WHERE e.target_id = ANY (ids)
        UNION SELECT e.target_id FROM dcs.capsule_lineage e WHERE e.source_id = ANY (ids)));
    FOR chunk IN 0 .. (coalesce(cardinality(ids), 0) - 1) / 2000 LOOP
        PERFORM dcs.index_capsules(ids[chunk * 2000 + 1 : chunk * 2000 + 2000]);
    END LOOP;
    RETURN written;
END $$;

-- Policies begin and end by date: recount the capsules for which a day that has come makes a difference.
CREATE FUNCTION dcs.recount_dated_capsules() RETURNS integer LANGUAGE sql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT dcs.recount_capsules(ARRAY(
        SELECT DISTINCT f.capsule_id FROM dcs.data_policies p
        LEFT JOIN dcs.columns c ON c.id = p.column_id
        JOIN dcs.capsule_facts f ON f.capsule_id = coalesce(p.capsule_id, c.capsule_id)
        WHERE p.policy_status = 'active'
          AND (p.effective_from > f.computed_on AND p.effective_from <= current_date
               OR p.effective_to >= f.computed_on AND p.effective_to < current_date)))
$$;

-- Forget what no column is called any more, keep one of each name and word, and count how often it is used.
CREATE FUNCTION dcs.prune_search() RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    DELETE FROM dcs.column_names n USING dcs.column_names twin WHERE twin.name = n.name AND twin.ctid < n.ctid;
    UPDATE dcs.column_names n SET uses = used.uses
    FROM (SELECT name, count(*)::integer AS uses FROM dcs.columns WHERE retired_at IS NULL GROUP BY name) used
    WHERE used.name = n.name AND used.uses <> n.uses;
    DELETE FROM dcs.column_names n WHERE NOT EXISTS (SELECT FROM dcs.columns c WHERE c.name = n.name);
    DELETE FROM dcs.search_words w USING dcs.search_words twin WHERE twin.word = w.word AND twin.ctid < w.ctid;
END $$;

CREATE FUNCTION dcs.after_capsules() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    touched uuid[];
    reworded uuid[];
    shown uuid[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM dcs.raise_counter('catalogue');
    ELSIF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO touched FROM new_rows;
        PERFORM dcs.keep_capsules(touched, touched);
    ELSE
        SELECT array_agg(id) INTO touched FROM (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows) changed;
        SELECT array_agg(id) INTO reworded FROM (
            SELECT id, name, description, tags, schema_name, visibility_rank, retired_at FROM new_rows
            EXCEPT SELECT id, name, description, tags, schema_name, visibility_rank, retired_at FROM old_rows) changed;
        SELECT array_agg(id) INTO shown FROM (
            SELECT id, visibility_rank, retired_at IS NULL FROM new_rows
            EXCEPT SELECT id, visibility_rank, retired_at IS NULL FROM old_rows) changed;
        touched := touched || ARRAY(SELECT e.target_id FROM dcs.capsule_lineage e WHERE e.source_id = ANY (shown)
            UNION SELECT e.source_id FROM dcs.capsule_lineage e WHERE e.target_id = ANY (shown));
        PERFORM dcs.keep_capsules(touched, reworded);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.after_columns() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    touched uuid[];
    reworded uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM dcs.learn_column_names(ARRAY(SELECT DISTINCT name::text FROM new_rows));
        SELECT array_agg(DISTINCT capsule_id) INTO reworded FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT capsule_id) INTO reworded FROM old_rows;
    ELSE
        PERFORM dcs.learn_column_names(ARRAY(SELECT DISTINCT name::text FROM (
            SELECT id, name FROM new_rows EXCEPT SELECT id, name FROM old_rows) renamed));
        SELECT array_agg(DISTINCT capsule_id) INTO reworded FROM (
            (SELECT id, capsule_id, name, visibility_rank, retired_at FROM new_rows
             EXCEPT SELECT id, capsule_id, name, visibility_rank, retired_at FROM old_rows)
            UNION ALL
            (SELECT id, capsule_id, name, visibility_rank, retired_at FROM old_rows
             EXCEPT SELECT id, capsule_id, name, visibility_rank, retired_at FROM new_rows)) changed;
        SELECT array_agg(DISTINCT capsule_id) INTO touched FROM (
            SELECT id, capsule_id, description, pii_type FROM new_rows
            EXCEPT SELECT id, capsule_id, description, pii_type FROM old_rows) changed;
    END IF;
    PERFORM dcs.keep_capsules(touched, reworded);
    RETURN NULL;
END $$;

-- Rules, policies and term links: about a capsule or one of its columns. Of a column that is gone the column's
-- own trigger speaks.
CREATE FUNCTION dcs.after_subject_rows() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    touched uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(coalesce(r.capsule_id, c.capsule_id)) INTO touched
            FROM new_rows r LEFT JOIN dcs.columns c ON c.id = r.column_id;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(coalesce(r.capsule_id, c.capsule_id)) INTO touched
            FROM old_rows r LEFT JOIN dcs.columns c ON c.id = r.column_id;
    ELSE
        SELECT array_agg(coalesce(r.capsule_id, c.capsule_id)) INTO touched
            FROM (SELECT capsule_id, column_id FROM (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows) come
                  UNION SELECT capsule_id, column_id FROM (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows) gone) r
            LEFT JOIN dcs.columns c ON c.id = r.column_id;
    END IF;
    PERFORM dcs.keep_capsules(touched, CASE WHEN TG_TABLE_NAME = 'capsule_business_terms' THEN touched END);
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.after_checks() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    rules uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT quality_rule_id) INTO rules FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT quality_rule_id) INTO rules FROM old_rows;
    ELSE
        SELECT array_agg(DISTINCT quality_rule_id) INTO rules FROM (
            (SELECT id, quality_rule_id, check_status, check_timestamp FROM new_rows
             EXCEPT SELECT id, quality_rule_id, check_status, check_timestamp FROM old_rows)
            UNION ALL
            (SELECT id, quality_rule_id, check_status, check_timestamp FROM old_rows
             EXCEPT SELECT id, quality_rule_id, check_status, check_timestamp FROM new_rows)) changed;
    END IF;
    PERFORM dcs.keep_capsules(ARRAY(
        SELECT coalesce(r.capsule_id, c.capsule_id) FROM dcs.quality_rules r LEFT JOIN dcs.columns c ON c.id = r.column_id
        WHERE r.id = ANY (rules) AND r.is_enabled), NULL);
    RETURN NULL;
END $$;

-- Masking rules and constraints: about a column.
CREATE FUNCTION dcs.after_column_rows() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    about uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(column_id) INTO about FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(column_id) INTO about FROM old_rows;
    ELSE
        SELECT array_agg(column_id) INTO about FROM (
            (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)
            UNION ALL (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)) changed;
    END IF;
    PERFORM dcs.keep_capsules(ARRAY(SELECT c.capsule_id FROM dcs.columns c WHERE c.id = ANY (about)), NULL);
    RETURN NULL;
END $$;

-- Contracts, tags and indexes of a capsule.
CREATE FUNCTION dcs.after_capsule_rows() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    touched uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(capsule_id) INTO touched FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(capsule_id) INTO touched FROM old_rows;
    ELSE
        SELECT array_agg(capsule_id) INTO touched FROM (
            (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)
            UNION ALL (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)) changed;
    END IF;
    PERFORM dcs.keep_capsules(touched, CASE WHEN TG_TABLE_NAME = 'capsule_tags' THEN touched END);
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.after_capsule_lineage() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    touched uuid[];
BEGIN
    IF dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(source_id) || array_agg(target_id) INTO touched FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(source_id) || array_agg(target_id) INTO touched FROM old_rows;
    ELSE
        SELECT array_agg(source_id) || array_agg(target_id) INTO touched FROM (
            (SELECT id, source_id, target_id, visibility_rank FROM new_rows
             EXCEPT SELECT id, source_id, target_id, visibility_rank FROM old_rows)
            UNION ALL
            (SELECT id, source_id, target_id, visibility_rank FROM old_rows
             EXCEPT SELECT id, source_id, target_id, visibility_rank FROM new_rows)) changed;
    END IF;
    PERFORM dcs.keep_capsules(touched, NULL);
    RETURN NULL;
END $$;

-- What capsules only refer to: another name of it is another name in their rows. Rows that go set the
-- references to null, or take the links along, and those tell by themselves.
CREATE FUNCTION dcs.after_named_rows() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    of_kind text := TG_ARGV[0];
    changed uuid[];
    touched uuid[];
BEGIN
    IF of_kind <> 'tag' THEN
        IF TG_OP = 'INSERT' THEN
            SELECT array_agg(id) INTO changed FROM new_rows;
        ELSIF TG_OP = 'DELETE' THEN
            SELECT array_agg(id) INTO changed FROM old_rows;
        ELSE
            SELECT array_agg(id) INTO changed FROM (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows) altered;
        END IF;
        IF changed IS NOT NULL THEN
            PERFORM dcs.index_names(of_kind, changed);
        END IF;
    END IF;
    IF TG_OP <> 'UPDATE' OR dcs.setting('bulk') = 'on' THEN
        RETURN NULL;
    ELSIF of_kind = 'tag' THEN
        SELECT array_agg(id) INTO changed FROM (SELECT id, name FROM new_rows EXCEPT SELECT id, name FROM old_rows) renamed;
        SELECT array_agg(l.capsule_id) INTO touched FROM dcs.capsule_tags l WHERE l.tag_id = ANY (changed);
        PERFORM dcs.keep_capsules(touched, touched);
    ELSIF of_kind = 'term' THEN
        SELECT array_agg(id) INTO changed FROM (
            SELECT id, term_name, display_name, visibility_rank FROM new_rows
            EXCEPT SELECT id, term_name, display_name, visibility_rank FROM old_rows) reworded;
        SELECT array_agg(coalesce(l.capsule_id, c.capsule_id)) INTO touched FROM dcs.capsule_business_terms l
            LEFT JOIN dcs.columns c ON c.id = l.column_id WHERE l.term_id = ANY (changed);
        PERFORM dcs.keep_capsules(touched, touched);
    ELSIF of_kind = 'domain' THEN
        SELECT array_agg(id) INTO changed FROM (SELECT id, name FROM new_rows EXCEPT SELECT id, name FROM old_rows) renamed;
        SELECT array_agg(c.id) INTO touched FROM dcs.capsules c WHERE c.domain_id = ANY (changed);
        PERFORM dcs.keep_capsules(touched, NULL);
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN SELECT * FROM (VALUES
        ('capsules', 'after_capsules()'), ('columns', 'after_columns()'), ('quality_rules', 'after_subject_rows()'),
        ('data_policies', 'after_subject_rows()'), ('capsule_business_terms', 'after_subject_rows()'),
        ('quality_checks', 'after_checks()'), ('masking_rules', 'after_column_rows()'),
        ('column_constraints', 'after_column_rows()'), ('capsule_indexes', 'after_capsule_rows()'),
        ('capsule_contracts', 'after_capsule_rows()'), ('capsule_tags', 'after_capsule_rows()'),
        ('capsule_lineage', 'after_capsule_lineage()'), ('tags', 'after_named_rows(''tag'')'),
        ('business_terms', 'after_named_rows(''term'')'), ('domains', 'after_named_rows(''domain'')'),
        ('owners', 'after_named_rows(''owner'')')) list (name, call)
    LOOP
        EXECUTE format('CREATE TRIGGER keep_catalogue_insert AFTER INSERT ON dcs.%I REFERENCING NEW TABLE AS new_rows'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
        EXECUTE format('CREATE TRIGGER keep_catalogue_update AFTER UPDATE ON dcs.%I REFERENCING OLD TABLE AS old_rows'
                       ' NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
        EXECUTE format('CREATE TRIGGER keep_catalogue_delete AFTER DELETE ON dcs.%I REFERENCING OLD TABLE AS old_rows'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION dcs.%s', kept.name, kept.call);
    END LOOP;
END $$;

-- The latest check of a rule without reading its history.
CREATE INDEX quality_checks_latest ON dcs.quality_checks (quality_rule_id, check_timestamp DESC, id DESC) INCLUDE (check_status);

-- What is stored already.
SELECT dcs.refresh_capsule_facts(NULL);
