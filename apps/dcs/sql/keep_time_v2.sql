-- As in base_v1.sql; but saying in which version a row last changed is no change of it: whoever read the row just
-- before may still send it back (errata E30).
CREATE OR REPLACE FUNCTION dcs.keep_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND current_setting('dcs.stamping', true) IS DISTINCT FROM 'on' THEN
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
