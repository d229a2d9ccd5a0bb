-- Rows that protect or promise: whatever brings one into force, changes it there or takes it out again needs an approved
-- review whose proposal is exactly what the row becomes (trust.md, section 2.2). Rows that are not in force are written freely.
-- Arguments: column of the state, states in force, groups of these among which a row moves by itself, governed columns,
-- columns that name the approval; lists with commas. A state may be a boolean: 'true'. Then, for what has versions and an
-- end: the column that versions share, the state of one that the next replaces, the column of the approved last day, and
-- the state that it leads to.
CREATE OR REPLACE FUNCTION dcs.guard_force() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs SET intervalstyle = iso_8601 SET timezone = 'UTC' AS $$
DECLARE
    state_column CONSTANT text := TG_ARGV[0];
    in_force CONSTANT text[] := string_to_array(TG_ARGV[1], ',');
    by_itself CONSTANT text[] := coalesce(string_to_array(nullif(TG_ARGV[2], ''), ','), '{}');
    governed CONSTANT text[] := string_to_array(TG_ARGV[3], ',');
    evidence CONSTANT text[] := coalesce(string_to_array(nullif(TG_ARGV[4], ''), ','), '{}');
    shared CONSTANT text := TG_ARGV[5];
    replaced CONSTANT text := TG_ARGV[6];
    last_day CONSTANT text := TG_ARGV[7];
    ended CONSTANT text := TG_ARGV[8];
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
    IF was_in_force AND NOT changed AND NOT signed THEN
        -- The last day was approved with the rest; its coming needs no second approval.
        IF new_state = ended AND (new_row ->> last_day)::date <= (now() AT TIME ZONE 'UTC')::date THEN
            RETURN NEW;
        END IF;
        IF new_state = replaced AND dcs.brings_into_force(TG_TABLE_NAME, NEW.id, state_column, in_force, shared, new_row -> shared) THEN
            RETURN NEW;
        END IF;
    END IF;
    -- Where a row moves by itself it may have moved since it was proposed.
    IF coalesce(old_state = ANY (by_itself), false) AND new_state = ANY (by_itself) THEN
        PERFORM dcs.require_approved(TG_TABLE_NAME, NEW.id, new_row, governed);
        RETURN NEW;
    END IF;
    PERFORM dcs.require_approved(TG_TABLE_NAME, NEW.id, new_row, governed || state_column);
    RETURN NEW;
END $$;

-- Whether the review that the transaction names is approved and brings another version of the same subject into force.
CREATE FUNCTION dcs.brings_into_force(about text, former uuid, state_column text, in_force text[], shared text, subject jsonb)
    RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    review dcs.reviews;
BEGIN
    SELECT * INTO review FROM dcs.reviews WHERE id = dcs.setting('review')::uuid;
    RETURN coalesce(review.subject_table = about AND review.subject_id <> former AND review.state = 'approved'
        AND review.proposal ->> state_column = ANY (in_force) AND dcs.says_the_same(review.proposal -> shared, subject)
        AND dcs.quorum_holds(review), false);
END $$;
