DROP FUNCTION dcs.brings_into_force(text, uuid, text, text[], text, jsonb);
-- Rows that protect or promise: whatever brings one into force, changes it there or takes it out again needs an approved
-- review whose proposal is exactly what the row becomes (trust.md, section 2.2). Rows that are not in force are written freely.
-- Arguments: column of the state, states in force, groups of these among which a row moves by itself, governed columns,
-- columns that name the approval; lists with commas. A state may be a boolean: 'true'.
CREATE OR REPLACE FUNCTION dcs.guard_force() RETURNS trigger LANGUAGE plpgsql
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
