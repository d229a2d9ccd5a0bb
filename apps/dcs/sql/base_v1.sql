-- Functions that tables of every app use.

-- updated_at moves on every real change, whoever writes (errata B4).
CREATE FUNCTION dcs.keep_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- What a transaction says about itself; '' after a transaction-local setting ends, hence nullif.
CREATE FUNCTION dcs.setting(key text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog
    AS $$ SELECT nullif(current_setting('dcs.' || key, true), '') $$;

-- Children are never more visible than their parent: on insert, and when the parent's rank rises.
CREATE FUNCTION dcs.inherit_rank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'UPDATE %I.%I child SET visibility_rank = parent.visibility_rank'
        ' FROM new_rows n JOIN %I.%I parent ON parent.id = n.%I'
        ' WHERE child.id = n.id AND parent.visibility_rank > n.visibility_rank',
        TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;

-- Most updates move no rank: that is found out once, in one pass over the changed rows, before children are looked for.
CREATE FUNCTION dcs.pass_rank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT id, visibility_rank FROM new_rows EXCEPT SELECT id, visibility_rank FROM old_rows) THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'UPDATE %I.%I child SET visibility_rank = n.visibility_rank'
        ' FROM new_rows n JOIN old_rows o ON o.id = n.id'
        ' WHERE child.%I = n.id AND n.visibility_rank <> o.visibility_rank'
        ' AND (child.visibility_rank = o.visibility_rank OR child.visibility_rank < n.visibility_rank)',
        TG_TABLE_SCHEMA, TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;
