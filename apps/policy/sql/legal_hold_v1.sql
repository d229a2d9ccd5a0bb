-- A legal hold stops every deletion (errata row B20): while it stands, what it covers is not taken out of use, not deleted,
-- not kept for less time, and the policy that says so is not given up. It is lifted by an approved change of its own.

-- A hold that stands today over a capsule: one of its own, or of any of its columns.
CREATE FUNCTION dcs.held(capsule uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT EXISTS (
        SELECT FROM dcs.data_policies p
        WHERE (p.capsule_id = capsule OR p.column_id IN (SELECT k.id FROM dcs.columns k WHERE k.capsule_id = capsule))
          AND p.legal_hold AND p.policy_status = 'active'
          AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity'))
$$;

-- A hold that stands today over a column: one of its own, or of its capsule.
CREATE FUNCTION dcs.column_held(about uuid, home uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT EXISTS (
        SELECT FROM dcs.data_policies p
        WHERE (p.column_id = about OR p.capsule_id = home) AND p.legal_hold AND p.policy_status = 'active'
          AND current_date BETWEEN coalesce(p.effective_from, '-infinity') AND coalesce(p.effective_to, 'infinity'))
$$;

-- The length of a period, a month as the twelfth part of a mean year: as the portal compares them.
CREATE FUNCTION dcs.length_of(period interval) RETURNS numeric LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT (extract(year FROM period) * 12 + extract(month FROM period)) * 2629746 + extract(day FROM period) * 86400
           + extract(hour FROM period) * 3600 + extract(minute FROM period) * 60 + extract(second FROM period)
$$;

-- Whether data is kept for less time than before: a shorter period, the end of one that only kept, or a deletion that is new.
CREATE FUNCTION dcs.keeps_less(old_period interval, old_action text, new_period interval, new_action text)
    RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, dcs AS $$
    SELECT coalesce(dcs.length_of(new_period) < dcs.length_of(old_period), false)
        OR (old_period IS NOT NULL AND new_period IS NULL AND coalesce(old_action, '') NOT IN ('hard_delete', 'anonymize'))
        OR (new_period IS NOT NULL AND coalesce(new_action, '') IN ('hard_delete', 'anonymize')
            AND coalesce(old_action, '') NOT IN ('hard_delete', 'anonymize'))
$$;

CREATE FUNCTION dcs.refuse_held() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'a legal hold stands' USING ERRCODE = '42501', HINT = 'legal_hold';
END $$;

CREATE FUNCTION dcs.keep_held_capsule() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF dcs.held(OLD.id) THEN
        PERFORM dcs.refuse_held();
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION dcs.keep_held_column() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF dcs.column_held(OLD.id, OLD.capsule_id) THEN
        PERFORM dcs.refuse_held();
    END IF;
    RETURN OLD;
END $$;

CREATE FUNCTION dcs.keep_held_retention() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    home uuid;
BEGIN
    IF OLD.legal_hold AND NEW.policy_status = 'deprecated' THEN
        PERFORM dcs.refuse_held();
    END IF;
    IF NOT dcs.keeps_less(OLD.retention_period, OLD.deletion_action, NEW.retention_period, NEW.deletion_action) THEN
        RETURN NEW;
    END IF;
    IF OLD.column_id IS NULL THEN
        IF dcs.held(OLD.capsule_id) THEN
            PERFORM dcs.refuse_held();
        END IF;
        RETURN NEW;
    END IF;
    SELECT k.capsule_id INTO home FROM dcs.columns k WHERE k.id = OLD.column_id;
    IF dcs.column_held(OLD.column_id, home) THEN
        PERFORM dcs.refuse_held();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER legal_hold BEFORE UPDATE OF retired_at ON dcs.capsules FOR EACH ROW
    WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL) EXECUTE FUNCTION dcs.keep_held_capsule();
CREATE TRIGGER legal_hold_deletion BEFORE DELETE ON dcs.capsules FOR EACH ROW EXECUTE FUNCTION dcs.keep_held_capsule();
CREATE TRIGGER legal_hold_deletion BEFORE DELETE ON dcs.columns FOR EACH ROW EXECUTE FUNCTION dcs.keep_held_column();
CREATE TRIGGER legal_hold BEFORE UPDATE ON dcs.data_policies FOR EACH ROW
    WHEN (OLD.policy_status IN ('active', 'suspended')) EXECUTE FUNCTION dcs.keep_held_retention();
ALTER TABLE dcs.capsules ENABLE ALWAYS TRIGGER legal_hold;
ALTER TABLE dcs.capsules ENABLE ALWAYS TRIGGER legal_hold_deletion;
ALTER TABLE dcs.columns ENABLE ALWAYS TRIGGER legal_hold_deletion;
ALTER TABLE dcs.data_policies ENABLE ALWAYS TRIGGER legal_hold;
