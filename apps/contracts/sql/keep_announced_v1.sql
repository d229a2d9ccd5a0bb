-- What was announced or answered stays as it was said, at the moment at which the database heard it: notice is counted from there.
-- What has been carried out of it is added, and never taken back. Argument: the column of that moment.
CREATE FUNCTION dcs.keep_announced() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], now()));
    END IF;
    IF to_jsonb(NEW) - '{visibility_rank,carried_out}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{visibility_rank,carried_out}'::text[]
        OR NOT coalesce(to_jsonb(NEW) -> 'carried_out' @> (to_jsonb(OLD) -> 'carried_out'), true) THEN
        RAISE EXCEPTION 'what was announced stays as it was' USING ERRCODE = '42501', HINT = 'append_only', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_announced BEFORE INSERT OR UPDATE ON dcs.announcements FOR EACH ROW EXECUTE FUNCTION dcs.keep_announced('announced_at');
ALTER TABLE dcs.announcements ENABLE ALWAYS TRIGGER keep_announced;
CREATE TRIGGER keep_announced BEFORE INSERT OR UPDATE ON dcs.announcement_answers FOR EACH ROW EXECUTE FUNCTION dcs.keep_announced('answered_at');
ALTER TABLE dcs.announcement_answers ENABLE ALWAYS TRIGGER keep_announced;
