-- What protects or promises is not deleted beside its subject: taking it out of force needs an approved review. With the
-- subject it goes (a purge of the capsule): then the deletion comes from a key's own trigger.
-- Arguments: column of the state, states in force with commas. A state may be a boolean: 'true'.
CREATE FUNCTION dcs.guard_removal() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF pg_trigger_depth() = 1 AND to_jsonb(OLD) ->> TG_ARGV[0] = ANY (string_to_array(TG_ARGV[1], ',')) THEN
        RAISE EXCEPTION 'this is taken out of force by an approved review, not deleted'
            USING ERRCODE = '42501', HINT = 'needs_review', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;
