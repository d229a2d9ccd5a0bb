-- Which domains a person looks after, since when: those that they steward, and all that lie in them.
CREATE OR REPLACE FUNCTION dcs.looked_after(person uuid) RETURNS TABLE (domain_id uuid, since timestamptz) LANGUAGE sql STABLE
    AS $$
    WITH RECURSIVE mine (domain_id, since) AS (
        SELECT s.domain_id, s.since FROM dcs.stewardships s WHERE s.user_id = person
        UNION
        SELECT d.id, m.since FROM dcs.domains d JOIN mine m ON d.parent_id = m.domain_id
    )
    SELECT mine.domain_id, min(mine.since) FROM mine GROUP BY mine.domain_id
$$;

CREATE TRIGGER stamp_since BEFORE INSERT OR UPDATE ON dcs.stewardships
    FOR EACH ROW EXECUTE FUNCTION dcs.stamp_since('domain_id');

-- A vocabulary is relied on once a column is bound to it (errata row E22).
CREATE FUNCTION dcs.value_domain_in_use(vocabulary uuid) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs
    AS $$ SELECT EXISTS (SELECT FROM dcs.columns WHERE value_domain_id = vocabulary) $$;
