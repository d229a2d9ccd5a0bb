-- A check is about what its rule is about (errata B29): its capsule and column are filled in from the rule, others
-- are refused, and a rule that was checked keeps its subject.
CREATE FUNCTION dcs.check_follows_rule() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    subject record;
BEGIN
    SELECT coalesce(r.capsule_id, c.capsule_id) AS capsule_id, r.column_id INTO subject
    FROM dcs.quality_rules r LEFT JOIN dcs.columns c ON c.id = r.column_id WHERE r.id = NEW.quality_rule_id;
    IF NOT FOUND THEN
        RETURN NEW; -- the foreign key refuses it
    END IF;
    NEW.capsule_id := coalesce(NEW.capsule_id, subject.capsule_id);
    NEW.column_id := coalesce(NEW.column_id, subject.column_id);
    IF NEW.capsule_id IS DISTINCT FROM subject.capsule_id OR NEW.column_id IS DISTINCT FROM subject.column_id THEN
        RAISE EXCEPTION 'The check names another capsule or column than its rule'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'check_follows_rule', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_follows_rule BEFORE INSERT OR UPDATE OF quality_rule_id, capsule_id, column_id
    ON dcs.quality_checks FOR EACH ROW EXECUTE FUNCTION dcs.check_follows_rule();

CREATE FUNCTION dcs.checked_rule_keeps_subject() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF EXISTS (SELECT FROM dcs.quality_checks WHERE quality_rule_id = NEW.id) THEN
        RAISE EXCEPTION 'The rule was checked: make a new one for another subject'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'checked_rule_keeps_subject', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checked_rule_keeps_subject BEFORE UPDATE OF capsule_id, column_id ON dcs.quality_rules FOR EACH ROW
    WHEN (OLD.capsule_id IS DISTINCT FROM NEW.capsule_id OR OLD.column_id IS DISTINCT FROM NEW.column_id)
    EXECUTE FUNCTION dcs.checked_rule_keeps_subject();
