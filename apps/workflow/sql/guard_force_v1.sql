-- Rows that protect or promise: whatever brings one into force, changes it there or takes it out again needs an approved
-- review whose proposal is exactly what the row becomes (trust.md, section 2.2). Rows that are not in force are written freely.
-- Arguments: column of the state, states in force, groups of these among which a row moves by itself, governed columns,
-- columns that name the approval; lists with commas. A state may be a boolean: 'true'.
CREATE FUNCTION dcs.guard_force() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET intervalstyle = iso_8601 SET timezone = 'UTC' AS $$
DECLARE
    state_column CONSTANT text := TG_ARGV[0];
    in_force CONSTANT text[] := string_to_array(TG_ARGV[1], ',');
    by_itself CONSTANT text[] := coalesce(string_to_array(nullif(TG_ARGV[2], ''), ','), '{}');
    governed CONSTANT text[] := string_to_array(TG_ARGV[3], ',');
    evidence CONSTANT text[] := coalesce(string_to_array(nullif(TG_ARGV[4], ''), ','), '{}');
    old_row jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    new_row jsonb := to_jsonb(NEW);
    old_state text := old_row ->> state_column;
    new_state text := new_row ->> state_column;
    was_in_force boolean := coalesce(old_state = ANY (in_force), false);
    is_in_force boolean := coalesce(new_state = ANY (in_force), false);
    changed boolean := false;
    signed boolean := false;
    name text;
BEGIN
    FOREACH name IN ARRAY governed LOOP
        -- A reference that is emptied because what it named is gone was decided elsewhere.
        IF old_row -> name IS DISTINCT FROM new_row -> name
           AND NOT (pg_trigger_depth() > 1 AND name LIKE '%\_id' AND new_row -> name = 'null') THEN
            changed := true;
        END IF;
    END LOOP;
    FOREACH name IN ARRAY evidence LOOP
        -- What is out of force forgets who approved it, and never learns it.
        IF coalesce(old_row -> name, 'null') <> new_row -> name AND (is_in_force OR new_row -> name <> 'null') THEN
            signed := true;
        END IF;
    END LOOP;
    IF NOT signed
       AND NOT (is_in_force AND changed)
       AND NOT (old_state IS DISTINCT FROM new_state AND (was_in_force OR is_in_force)
                AND NOT (coalesce(old_state = ANY (by_itself), false) AND new_state = ANY (by_itself))) THEN
        RETURN NEW;
    END IF;
    PERFORM dcs.require_approved(TG_TABLE_NAME, NEW.id, new_row, governed || state_column);
    RETURN NEW;
END $$;

-- Raises unless the review that the transaction names is approved, by as many as it needs, and says of each column what the row says.
CREATE FUNCTION dcs.require_approved(about text, key uuid, becomes jsonb, columns text[]) RETURNS void LANGUAGE plpgsql
    STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    review dcs.reviews;
    approved jsonb;
    name text;
BEGIN
    SELECT * INTO review FROM dcs.reviews WHERE id = dcs.setting('review')::uuid;
    IF review.subject_table = about AND review.subject_id = key THEN
        approved := review.proposal;
    ELSE
        SELECT content INTO approved FROM dcs.review_members m WHERE m.review_id = review.id AND m.revision = review.revision
            AND m.subject_table = about AND m.subject_id = key;
    END IF;
    IF approved IS NULL OR review.state <> 'approved' OR NOT dcs.quorum_holds(review) THEN
        RAISE EXCEPTION 'this changes only by an approved review' USING ERRCODE = '42501', HINT = 'needs_review', TABLE = about;
    END IF;
    FOREACH name IN ARRAY columns LOOP
        IF NOT dcs.says_the_same(approved -> name, becomes -> name) THEN
            RAISE EXCEPTION 'the row is not what was approved: %', name USING ERRCODE = '42501', HINT = 'not_as_approved', TABLE = about;
        END IF;
    END LOOP;
END $$;
