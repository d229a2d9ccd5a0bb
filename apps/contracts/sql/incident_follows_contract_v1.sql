-- An incident is about the capsule of its contract (errata B29): it is filled in, another is refused, and a contract
-- with incidents keeps its capsule.
CREATE FUNCTION dcs.incident_follows_contract() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    promised uuid;
BEGIN
    SELECT capsule_id INTO promised FROM dcs.capsule_contracts WHERE id = NEW.contract_id;
    IF NOT FOUND THEN
        RETURN NEW; -- the foreign key refuses it
    END IF;
    NEW.capsule_id := coalesce(NEW.capsule_id, promised);
    IF NEW.capsule_id <> promised THEN
        RAISE EXCEPTION 'The incident names another capsule than its contract'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'incident_follows_contract', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER incident_follows_contract BEFORE INSERT OR UPDATE OF contract_id, capsule_id
    ON dcs.sla_incidents FOR EACH ROW EXECUTE FUNCTION dcs.incident_follows_contract();

CREATE FUNCTION dcs.contract_keeps_capsule() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF EXISTS (SELECT FROM dcs.sla_incidents WHERE contract_id = NEW.id) THEN
        RAISE EXCEPTION 'The contract has incidents: make a new one for another capsule'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contract_keeps_capsule', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_keeps_capsule BEFORE UPDATE OF capsule_id ON dcs.capsule_contracts FOR EACH ROW
    WHEN (OLD.capsule_id IS DISTINCT FROM NEW.capsule_id)
    EXECUTE FUNCTION dcs.contract_keeps_capsule();
