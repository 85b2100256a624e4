-- Two accounts of one human being become one by the decision of two agents, and can be parted again (ADR 0015).

CREATE TABLE hub.person_merge (
    merge_id uuid PRIMARY KEY,
    survivor_id uuid NOT NULL REFERENCES hub.person,
    merged_id uuid NOT NULL REFERENCES hub.person,
    -- The review may go; that two agents decided it is a fact and stays.
    source_review uuid NOT NULL UNIQUE,
    merged_at timestamptz NOT NULL,
    part_asked_at timestamptz,
    parted_at timestamptz,
    CHECK (survivor_id <> merged_id),
    CHECK (parted_at IS NULL OR part_asked_at IS NOT NULL)
);
CREATE UNIQUE INDEX person_merge_current ON hub.person_merge (merged_id) WHERE parted_at IS NULL;
CREATE INDEX person_merge_survivor ON hub.person_merge (survivor_id);

-- What a merge touched, row by row, so that it can be taken back: what passed over, and what rests since it says of the
-- same child or time what the survivor's own row says.
CREATE TABLE hub.person_merge_item (
    merge_id uuid NOT NULL REFERENCES hub.person_merge,
    kind text NOT NULL CHECK (kind IN ('passed', 'rests', 'closed')),
    place text NOT NULL,
    row_id uuid NOT NULL,
    PRIMARY KEY (merge_id, kind, place, row_id)
);

-- A line that rests since both accounts had one with the same body: whoever asks by it is told the one that goes on.
CREATE TABLE hub.line_succession (
    line_id uuid PRIMARY KEY REFERENCES hub.enrolment_line,
    survivor_line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    merge_id uuid NOT NULL REFERENCES hub.person_merge,
    CHECK (line_id <> survivor_line_id)
);

ALTER TABLE hub.review ADD COLUMN other_id uuid REFERENCES hub.person;
ALTER TABLE hub.review DROP CONSTRAINT review_kind_check;
ALTER TABLE hub.review ADD CONSTRAINT review_kind_check
    CHECK (kind IN ('family_link', 'fit', 'objection', 'partner_link', 'account_merge'));
ALTER TABLE hub.review ADD CHECK (
    (kind = 'account_merge') = (other_id IS NOT NULL)
    AND (kind <> 'account_merge' OR (other_id <> adult_id AND opinions_needed = 2 AND body IS NOT NULL))
);
CREATE UNIQUE INDEX review_merge_once ON hub.review (adult_id, other_id) WHERE kind = 'account_merge' AND state = 'waiting';

-- Whose an authorisation is changes only with its person, and only by the function below: no login may write that column.
CREATE OR REPLACE FUNCTION hub.refuse_authorisation_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IN ('requested', 'active') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'an authorisation begins requested or active' USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.request_id, OLD.recipient, OLD.purpose, OLD.frequency, OLD.evidence_types, OLD.requirement,
        OLD.valid_from, OLD.valid_until, OLD.data_life_months)
       IS DISTINCT FROM
       (NEW.request_id, NEW.recipient, NEW.purpose, NEW.frequency, NEW.evidence_types, NEW.requirement,
        NEW.valid_from, NEW.valid_until, NEW.data_life_months) THEN
        RAISE EXCEPTION 'what an authorisation allows never changes: another one is given' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.used_for IS NOT NULL AND NEW.used_for IS DISTINCT FROM OLD.used_for THEN
        RAISE EXCEPTION 'an authorisation that served once has served' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM hub.authorisation_transition WHERE state_from = OLD.state AND state_to = NEW.state
    ) THEN
        RAISE EXCEPTION 'authorisation cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Where a person stands in the hub, beside papers, whose keys custody wraps anew.
CREATE FUNCTION hub.person_places() RETURNS TABLE (place text, owner_column text, key_column text, rests boolean)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    VALUES ('hub.account', 'person_id', 'account_id', false), ('hub.family_claim', 'adult_id', 'claim_id', false),
        ('hub.family_link', 'adult_id', 'link_id', true), ('hub.residence', 'person_id', 'residence_id', true),
        ('hub.residence_question', 'person_id', 'document_id', false),
        ('hub.life_event', 'adult_id', 'life_event_id', false), ('hub.enrolment_line', 'payer_id', 'line_id', true),
        ('hub.request', 'requester_id', 'request_id', false), ('hub.notice_given', 'person_id', 'notice_id', false),
        ('hub.reuse_grant', 'person_id', 'grant_id', false), ('hub.confirmation', 'guardian_id', 'confirmation_id', false),
        ('hub.rights_information', 'person_id', 'information_id', false),
        ('hub.evidence', 'holder_id', 'evidence_id', false), ('hub.receipt', 'person_id', 'receipt_id', false),
        ('hub.message', 'person_id', 'message_id', false), ('hub.partner_link', 'adult_id', 'link_id', false)
$$;

-- Carries out what two agents decided in a review, once; returns the merge, or nothing where there is no such decision.
-- Papers pass in the same transaction, by the worker, which alone can open their keys.
CREATE FUNCTION hub.merge_persons(of_review uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    decided record;
    one record;
    number uuid;
    made uuid := gen_random_uuid();
BEGIN
    SELECT r.adult_id, r.other_id INTO decided FROM hub.review r
    WHERE r.review_id = of_review AND r.kind = 'account_merge' AND r.state = 'decided' AND r.outcome = 'passed'
        AND 2 <= (SELECT count(*) FROM hub.review_opinion o WHERE o.review_id = of_review AND o.outcome = 'passed')
        AND NOT EXISTS (SELECT FROM hub.death d WHERE d.person_id IN (r.adult_id, r.other_id))
        AND NOT EXISTS (
            SELECT FROM hub.person_merge m
            WHERE m.source_review = of_review OR (m.parted_at IS NULL AND m.merged_id IN (r.adult_id, r.other_id))
        );
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO hub.person_merge (merge_id, survivor_id, merged_id, source_review, merged_at)
        VALUES (made, decided.adult_id, decided.other_id, of_review, now());
    -- What a judgment ended stays ended: of two links to one child the withdrawn one is the one that goes on.
    FOR number IN SELECT own.link_id FROM hub.family_link own JOIN hub.family_link other
            ON other.child_id = own.child_id AND other.adult_id = decided.other_id AND other.retracted_at IS NULL
        WHERE own.adult_id = decided.adult_id AND own.retracted_at IS NULL
            AND other.authority = 'withdrawn' AND own.authority <> 'withdrawn'
    LOOP
        UPDATE hub.family_link SET retracted_at = now() WHERE link_id = number;
        INSERT INTO hub.person_merge_item VALUES (made, 'rests', 'hub.family_link', number);
    END LOOP;
    FOR one IN SELECT * FROM hub.person_places() LOOP
        FOR number IN EXECUTE format('SELECT %I FROM %s WHERE %I = $1', one.key_column, one.place, one.owner_column)
            USING decided.other_id
        LOOP
            BEGIN
                EXECUTE format('UPDATE %s SET %I = $1 WHERE %I = $2', one.place, one.owner_column, one.key_column)
                    USING decided.adult_id, number;
                INSERT INTO hub.person_merge_item VALUES (made, 'passed', one.place, number);
            EXCEPTION WHEN unique_violation OR exclusion_violation THEN
                IF one.rests THEN
                    EXECUTE format('UPDATE %s SET retracted_at = now() WHERE %I = $1 AND retracted_at IS NULL', one.place,
                        one.key_column) USING number;
                    INSERT INTO hub.person_merge_item VALUES (made, 'rests', one.place, number);
                END IF;
            END;
        END LOOP;
    END LOOP;
    -- A line that rests has its request closed, and names the line that goes on with the same body.
    FOR one IN SELECT l.* FROM hub.person_merge_item i JOIN hub.enrolment_line l ON l.line_id = i.row_id
        WHERE i.merge_id = made AND i.kind = 'rests' AND i.place = 'hub.enrolment_line'
    LOOP
        FOR number IN UPDATE hub.request SET state = 'closed' WHERE line_id = one.line_id AND state = 'pending'
            RETURNING request_id
        LOOP
            INSERT INTO hub.person_merge_item VALUES (made, 'closed', 'hub.request', number);
        END LOOP;
        INSERT INTO hub.line_succession
        SELECT one.line_id, l.line_id, made FROM hub.enrolment_line l
        WHERE l.file_id = one.file_id AND l.service = one.service AND l.body = one.body
            AND l.payer_id = decided.adult_id AND l.retracted_at IS NULL
        ORDER BY l.valid_until DESC LIMIT 1
        ON CONFLICT (line_id) DO UPDATE SET survivor_line_id = excluded.survivor_line_id, merge_id = made;
        -- The body can only be told a name that it has.
        INSERT INTO hub.pseudonym
        SELECT one.body, 'file', s.survivor_line_id, gen_random_uuid() FROM hub.line_succession s
        WHERE s.line_id = one.line_id AND EXISTS (SELECT FROM hub.partner p WHERE p.siret = one.body)
        ON CONFLICT DO NOTHING;
    END LOOP;
    -- Who opposed under one name opposed.
    UPDATE hub.rights_information own SET state = other.state, ended_at = other.ended_at
    FROM hub.rights_information other
    WHERE own.person_id = decided.adult_id AND other.person_id = decided.other_id AND own.recipient = other.recipient
        AND own.service = other.service AND own.state = 'open' AND other.state = 'opposed';
    DELETE FROM hub.link_code WHERE adult_id = decided.other_id;
    RETURN made;
END $$;

-- Takes a merge back, once its person has asked: what passed returns, what rested goes on. What came since stays.
CREATE FUNCTION hub.part_persons(of_merge uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    undone record;
    one record;
BEGIN
    UPDATE hub.person_merge SET parted_at = now()
    WHERE merge_id = of_merge AND part_asked_at IS NOT NULL AND parted_at IS NULL
    RETURNING * INTO undone;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    FOR one IN SELECT i.kind, i.place, i.row_id, p.owner_column, p.key_column FROM hub.person_merge_item i
        JOIN hub.person_places() p ON p.place = i.place WHERE i.merge_id = of_merge ORDER BY i.kind = 'rests'
    LOOP
        BEGIN
            IF one.kind = 'passed' THEN
                EXECUTE format('UPDATE %s SET %I = $1 WHERE %I = $2 AND %I = $3', one.place, one.owner_column,
                    one.key_column, one.owner_column) USING undone.merged_id, one.row_id, undone.survivor_id;
            ELSIF one.kind = 'rests' THEN
                EXECUTE format('UPDATE %s SET retracted_at = NULL WHERE %I = $1', one.place, one.key_column)
                    USING one.row_id;
            ELSE
                UPDATE hub.request SET state = 'pending' WHERE request_id = one.row_id AND state = 'closed';
            END IF;
        EXCEPTION WHEN unique_violation OR exclusion_violation THEN
            NULL;  -- Something newer says the same: it stands.
        END;
    END LOOP;
    DELETE FROM hub.line_succession WHERE merge_id = of_merge;
    RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION hub.person_places(), hub.merge_persons(uuid), hub.part_persons(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.merge_persons(uuid), hub.part_persons(uuid) TO unefois_worker;

-- Both accounts of a merge are whom its jobs are about.
CREATE OR REPLACE FUNCTION hub.holders_of_job() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE job AS (
        SELECT (args ->> 'document_id')::uuid AS document_id, (args ->> 'adult_id')::uuid AS adult_id,
            (args ->> 'claim_id')::uuid AS claim_id, (args ->> 'review_id')::uuid AS review_id,
            (args ->> 'request_id')::uuid AS request_id, (args ->> 'merge_id')::uuid AS merge_id
        FROM jobs.procrastinate_jobs
        WHERE id = nullif(current_setting('unefois.job', true), '')::bigint AND status = 'doing'
    ), family (person_id) AS (
        SELECT person_id FROM (
            SELECT d.holder_id AS person_id FROM job JOIN vault.document d USING (document_id)
            UNION SELECT adult_id FROM job WHERE adult_id IS NOT NULL
            UNION SELECT c.adult_id FROM job JOIN hub.family_claim c USING (claim_id)
            UNION SELECT r.adult_id FROM job JOIN hub.review r USING (review_id)
            UNION SELECT r.other_id FROM job JOIN hub.review r USING (review_id) WHERE r.other_id IS NOT NULL
            UNION SELECT l.adult_id FROM job JOIN hub.review r USING (review_id)
                JOIN hub.family_link l ON l.child_id = r.child_id AND l.retracted_at IS NULL
            UNION SELECT q.requester_id FROM job JOIN hub.request q USING (request_id)
            UNION SELECT l.payer_id FROM job JOIN hub.request q USING (request_id) JOIN hub.enrolment_line l USING (line_id)
            UNION SELECT p.person_id FROM job JOIN hub.person_merge m USING (merge_id),
                LATERAL (VALUES (m.survivor_id), (m.merged_id)) p (person_id)
        ) about
        UNION
        SELECT other.adult_id FROM family f
            JOIN hub.family_link own ON own.adult_id = f.person_id AND own.retracted_at IS NULL
            JOIN hub.family_link other ON other.child_id = own.child_id AND other.retracted_at IS NULL
    )
    SELECT coalesce(array_agg(person_id), '{}') FROM family
$$;

-- To an agent who has taken such a review both persons are shown.
CREATE OR REPLACE FUNCTION hub.persons_shown() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(person_id), '{}') FROM (
        SELECT nullif(current_setting('unefois.person', true), '')::uuid AS person_id
        UNION SELECT unnest(hub.children_shown())
        UNION SELECT q.requester_id FROM hub.confirmation c JOIN hub.request q USING (request_id)
            WHERE c.guardian_id = nullif(current_setting('unefois.person', true), '')::uuid AND q.state = 'pending'
        UNION SELECT p.person_id FROM hub.review r
            JOIN hub.agent_role a ON a.agent_id = r.claimed_by AND a.body = r.body AND a.withdrawn_at IS NULL,
            LATERAL (
                SELECT r.adult_id AS person_id
                UNION SELECT r.other_id
                UNION SELECT l.adult_id FROM hub.family_link l
                    WHERE l.child_id = ANY (hub.children_shown()) AND l.retracted_at IS NULL
            ) p
            WHERE r.claimed_by = nullif(current_setting('unefois.agent', true), '')::uuid
                AND r.state = 'waiting' AND r.claimed_until > now()
        UNION SELECT unnest(hub.visitors())
        UNION SELECT f.child_id FROM hub.enrolment_line e JOIN hub.school_file f USING (file_id)
            WHERE e.payer_id = ANY (hub.visitors()) AND e.retracted_at IS NULL
    ) persons WHERE person_id IS NOT NULL
$$;

DROP POLICY owner ON hub.link_code;
CREATE POLICY owner ON hub.link_code TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
ALTER TABLE hub.person_merge ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.person_merge_item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.line_succession ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.person_merge TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON hub.person_merge_item TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON hub.line_succession TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.person_merge TO unefois_door
    USING (survivor_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.person_merge FOR SELECT TO unefois_worker
    USING (survivor_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
CREATE POLICY worker_job ON hub.person_merge_item TO unefois_worker
    USING (EXISTS (SELECT FROM hub.person_merge m WHERE m.merge_id = person_merge_item.merge_id));
CREATE POLICY worker_job ON hub.line_succession FOR SELECT TO unefois_worker
    USING (EXISTS (SELECT FROM hub.person_merge m WHERE m.merge_id = line_succession.merge_id));
CREATE POLICY release_partner ON hub.line_succession FOR SELECT TO unefois_release
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = line_succession.line_id AND l.body = (SELECT vault.standing('partner'))
    ));

GRANT SELECT, UPDATE (part_asked_at) ON hub.person_merge TO unefois_door;
GRANT SELECT ON hub.person_merge TO unefois_worker;
GRANT SELECT, INSERT ON hub.person_merge_item TO unefois_worker;
GRANT SELECT ON hub.line_succession TO unefois_release, unefois_worker;
-- A paper that passes to another holder is the same object under another key.
GRANT UPDATE (holder_id, record_seal) ON vault.document TO unefois_worker;
GRANT INSERT ON vault.replacement TO unefois_worker;
