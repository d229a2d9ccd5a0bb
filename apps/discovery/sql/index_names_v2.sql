-- Data products are found by their names and descriptions, as terms, domains and owners are.
CREATE OR REPLACE FUNCTION dcs.index_names(of_kind text, ids uuid[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    learned text[];
BEGIN
    WITH given AS (
        SELECT t.id, t.visibility_rank, t.term_name::text AS name, t.definition AS about,
            ARRAY(SELECT DISTINCT lower(other) FROM unnest(ARRAY[t.display_name, t.abbreviation]::text[]
                || ARRAY(SELECT jsonb_array_elements_text(CASE WHEN jsonb_typeof(t.synonyms) = 'array' THEN t.synonyms ELSE '[]' END))
                ) other WHERE other <> '') AS also
        FROM dcs.business_terms t WHERE of_kind = 'term' AND (ids IS NULL OR t.id = ANY (ids))
        UNION ALL
        SELECT d.id, d.visibility_rank, d.name, d.description, '{}' FROM dcs.domains d
        WHERE of_kind = 'domain' AND (ids IS NULL OR d.id = ANY (ids))
        UNION ALL
        SELECT o.id, o.visibility_rank, o.name, concat_ws(' ', o.email, o.slack_channel), '{}' FROM dcs.owners o
        WHERE of_kind = 'owner' AND (ids IS NULL OR o.id = ANY (ids))
        UNION ALL
        SELECT p.id, p.visibility_rank, p.name, p.description, '{}' FROM dcs.data_products p
        WHERE of_kind = 'product' AND (ids IS NULL OR p.id = ANY (ids))
    ), gone AS (
        DELETE FROM dcs.search_names s WHERE s.kind = of_kind AND (ids IS NULL OR s.id = ANY (ids))
            AND NOT EXISTS (SELECT FROM given g WHERE g.id = s.id)
    ), worded AS (
        SELECT g.*, dcs.words(concat_ws(' ', g.name, array_to_string(g.also, ' '))) AS words FROM given g
    ), fresh AS (
        INSERT INTO dcs.search_names AS s
            (kind, id, visibility_rank, name, name_key, also, name_words, all_words, grams)
        SELECT of_kind, w.id, w.visibility_rank, w.name, lower(w.name), w.also, to_tsvector('simple', w.words),
            to_tsvector('simple', left(w.words || ' ' || dcs.words(coalesce(left(w.about, 50000), '')), 100000)),
            dcs.grams(w.name)
        FROM worded w
        ON CONFLICT (kind, id) DO UPDATE SET visibility_rank = excluded.visibility_rank, name = excluded.name,
            name_key = excluded.name_key, also = excluded.also, name_words = excluded.name_words,
            all_words = excluded.all_words, grams = excluded.grams
        WHERE ROW(s.*) IS DISTINCT FROM ROW(excluded.*)
        RETURNING s.id
    )
    SELECT array_agg(w.words) INTO learned FROM fresh f JOIN worded w ON w.id = f.id;
    IF learned IS NOT NULL THEN
        PERFORM dcs.learn_words(learned);
    END IF;
END $$;

CREATE TRIGGER keep_catalogue_insert AFTER INSERT ON dcs.data_products REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.after_named_rows('product');
CREATE TRIGGER keep_catalogue_update AFTER UPDATE ON dcs.data_products REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.after_named_rows('product');
CREATE TRIGGER keep_catalogue_delete AFTER DELETE ON dcs.data_products REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.after_named_rows('product');

-- What is stored already.
SELECT dcs.index_names('product', NULL);
