-- Four eyes, kept by the database (trust.md, section 2.2; errata rows D4, D6, E21, E23).

-- Since when somebody has a role or an account is the database's to say: what was given during a review does not count.
CREATE FUNCTION dcs.stamp_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.user_id <> OLD.user_id OR to_jsonb(NEW) -> TG_ARGV[0] <> to_jsonb(OLD) -> TG_ARGV[0] THEN
        NEW.since := clock_timestamp();
    ELSE
        NEW.since := OLD.since;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_since BEFORE INSERT OR UPDATE ON dcs.memberships
    FOR EACH ROW EXECUTE FUNCTION dcs.stamp_since('group_id');

CREATE FUNCTION dcs.stamp_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_at := CASE WHEN TG_OP = 'INSERT' THEN clock_timestamp() ELSE OLD.created_at END;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_account BEFORE INSERT OR UPDATE ON dcs.users
    FOR EACH ROW EXECUTE FUNCTION dcs.stamp_account();

-- The person behind the transaction; NULL for the portal's own tasks and for SQL without a context.
CREATE FUNCTION dcs.acting_person() RETURNS uuid LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs
    AS $$ SELECT id FROM dcs.users WHERE username = dcs.setting('actor') $$;

-- Which domains a person looks after, since when. Reviews know no domains: the catalogue puts its answer in place of this.
CREATE FUNCTION dcs.looked_after(person uuid) RETURNS TABLE (domain_id uuid, since timestamptz) LANGUAGE sql STABLE
    AS $$ SELECT NULL::uuid, NULL::timestamptz WHERE false $$;

-- Why this person may not decide on the review, on behalf of another if one is named; NULL if they may.
CREATE FUNCTION dcs.decision_refusal(asked uuid, person uuid, instead_of uuid DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    review dcs.reviews;
    account dcs.users;
    other text;
BEGIN
    SELECT * INTO review FROM dcs.reviews WHERE id = asked;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    SELECT * INTO account FROM dcs.users WHERE id = person;
    IF NOT FOUND THEN RETURN 'nobody'; END IF;
    IF NOT account.is_active THEN RETURN 'inactive'; END IF;
    IF EXISTS (SELECT FROM dcs.review_authors a WHERE a.review_id = review.id AND a.person_id = person) THEN
        RETURN 'author';
    END IF;
    IF EXISTS (SELECT FROM dcs.review_authors a WHERE a.review_id = review.id AND a.person_id = instead_of) THEN
        RETURN 'author_represented';
    END IF;
    IF review.state <> 'submitted' THEN RETURN 'not_open'; END IF;
    IF account.email = '' THEN RETURN 'no_mail'; END IF;
    IF account.created_at > review.submitted_at THEN RETURN 'account_too_young'; END IF;
    IF EXISTS (SELECT FROM dcs.review_authors a JOIN dcs.users u ON u.id = a.person_id
               WHERE a.review_id = review.id AND lower(u.email) = lower(account.email)) THEN
        RETURN 'same_person';
    END IF;
    other := dcs.capacity_refusal(review, person);
    IF other IS NOT NULL THEN RETURN other; END IF;
    IF instead_of IS NULL THEN
        other := dcs.domain_refusal(review, person);
        IF other IS NOT NULL THEN RETURN other; END IF;
    ELSE
        IF instead_of = person THEN RETURN 'self_represented'; END IF;
        IF NOT EXISTS (SELECT FROM dcs.review_delegations d WHERE d.from_person_id = instead_of AND d.to_person_id = person
                AND d.ended_at IS NULL AND d.starts_at <= clock_timestamp() AND (d.ends_at IS NULL OR d.ends_at > clock_timestamp())
                AND (d.review_id IS NULL OR d.review_id = review.id) AND (d.kind = '' OR d.kind = review.kind)) THEN
            RETURN 'no_delegation';
        END IF;
        IF coalesce(dcs.capacity_refusal(review, instead_of), dcs.domain_refusal(review, instead_of)) IS NOT NULL THEN
            RETURN 'represented_no_capacity';
        END IF;
    END IF;
    IF EXISTS (SELECT FROM dcs.review_decisions d LEFT JOIN dcs.users u ON u.id = d.person_id
               WHERE d.review_id = review.id AND d.revision = review.revision AND d.decision <> 'comment'
               AND (d.person_id IN (person, instead_of) OR d.on_behalf_of_id IN (person, instead_of)
                    OR lower(u.email) = lower(account.email))) THEN
        RETURN 'already';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dcs.capacity_refusal(review dcs.reviews, person uuid) RETURNS text LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs, public AS $$
    SELECT CASE WHEN count(*) = 0 THEN 'no_capacity' WHEN min(m.since) > review.submitted_at THEN 'capacity_too_young' END
    FROM dcs.memberships m JOIN public.auth_group g ON g.id = m.group_id
    WHERE m.user_id = person AND review.capacities ? g.name
$$;

-- Who decides looks after every domain that the proposal touches, and did so before it was submitted.
CREATE FUNCTION dcs.domain_refusal(review dcs.reviews, person uuid) RETURNS text LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT CASE WHEN bool_or(l.since IS NULL) THEN 'other_domain' WHEN max(l.since) > review.submitted_at THEN 'domain_too_young' END
    FROM (SELECT review.domain_id AS id UNION SELECT d::uuid FROM jsonb_array_elements_text(review.domains) d) wanted
    LEFT JOIN dcs.looked_after(person) l ON l.domain_id = wanted.id
    WHERE wanted.id IS NOT NULL
$$;

-- The reviews that this person may decide on now, by themselves or for somebody who is away; one pass over the open ones.
CREATE FUNCTION dcs.reviews_waiting_for(who uuid) RETURNS SETOF uuid LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs, public AS $$
    WITH me AS MATERIALIZED (SELECT id, lower(email) AS email, created_at FROM dcs.users WHERE id = who AND is_active AND email <> ''),
    held AS MATERIALIZED (SELECT g.name, m.since FROM dcs.memberships m JOIN public.auth_group g ON g.id = m.group_id WHERE m.user_id = who),
    mine AS MATERIALIZED (SELECT domain_id, since FROM dcs.looked_after(who))
    SELECT r.id FROM dcs.reviews r JOIN me ON me.created_at <= r.submitted_at
    WHERE r.state = 'submitted'
    AND EXISTS (SELECT FROM held WHERE held.since <= r.submitted_at AND r.capacities ? held.name)
    AND NOT EXISTS (SELECT FROM dcs.review_authors a JOIN dcs.users u ON u.id = a.person_id
                    WHERE a.review_id = r.id AND (a.person_id = who OR lower(u.email) = me.email))
    AND NOT EXISTS (SELECT FROM dcs.review_decisions d JOIN dcs.users u ON u.id = d.person_id
                    WHERE d.review_id = r.id AND d.revision = r.revision AND d.decision <> 'comment'
                    AND (d.person_id = who OR d.on_behalf_of_id = who OR lower(u.email) = me.email))
    AND ((r.domain_id IS NULL
          OR EXISTS (SELECT FROM mine WHERE mine.domain_id = r.domain_id AND mine.since <= r.submitted_at))
         AND (r.domains = '[]'
              OR NOT EXISTS (SELECT FROM jsonb_array_elements_text(r.domains) d
                             WHERE d::uuid NOT IN (SELECT mine.domain_id FROM mine WHERE mine.since <= r.submitted_at)))
         OR EXISTS (SELECT FROM dcs.review_delegations d WHERE d.to_person_id = who AND d.ended_at IS NULL
                    AND d.starts_at <= clock_timestamp() AND (d.ends_at IS NULL OR d.ends_at > clock_timestamp())
                    AND (d.review_id IS NULL OR d.review_id = r.id) AND (d.kind = '' OR d.kind = r.kind)
                    AND dcs.decision_refusal(r.id, who, d.from_person_id) IS NULL))
$$;

-- Enough people who wrote none of it have approved exactly this content, and none of them refused it.
CREATE FUNCTION dcs.quorum_holds(review dcs.reviews) RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT count(DISTINCT d.person_id) FILTER (WHERE d.decision = 'approve') >= greatest(review.quorum, 1)
           AND count(*) FILTER (WHERE d.decision IN ('reject', 'request_changes')) = 0
    FROM dcs.review_decisions d
    WHERE d.review_id = review.id AND d.revision = review.revision AND d.content_hash = review.proposal_hash
    AND NOT EXISTS (SELECT FROM dcs.review_authors a WHERE a.review_id = review.id AND a.person_id IN (d.person_id, d.on_behalf_of_id))
$$;

-- Who decides is who is signed in, not what the row says.
CREATE FUNCTION dcs.guard_decision() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs, public AS $$
DECLARE
    review dcs.reviews;
    refusal text;
BEGIN
    IF dcs.setting('via') IS DISTINCT FROM 'session' THEN
        RAISE EXCEPTION 'a decision needs a person who is signed in' USING ERRCODE = '42501', HINT = 'not_a_session';
    END IF;
    NEW.person_id := dcs.acting_person();
    NEW.via := dcs.setting('via');
    NEW.decided_at := clock_timestamp();
    SELECT * INTO review FROM dcs.reviews WHERE id = NEW.review_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such review' USING ERRCODE = '42501', HINT = 'unknown';
    END IF;
    IF NEW.decision = 'comment' THEN
        IF NEW.person_id IS NULL THEN
            RAISE EXCEPTION 'a comment needs a person' USING ERRCODE = '42501', HINT = 'nobody';
        END IF;
        NEW.revision := review.revision;
        NEW.content_hash := review.proposal_hash;
        NEW.on_behalf_of_id := NULL;
        NEW.capacity := '';
        RETURN NEW;
    END IF;
    refusal := dcs.decision_refusal(review.id, NEW.person_id, NEW.on_behalf_of_id);
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'this person may not decide on this review: %', refusal USING ERRCODE = '42501', HINT = refusal;
    END IF;
    IF NEW.revision IS DISTINCT FROM review.revision OR NEW.content_hash IS DISTINCT FROM review.proposal_hash THEN
        RAISE EXCEPTION 'the content has changed since it was shown' USING ERRCODE = '42501', HINT = 'changed';
    END IF;
    NEW.capacity := (SELECT g.name FROM dcs.memberships m JOIN public.auth_group g ON g.id = m.group_id
        WHERE m.user_id = NEW.person_id AND review.capacities ? g.name AND m.since <= review.submitted_at ORDER BY m.since LIMIT 1);
    RETURN NEW;
END $$;
CREATE TRIGGER guard_decision BEFORE INSERT ON dcs.review_decisions FOR EACH ROW EXECUTE FUNCTION dcs.guard_decision();
ALTER TABLE dcs.review_decisions ENABLE ALWAYS TRIGGER guard_decision;

-- What decisions on a proposal about many records bind to: all of them, in one order. NULL if there are none.
CREATE FUNCTION dcs.members_hash(asked uuid, at_revision integer) RETURNS text LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
    SELECT encode(sha256(convert_to(string_agg(encode(sha256(convert_to(
        jsonb_build_array(m.subject_table, m.subject_id, m.action, m.title, m.base, m.content)::text, 'UTF8')), 'hex'),
        '' ORDER BY m.subject_table, m.subject_id), 'UTF8')), 'hex')
    FROM dcs.review_members m WHERE m.review_id = asked AND m.revision = at_revision
$$;

-- What a review may become. The proposal is what is decided: a change of it is a new revision by a new author.
CREATE FUNCTION dcs.guard_review() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    moves CONSTANT jsonb := '{
        "draft": ["submitted", "withdrawn", "superseded"],
        "submitted": ["approved", "changes_requested", "rejected", "withdrawn", "superseded"],
        "changes_requested": ["submitted", "withdrawn", "superseded"],
        "superseded": ["submitted", "withdrawn"],
        "approved": ["applied", "superseded"]}';
    ranks CONSTANT text[] := ARRAY['low', 'medium', 'high', 'critical'];
    outcome text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.revision <> 1 THEN
            RAISE EXCEPTION 'a review begins as a draft' USING ERRCODE = '42501', HINT = 'begins_as_draft';
        END IF;
        NEW.submitted_at := NULL;
        NEW.domains := '[]';
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.number, NEW.subject_table, NEW.subject_id, NEW.kind) IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.subject_table, OLD.subject_id, OLD.kind) THEN
        RAISE EXCEPTION 'a review stays with its subject' USING ERRCODE = '42501', HINT = 'fixed';
    END IF;
    IF OLD.submitted_at IS NOT NULL THEN
        IF (NEW.domain_id, NEW.capacities, NEW.submitted_at) IS DISTINCT FROM (OLD.domain_id, OLD.capacities, OLD.submitted_at) THEN
            RAISE EXCEPTION 'who decides is fixed once a review is submitted' USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
        IF NEW.quorum < OLD.quorum OR array_position(ranks, NEW.risk::text) < array_position(ranks, OLD.risk::text) THEN
            RAISE EXCEPTION 'risk and quorum of a review only rise' USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
    ELSIF NEW.state = 'submitted' THEN
        NEW.submitted_at := clock_timestamp();
    ELSE
        NEW.submitted_at := NULL;
    END IF;
    IF (NEW.proposal, NEW.proposal_hash, NEW.base_content, NEW.base_hash) IS DISTINCT FROM
       (OLD.proposal, OLD.proposal_hash, OLD.base_content, OLD.base_hash) THEN
        -- A proposal about many records gets its hash once they are put down; from then on it is like any other.
        IF NOT (OLD.proposal_hash = '' AND OLD.state = 'draft' AND NEW.state = 'draft' AND NEW.revision = OLD.revision)
           AND (OLD.state NOT IN ('draft', 'submitted', 'changes_requested', 'superseded')
                OR NEW.state NOT IN ('draft', 'submitted', 'changes_requested') OR NEW.revision <> OLD.revision + 1) THEN
            RAISE EXCEPTION 'a changed proposal is a new revision' USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
    ELSIF NEW.revision <> OLD.revision THEN
        RAISE EXCEPTION 'a revision changes the proposal' USING ERRCODE = '42501', HINT = 'fixed';
    END IF;
    NEW.domains := OLD.domains;
    IF NEW.state = 'submitted' AND (OLD.state <> 'submitted' OR NEW.revision <> OLD.revision) THEN
        IF NEW.proposal_hash = '' OR NEW.proposal ->> 'members' IS DISTINCT FROM dcs.members_hash(NEW.id, NEW.revision) THEN
            RAISE EXCEPTION 'a proposal names all of its records' USING ERRCODE = '42501', HINT = 'members';
        END IF;
        SELECT coalesce(jsonb_agg(d ORDER BY d), '[]') INTO NEW.domains FROM (
            SELECT jsonb_array_elements_text(OLD.domains) AS d
            UNION SELECT coalesce(m.base, m.content) ->> 'domain_id' FROM dcs.review_members m
            WHERE m.review_id = NEW.id AND m.revision = NEW.revision
        ) touched WHERE d IS NOT NULL;
    END IF;
    IF NEW.state <> OLD.state THEN
        IF NOT coalesce(moves -> OLD.state ? NEW.state, false) THEN
            RAISE EXCEPTION 'a review that is % does not become %', OLD.state, NEW.state USING ERRCODE = '42501', HINT = 'state';
        END IF;
        IF NEW.state IN ('approved', 'applied') AND NOT dcs.quorum_holds(OLD) THEN
            RAISE EXCEPTION 'not enough people have approved this' USING ERRCODE = '42501', HINT = 'no_quorum';
        END IF;
        outcome := CASE NEW.state WHEN 'rejected' THEN 'reject' WHEN 'changes_requested' THEN 'request_changes' END;
        IF outcome IS NOT NULL AND NOT EXISTS (SELECT FROM dcs.review_decisions d WHERE d.review_id = OLD.id
                AND d.revision = OLD.revision AND d.decision = outcome) THEN
            RAISE EXCEPTION 'nobody has decided so' USING ERRCODE = '42501', HINT = 'no_decision';
        END IF;
    END IF;
    NEW.row_version := OLD.row_version + 1;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER guard_review BEFORE INSERT OR UPDATE ON dcs.reviews FOR EACH ROW EXECUTE FUNCTION dcs.guard_review();
ALTER TABLE dcs.reviews ENABLE ALWAYS TRIGGER guard_review;

-- Whoever writes a part of a proposal is an author of it, whatever the way in.
CREATE FUNCTION dcs.note_author() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.revision <> OLD.revision OR NEW.proposal_hash <> OLD.proposal_hash THEN
        INSERT INTO dcs.review_authors (review_id, person_id, revision)
        SELECT NEW.id, p, NEW.revision FROM dcs.acting_person() p WHERE p IS NOT NULL
        ON CONFLICT (review_id, person_id) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_author AFTER INSERT OR UPDATE ON dcs.reviews FOR EACH ROW EXECUTE FUNCTION dcs.note_author();
ALTER TABLE dcs.reviews ENABLE ALWAYS TRIGGER note_author;

-- The records of a proposal about many are put down before its revision is asked for, beside what is stored of them,
-- and whoever puts one down is an author.
CREATE FUNCTION dcs.guard_members() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    part record;
    wrong text;
BEGIN
    FOR part IN SELECT DISTINCT review_id, revision FROM new_rows LOOP
        PERFORM FROM dcs.reviews r WHERE r.id = part.review_id AND (
            r.state = 'draft' AND r.revision = part.revision AND r.proposal_hash = ''
            OR r.state IN ('draft', 'submitted', 'changes_requested', 'superseded') AND r.revision + 1 = part.revision
        ) FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the records of a proposal stay as they were put down' USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
        INSERT INTO dcs.review_authors (review_id, person_id, revision)
        SELECT part.review_id, p, part.revision FROM dcs.acting_person() p WHERE p IS NOT NULL
        ON CONFLICT (review_id, person_id) DO NOTHING;
    END LOOP;
    FOR part IN SELECT DISTINCT subject_table FROM new_rows LOOP
        IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgname = 'govern'
                       AND t.tgrelid = to_regclass(format('dcs.%I', part.subject_table))) THEN
            RAISE EXCEPTION 'no table whose changes are reviewed: %', part.subject_table USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
        EXECUTE format(
            'SELECT n.title FROM new_rows n LEFT JOIN dcs.%I t ON t.id = n.subject_id WHERE n.subject_table = %L'
            ' AND (n.base IS DISTINCT FROM dcs.part_of(to_jsonb(t), n.content) OR (n.action = ''create'') <> (t.id IS NULL)) LIMIT 1',
            part.subject_table, part.subject_table) INTO wrong;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'not what is stored: %', wrong USING ERRCODE = '42501', HINT = 'base';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_members AFTER INSERT ON dcs.review_members REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION dcs.guard_members();
ALTER TABLE dcs.review_members ENABLE ALWAYS TRIGGER guard_members;

-- What a stored row says about the columns of a content; NULL if there is no row.
CREATE FUNCTION dcs.part_of(stored jsonb, content jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN stored IS NOT NULL THEN (SELECT jsonb_object_agg(k, stored -> k) FROM jsonb_object_keys(content) k) END
$$;

-- One stands in for one: no chains, no circles, never for a proposal of one's own.
CREATE FUNCTION dcs.guard_delegation() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.from_person_id, NEW.to_person_id, NEW.review_id, NEW.kind, NEW.starts_at, NEW.ends_at, NEW.created_by_id) IS DISTINCT FROM
           (OLD.from_person_id, OLD.to_person_id, OLD.review_id, OLD.kind, OLD.starts_at, OLD.ends_at, OLD.created_by_id)
           OR OLD.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'a stand-in is ended, not changed' USING ERRCODE = '42501', HINT = 'fixed';
        END IF;
        RETURN NEW;
    END IF;
    IF dcs.setting('via') IS DISTINCT FROM 'session' THEN
        RAISE EXCEPTION 'a stand-in is named by a person who is signed in' USING ERRCODE = '42501', HINT = 'not_a_session';
    END IF;
    NEW.created_by_id := dcs.acting_person();
    IF NEW.created_by_id IS DISTINCT FROM NEW.from_person_id THEN
        RAISE EXCEPTION 'only for oneself can one name a stand-in' USING ERRCODE = '42501', HINT = 'not_yours';
    END IF;
    -- Two that would make a chain wait for each other here.
    PERFORM pg_advisory_xact_lock(hashtext('dcs.review_delegations'));
    IF EXISTS (SELECT FROM dcs.review_delegations d WHERE d.ended_at IS NULL
            AND (d.from_person_id = NEW.to_person_id OR d.to_person_id = NEW.from_person_id)
            AND (d.review_id IS NULL OR NEW.review_id IS NULL OR d.review_id = NEW.review_id)
            AND tstzrange(d.starts_at, d.ends_at) && tstzrange(NEW.starts_at, NEW.ends_at)) THEN
        RAISE EXCEPTION 'who stands in for somebody hands nothing on' USING ERRCODE = '42501', HINT = 'chain';
    END IF;
    IF NEW.review_id IS NOT NULL AND EXISTS (SELECT FROM dcs.review_authors a
            WHERE a.review_id = NEW.review_id AND a.person_id IN (NEW.to_person_id, NEW.from_person_id)) THEN
        RAISE EXCEPTION 'never to an author' USING ERRCODE = '42501', HINT = 'author';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_delegation BEFORE INSERT OR UPDATE ON dcs.review_delegations FOR EACH ROW EXECUTE FUNCTION dcs.guard_delegation();
ALTER TABLE dcs.review_delegations ENABLE ALWAYS TRIGGER guard_delegation;

-- What was decided, by whom and about what stays as it is.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.review_decisions FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.review_authors FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.review_members FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dcs.steps FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE ON dcs.reviews FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE ON dcs.review_delegations FOR EACH ROW EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.review_decisions FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.review_authors FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.review_members FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.steps FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.reviews FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON dcs.review_delegations FOR EACH STATEMENT EXECUTE FUNCTION dcs.refuse_change();
ALTER TABLE dcs.review_decisions ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.review_decisions ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE dcs.review_authors ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.review_authors ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE dcs.review_members ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.review_members ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE dcs.steps ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.steps ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE dcs.reviews ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.reviews ENABLE ALWAYS TRIGGER append_only_truncate;
ALTER TABLE dcs.review_delegations ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE dcs.review_delegations ENABLE ALWAYS TRIGGER append_only_truncate;

-- The step names who took it, from the same source as the log.
CREATE FUNCTION dcs.stamp_step() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    NEW.actor_id := dcs.acting_person();
    NEW.actor_name := coalesce(dcs.setting('actor'), 'db:' || session_user);
    NEW.via := coalesce(dcs.setting('via'), '');
    NEW.taken_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_step BEFORE INSERT ON dcs.steps FOR EACH ROW EXECUTE FUNCTION dcs.stamp_step();
ALTER TABLE dcs.steps ENABLE ALWAYS TRIGGER stamp_step;

-- What is in force changes only by an approved review whose stored proposal is exactly what the row becomes: a review of the
-- row itself, or one of many records that has it among them.
-- Arguments: column of the state ('' if there is none) or the function that tells if a row is in force, states that are
-- edited freely, states before a first approval, governed columns, columns that name the approval; lists with commas.
CREATE FUNCTION dcs.guard_governed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
DECLARE
    state_column CONSTANT text := TG_ARGV[0];
    in_use CONSTANT text := TG_ARGV[1];
    free CONSTANT text[] := string_to_array(TG_ARGV[2], ',');
    pending CONSTANT text[] := string_to_array(TG_ARGV[3], ',');
    governed CONSTANT text[] := string_to_array(TG_ARGV[4], ',');
    evidence CONSTANT text[] := coalesce(string_to_array(nullif(TG_ARGV[5], ''), ','), '{}');
    entering CONSTANT text[] := string_to_array(TG_ARGV[6], ',');
    old_row jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    new_row jsonb := to_jsonb(NEW);
    old_state text := old_row ->> state_column;
    new_state text := new_row ->> state_column;
    changed boolean := false;
    signed boolean := false;
    was_in_force boolean;
    name text;
    review dcs.reviews;
    approved jsonb;
BEGIN
    FOREACH name IN ARRAY governed LOOP
        -- A reference that is emptied because what it named is gone was decided elsewhere.
        IF old_row -> name IS DISTINCT FROM new_row -> name
           AND NOT (pg_trigger_depth() > 1 AND name LIKE '%\_id' AND new_row -> name = 'null') THEN
            changed := true;
        END IF;
    END LOOP;
    FOREACH name IN ARRAY evidence LOOP
        IF coalesce(old_row -> name, 'null') <> new_row -> name
           AND NOT (TG_OP = 'UPDATE' AND new_row -> name = 'null' AND new_state = ANY (free)) THEN
            signed := true;
        END IF;
    END LOOP;
    IF state_column = '' THEN
        IF TG_OP = 'INSERT' OR NOT changed THEN RETURN NEW; END IF;
        EXECUTE format('SELECT dcs.%I($1)', in_use) INTO was_in_force USING NEW.id;
        IF NOT was_in_force THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'INSERT' THEN
        IF new_state = ANY (free || pending) AND NOT signed THEN RETURN NEW; END IF;
    ELSE
        was_in_force := old_state <> ALL (free || pending);
        IF was_in_force AND new_state = ANY (free || pending) THEN
            RAISE EXCEPTION 'what was in force does not become a draft again' USING ERRCODE = '42501', HINT = 'in_force';
        END IF;
        IF NOT signed AND NOT (new_state = ANY (entering) AND old_state <> new_state)
           AND NOT (changed AND (was_in_force OR new_state <> ALL (free))) THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT * INTO review FROM dcs.reviews WHERE id = dcs.setting('review')::uuid;
    IF review.subject_table = TG_TABLE_NAME AND review.subject_id = NEW.id THEN
        approved := review.proposal;
    ELSE
        SELECT content INTO approved FROM dcs.review_members m WHERE m.review_id = review.id AND m.revision = review.revision
            AND m.subject_table = TG_TABLE_NAME AND m.subject_id = NEW.id;
    END IF;
    IF approved IS NULL OR review.state <> 'approved' OR NOT dcs.quorum_holds(review) THEN
        RAISE EXCEPTION 'this changes only by an approved review' USING ERRCODE = '42501', HINT = 'needs_review', TABLE = TG_TABLE_NAME;
    END IF;
    FOREACH name IN ARRAY governed LOOP
        IF NOT dcs.says_the_same(approved -> name, new_row -> name) THEN
            RAISE EXCEPTION 'the row is not what was approved: %', name USING ERRCODE = '42501', HINT = 'not_as_approved', TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    IF approved ? state_column AND approved ->> state_column IS DISTINCT FROM new_state THEN
        RAISE EXCEPTION 'the row is not what was approved: %', state_column USING ERRCODE = '42501', HINT = 'not_as_approved', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

-- Decimals are texts in a proposal and numbers in a row.
CREATE FUNCTION dcs.says_the_same(proposed jsonb, stored jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(stored) = 'number' AND jsonb_typeof(proposed) = 'string'
                THEN (proposed #>> '{}') ~ '^-?\d+(\.\d+)?$' AND (proposed #>> '{}')::numeric = (stored #>> '{}')::numeric
                ELSE proposed IS NOT NULL AND proposed = stored END
$$;

-- Nothing waits for a decision on something that is gone.
CREATE FUNCTION dcs.close_reviews() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, dcs AS $$
BEGIN
    UPDATE dcs.reviews r SET state = 'superseded' FROM old_rows o
    WHERE r.subject_table = TG_TABLE_NAME AND r.subject_id = o.id AND r.state IN ('draft', 'submitted', 'changes_requested', 'approved');
    RETURN NULL;
END $$;

-- Every entry of the log that a review brought about names it.
ALTER TABLE dcs.metadata_audit_log ALTER COLUMN review_id SET DEFAULT dcs.setting('review')::uuid;
