-- What was asked and answered stays as it was said, at the moments at which the database heard it. A grant is used once, within
-- four hours of being given.
CREATE FUNCTION dcs.keep_override() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, dcs AS $$
DECLARE
    answer text[] := '{decision,why,decided_by_id,decided_at}';
    use text[] := '{used_by,used_at}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.asked_at := now();
        IF NEW.decision <> '' THEN
            RAISE EXCEPTION 'an override is asked for before it is decided' USING ERRCODE = '42501', HINT = 'append_only', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'visibility_rank'::text - answer - use IS DISTINCT FROM to_jsonb(OLD) - 'visibility_rank'::text - answer - use
        OR (OLD.decision <> '' AND to_jsonb(NEW) - 'visibility_rank'::text - use IS DISTINCT FROM to_jsonb(OLD) - 'visibility_rank'::text - use) THEN
        RAISE EXCEPTION 'an override stays as it was' USING ERRCODE = '42501', HINT = 'append_only', TABLE = TG_TABLE_NAME;
    END IF;
    IF OLD.decision = '' AND NEW.decision <> '' THEN
        NEW.decided_at := now();
    END IF;
    IF (NEW.used_by, NEW.used_at) IS DISTINCT FROM (OLD.used_by, OLD.used_at) THEN
        IF OLD.used_at IS NOT NULL OR OLD.decision <> 'granted' OR OLD.decided_at < now() - interval '4 hours' THEN
            RAISE EXCEPTION 'an override is used once, within four hours' USING ERRCODE = '42501', HINT = 'append_only', TABLE = TG_TABLE_NAME;
        END IF;
        NEW.used_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_override BEFORE INSERT OR UPDATE ON dcs.contract_overrides FOR EACH ROW EXECUTE FUNCTION dcs.keep_override();
ALTER TABLE dcs.contract_overrides ENABLE ALWAYS TRIGGER keep_override;
