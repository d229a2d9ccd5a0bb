-- Who acts, as the portal signed it: anybody who can run SQL can set a name, and nobody without the key can sign one
-- (trust.md, section 1.4).

-- The two halves of HMAC's key (RFC 2104), one row a key of the ring that is in use. Only the functions below read it.
CREATE TABLE dcs.context_keys (kid varchar(40) PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);

-- What `dcs.ctx` says, {"person", "clearance", "roles", "via", "until"}; NULL if it is missing, forged or expired. It reads
-- `kid|JSON|HMAC-SHA256 of the two before`. Expiry is compared with the beginning of the transaction, so that a long export ends.
CREATE FUNCTION dcs.context() RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    given CONSTANT text := current_setting('dcs.ctx', true);
    named CONSTANT text := split_part(given, '|', 1);
    signed CONSTANT text := left(given, -65);
    signature text;
    said jsonb;
BEGIN
    IF coalesce(given, '') = '' THEN RETURN NULL; END IF;
    SELECT encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(signed, 'UTF8'))), 'hex') INTO signature
    FROM dcs.context_keys k WHERE k.kid = named;
    IF signature IS NULL OR given <> signed || '|' || signature THEN RETURN NULL; END IF;
    said := substr(signed, length(named) + 2)::jsonb;
    IF to_timestamp((said ->> 'until')::double precision) <= now() THEN RETURN NULL; END IF;
    RETURN said;
END $$;

-- How far the person behind the transaction sees: 0 nothing, 1 public … 5 secret.
CREATE FUNCTION dcs.clearance() RETURNS smallint LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog
    AS $$ BEGIN RETURN coalesce((dcs.context() ->> 'clearance')::smallint, 0); END $$;

CREATE FUNCTION dcs.roles() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog
    AS $$ BEGIN RETURN ARRAY(SELECT jsonb_array_elements_text(dcs.context() -> 'roles')); END $$;

-- The account's name, or the task's; NULL for SQL that nobody claims.
CREATE FUNCTION dcs.actor() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog
    AS $$ BEGIN RETURN nullif(dcs.context() ->> 'person', ''); END $$;

-- How the person came: session, token, task; NULL without a context.
CREATE FUNCTION dcs.via() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog
    AS $$ BEGIN RETURN nullif(dcs.context() ->> 'via', ''); END $$;

-- As in base_v1.sql; but who acts and how they came is what was signed, not what was set.
CREATE OR REPLACE FUNCTION dcs.setting(key text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog AS $$
BEGIN
    IF key = 'actor' THEN RETURN dcs.actor(); END IF;
    IF key = 'via' THEN RETURN dcs.via(); END IF;
    RETURN nullif(current_setting('dcs.' || key, true), '');
END $$;
