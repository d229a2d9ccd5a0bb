-- What is searched: narrow tables beside the real ones, kept by the same transaction as the write. Derived,
-- therefore not audited. No extension is needed: words are split here, substrings are found by trigrams of
-- our own, wrong spellings by the portal itself against the distinct words.

-- `fooBarID2_x` → `foo bar id 2 x`: what people call the words of an identifier.
CREATE FUNCTION dcs.words(identifier text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    SET search_path = pg_catalog
    AS $$
    SELECT lower(btrim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(identifier,
        '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
        '([[:upper:]]+)([[:upper:]][[:lower:]])', '\1 \2', 'g'),
        '([[:alpha:]])([[:digit:]])', '\1 \2', 'g'),
        '[^[:alnum:]]+', ' ', 'g')))
$$;

-- The three-letter pieces of a text in lower case, each once.
CREATE FUNCTION dcs.grams(identifier text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    SET search_path = pg_catalog
    AS $$ SELECT ARRAY(SELECT DISTINCT substr(lower(identifier), at, 3) FROM generate_series(1, length(identifier) - 2) at) $$;

-- The query that finds texts with a word that begins with each of the words; nothing for no words.
CREATE FUNCTION dcs.words_query(words text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$
    SELECT to_tsquery('pg_catalog.simple', string_agg(quote_literal(word) || ':*', ' & '))
    FROM unnest(string_to_array(words, ' ')) word WHERE word <> ''
$$;

-- Two tables: names, narrow enough to be walked in the order of use, and all words, read by their index alone.
CREATE TABLE dcs.capsule_search (
    capsule_id      UUID PRIMARY KEY REFERENCES dcs.capsules(id) ON DELETE CASCADE,
    boost           SMALLINT NOT NULL,          -- more used first
    visibility_rank SMALLINT NOT NULL,
    retired         BOOLEAN NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,  -- lower case
    name_words      TSVECTOR NOT NULL
);
CREATE INDEX capsule_search_name ON dcs.capsule_search (name_key);
CREATE INDEX capsule_search_boost ON dcs.capsule_search (boost DESC, name_key, capsule_id);
CREATE INDEX capsule_search_name_words ON dcs.capsule_search USING gin (name_words) WITH (fastupdate = off);
CREATE INDEX capsule_search_grams ON dcs.capsule_search USING gin (dcs.grams(name_key)) WITH (fastupdate = off);
CREATE TABLE dcs.capsule_words (
    capsule_id UUID PRIMARY KEY REFERENCES dcs.capsules(id) ON DELETE CASCADE,
    words      TSVECTOR NOT NULL                -- name A, columns B, tags, terms and schema C, description D
);
CREATE INDEX capsule_words_words ON dcs.capsule_words USING gin (words) WITH (fastupdate = off);

-- The distinct names of columns, in every spelling. A name stays until it is pruned, so whoever finds one
-- here must still find a column of that name that the reader may know of.
CREATE TABLE dcs.column_names (
    name     TEXT NOT NULL,                     -- compared with columns.name, so of its collation
    name_key TEXT COLLATE "C" NOT NULL,
    uses     INTEGER NOT NULL DEFAULT 1,        -- when last pruned; more used first
    words    TEXT NOT NULL,
    lexemes  TSVECTOR NOT NULL,
    grams    TEXT[] NOT NULL
);
CREATE INDEX column_names_name ON dcs.column_names (name);
CREATE INDEX column_names_key ON dcs.column_names (name_key);
CREATE INDEX column_names_lexemes ON dcs.column_names USING gin (lexemes) WITH (fastupdate = off);
CREATE INDEX column_names_grams ON dcs.column_names USING gin (grams) WITH (fastupdate = off);
CREATE INDEX columns_by_name ON dcs.columns (name) WHERE retired_at IS NULL;

-- Terms, domains and owners: few rows, one table.
CREATE TABLE dcs.search_names (
    kind            TEXT NOT NULL,
    id              UUID NOT NULL,
    visibility_rank SMALLINT NOT NULL,
    name            TEXT NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    also            TEXT[] NOT NULL,            -- other names in lower case: synonyms, abbreviation, display name
    name_words      TSVECTOR NOT NULL,          -- of all names
    all_words       TSVECTOR NOT NULL,          -- with the definition
    grams           TEXT[] NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX search_names_key ON dcs.search_names (name_key);
CREATE INDEX search_names_also ON dcs.search_names USING gin (also) WITH (fastupdate = off);
CREATE INDEX search_names_name_words ON dcs.search_names USING gin (name_words) WITH (fastupdate = off);
CREATE INDEX search_names_all_words ON dcs.search_names USING gin (all_words) WITH (fastupdate = off);
CREATE INDEX search_names_grams ON dcs.search_names USING gin (grams) WITH (fastupdate = off);

-- The distinct words of names, against which a wrong spelling is compared. Knowing a word tells nothing: it
-- is offered only if it finds something for this reader.
CREATE TABLE dcs.search_words (word TEXT COLLATE "C" NOT NULL);
CREATE INDEX search_words_word ON dcs.search_words (word);

-- Writers of the same new name do not wait for each other: both store it, and pruning leaves one.
CREATE FUNCTION dcs.learn_words(texts text[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    INSERT INTO dcs.search_words (word)
    SELECT DISTINCT fresh.word FROM unnest(texts) line, unnest(string_to_array(line, ' ')) fresh(word)
    WHERE length(fresh.word) BETWEEN 3 AND 40 AND fresh.word !~ '^[0-9]'
      AND NOT EXISTS (SELECT FROM dcs.search_words known WHERE known.word = fresh.word);
    IF FOUND THEN
        PERFORM dcs.raise_counter('words');
    END IF;
END $$;

CREATE FUNCTION dcs.learn_column_names(names text[]) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    learned text[];
BEGIN
    WITH fresh AS (
        INSERT INTO dcs.column_names (name, name_key, words, lexemes, grams)
        SELECT name, lower(name), dcs.words(name), to_tsvector('simple', dcs.words(name)), dcs.grams(name)
        FROM (SELECT DISTINCT given.name FROM unnest(names) given(name)) given
        WHERE NOT EXISTS (SELECT FROM dcs.column_names known WHERE known.name = given.name)
        RETURNING words
    )
    SELECT array_agg(words) INTO learned FROM fresh;
    IF learned IS NOT NULL THEN
        PERFORM dcs.learn_words(learned);
    END IF;
END $$;

-- Make what is searched of the given capsules equal to what the tables say; returns how many rows that wrote.
-- Columns that need a higher clearance than their capsule are left out: they are found as columns. Planned as
-- dcs.recount_capsules is.
CREATE FUNCTION dcs.index_capsules(ids uuid[]) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    learned text[];
    written integer;
BEGIN
    WITH wanted AS (
        SELECT c.*, dcs.words(c.name) AS words FROM dcs.capsules c WHERE c.id = ANY (ids)
    ), col AS (
        SELECT w.id, string_agg(n.words, ' ' ORDER BY c.name) AS words FROM wanted w
        JOIN dcs.columns c ON c.capsule_id = w.id AND c.retired_at IS NULL AND c.visibility_rank <= w.visibility_rank
        CROSS JOIN LATERAL (SELECT words FROM dcs.column_names n WHERE n.name = c.name LIMIT 1) n GROUP BY w.id
    ), term AS (
        SELECT w.id, string_agg(dcs.words(concat_ws(' ', t.term_name, t.display_name)), ' ' ORDER BY t.term_name) AS words FROM wanted w
        JOIN dcs.capsule_business_terms l ON l.capsule_id = w.id AND l.visibility_rank <= w.visibility_rank
        JOIN dcs.business_terms t ON t.id = l.term_id AND t.visibility_rank <= w.visibility_rank GROUP BY w.id
    ), tag AS (
        SELECT w.id, string_agg(dcs.words(t.name), ' ' ORDER BY t.name, t.id) AS words FROM wanted w
        JOIN dcs.capsule_tags l ON l.capsule_id = w.id JOIN dcs.tags t ON t.id = l.tag_id GROUP BY w.id
    ), worded AS (
        INSERT INTO dcs.capsule_words AS s (capsule_id, words)
        SELECT w.id,
            -- A text-search vector holds a megabyte: the cuts keep any capsule below that.
            setweight(to_tsvector('simple', w.words), 'A')
              || setweight(to_tsvector('simple', left(coalesce(c.words, ''), 200000)), 'B')
              || setweight(to_tsvector('simple', left(dcs.words(concat_ws(' ', w.schema_name, w.tags::text)) || ' '
                     || concat_ws(' ', g.words, t.words), 50000)), 'C')
              || setweight(to_tsvector('simple', left(dcs.words(coalesce(left(w.description, 50000), '')), 50000)), 'D')
        FROM wanted w LEFT JOIN col c ON c.id = w.id LEFT JOIN term t ON t.id = w.id LEFT JOIN tag g ON g.id = w.id
        ON CONFLICT (capsule_id) DO UPDATE SET words = excluded.words WHERE s.words <> excluded.words
        RETURNING s.capsule_id
    ), fresh AS (
        INSERT INTO dcs.capsule_search AS s (capsule_id, boost, visibility_rank, retired, name_key, name_words)
        SELECT w.id, coalesce(dcs.boost(f.downstream_count, f.contract_status), 0), w.visibility_rank,
            w.retired_at IS NOT NULL, lower(w.name), to_tsvector('simple', w.words)
        FROM wanted w
        LEFT JOIN dcs.capsule_facts f ON f.capsule_id = w.id AND f.visible_from = w.visibility_rank
        ON CONFLICT (capsule_id) DO UPDATE SET boost = excluded.boost, visibility_rank = excluded.visibility_rank,
            retired = excluded.retired, name_key = excluded.name_key, name_words = excluded.name_words
        WHERE ROW(s.*) IS DISTINCT FROM ROW(excluded.*)
        RETURNING s.capsule_id
    )
    SELECT array_agg(w.words) FILTER (WHERE f.capsule_id IS NOT NULL), (SELECT count(*) FROM worded) + count(f.capsule_id)
    INTO learned, written FROM wanted w LEFT JOIN fresh f ON f.capsule_id = w.id;
    IF learned IS NOT NULL THEN
        PERFORM dcs.learn_words(learned);
    END IF;
    RETURN written;
END $$;

-- How far forward a capsule stands among others that match as well: in steps, so that it seldom moves.
CREATE FUNCTION dcs.boost(downstream integer, contract text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$ SELECT (floor(3 * ln(1 + downstream)) + CASE WHEN contract IN ('active', 'breached') THEN 4 ELSE 0 END)::smallint $$;

-- The same for terms, domains and owners; rows that are gone are forgotten.
CREATE FUNCTION dcs.index_names(of_kind text, ids uuid[]) RETURNS void LANGUAGE plpgsql
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
