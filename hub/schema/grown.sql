-- What ends and what passes at eighteen (ADR 0044).

-- The first day on which somebody is surely eighteen, as contracts.calendar.majority says; a test compares the two.
CREATE FUNCTION hub.majority(born_on text) RETURNS date LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    year integer := split_part(born_on, '-', 1)::integer;
    month integer := coalesce(nullif(split_part(born_on, '-', 2)::integer, 0), 12);
    day integer := split_part(born_on, '-', 3)::integer;
    born date;
BEGIN
    born := CASE day WHEN 0 THEN (make_date(year, month, 1) + interval '1 month' - interval '1 day')::date
        ELSE make_date(year, month, day) END;
    IF extract(month FROM born) = 2 AND extract(day FROM born) = 29 THEN
        RETURN make_date(year + 18, 3, 1);  -- A leap year is never eighteen years after another.
    END IF;
    RETURN make_date(year + 18, extract(month FROM born)::integer, extract(day FROM born)::integer);
EXCEPTION WHEN datetime_field_overflow OR invalid_text_representation THEN
    RETURN NULL;  -- No date of birth.
END $$;

-- The day a child comes of age, as civil status now says.
CREATE FUNCTION hub.of_age_on(child uuid) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT hub.majority(born_on) FROM hub.civil_status WHERE person_id = child AND retracted_at IS NULL';

-- No guardian's link outlives the child's minority, whoever writes it: every path asks whether the link is in force today.
CREATE FUNCTION hub.end_link_at_majority() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last_day date := hub.of_age_on(NEW.child_id) - 1;
BEGIN
    NEW.valid_until := least(NEW.valid_until, last_day);
    NEW.valid_from := least(NEW.valid_from, last_day);
    RETURN NEW;
END $$;
CREATE TRIGGER family_link_majority BEFORE INSERT OR UPDATE OF child_id, valid_until ON hub.family_link
    FOR EACH ROW EXECUTE FUNCTION hub.end_link_at_majority();
UPDATE hub.family_link SET valid_until = valid_until;

-- How far a child's coming of age is: told of three months before; on the day what guardians have ends, and papers pass.
CREATE TABLE hub.coming_of_age (
    child_id uuid PRIMARY KEY REFERENCES hub.person,
    of_age_on date NOT NULL,
    told_at timestamptz,
    ended_at timestamptz,
    passed_at timestamptz,
    CHECK (passed_at IS NULL OR ended_at IS NOT NULL)
);

ALTER TABLE hub.person_merge
    ADD COLUMN kind text NOT NULL DEFAULT 'accounts' CHECK (kind IN ('accounts', 'childhood', 'children'));

DO $$
DECLARE
    old text;
BEGIN
    SELECT conname INTO STRICT old FROM pg_constraint
    WHERE conrelid = 'hub.review'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%other_id IS NOT NULL%';
    EXECUTE format('ALTER TABLE hub.review DROP CONSTRAINT %I', old);
END $$;
ALTER TABLE hub.review DROP CONSTRAINT review_kind_check;
ALTER TABLE hub.review ADD CONSTRAINT review_kind_check CHECK (kind IN (
    'family_link', 'fit', 'objection', 'partner_link', 'account_merge', 'childhood', 'child_merge', 'child_part'
));
ALTER TABLE hub.review ADD CONSTRAINT review_of_two CHECK (
    (kind IN ('account_merge', 'childhood', 'child_merge', 'child_part')) = (other_id IS NOT NULL)
    AND (kind NOT IN ('child_merge', 'child_part') OR (child_id IS NOT NULL AND child_id <> other_id))
    AND (other_id IS NULL OR (other_id <> adult_id AND opinions_needed = 2 AND body IS NOT NULL))
);
CREATE UNIQUE INDEX review_childhood_once ON hub.review (adult_id, other_id) WHERE kind = 'childhood' AND state = 'waiting';

ALTER TABLE hub.partner_link DROP CONSTRAINT partner_link_ended_by_check;
ALTER TABLE hub.partner_link ADD CONSTRAINT partner_link_ended_by_check CHECK (ended_by IN ('family', 'partner', 'majority'));
ALTER TABLE hub.message DROP CONSTRAINT message_kind_check;
ALTER TABLE hub.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
    'ask', 'reminder', 'telephone_code', 'webhook_off', 'webhook_ageing', 'webhook_lost', 'mandate', 'of_age', 'email_code'
));

-- Which children have something due: the word three months before, or what passes on the day.
CREATE FUNCTION hub.coming_of_age_due(as_of date) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.person_id FROM hub.civil_status c LEFT JOIN hub.coming_of_age g ON g.child_id = c.person_id
    WHERE c.retracted_at IS NULL AND c.born_on < to_char(as_of - interval '17 years 8 months', 'YYYY-MM-DD')
        AND g.passed_at IS NULL
        AND (g.child_id IS NULL AND hub.majority(c.born_on) - interval '3 months' <= as_of OR g.of_age_on <= as_of)
        AND EXISTS (SELECT FROM hub.family_link l WHERE l.child_id = c.person_id AND l.retracted_at IS NULL)
$$;

-- Ends what guardians have of a child who is of age on a day: lines and requests end, codes go, what agents were to decide
-- is decided. Returns the lines that ended. Papers pass in the same transaction, by the worker.
CREATE FUNCTION hub.end_minority(child uuid, as_of date) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    grown date := hub.of_age_on(child);
BEGIN
    IF grown IS NULL OR grown > as_of THEN
        RETURN;
    END IF;
    DELETE FROM hub.link_code WHERE child_id = child;
    UPDATE hub.review SET state = 'decided', outcome = 'failed', decision_reason = 'of_age', decided_at = now(),
        applied_at = now(), claimed_by = NULL, claimed_until = NULL
    WHERE child_id = child AND state = 'waiting';
    RETURN QUERY
    WITH running AS (
        SELECT l.line_id FROM hub.enrolment_line l JOIN hub.school_file f USING (file_id)
        WHERE f.child_id = child AND l.retracted_at IS NULL
            AND EXISTS (SELECT FROM hub.request q WHERE q.line_id = l.line_id AND q.state = 'pending')
    ), closed AS (
        UPDATE hub.request q SET state = 'closed' FROM running r WHERE q.line_id = r.line_id AND q.state = 'pending'
    ), satisfied AS (
        UPDATE hub.satisfaction s SET until = now() FROM running r WHERE s.line_id = r.line_id AND s.until IS NULL
    )
    UPDATE hub.enrolment_line l SET
        valid_until = CASE WHEN l.valid_from < grown THEN least(l.valid_until, grown - 1) ELSE l.valid_until END,
        retracted_at = CASE WHEN l.valid_from < grown THEN NULL ELSE now() END
    FROM running r WHERE l.line_id = r.line_id RETURNING l.line_id;
END $$;

-- What hangs on papers of a grown child's follows them to the child's own record. No login may write whose these are.
CREATE FUNCTION hub.pass_to_child(child uuid, as_of date, papers uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(hub.of_age_on(child) > as_of, true) THEN
        RAISE EXCEPTION 'nothing passes to a child' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE hub.evidence SET holder_id = child WHERE document_id = ANY (papers);
    UPDATE hub.receipt SET person_id = child WHERE document_id = ANY (papers);
    UPDATE hub.satisfaction s SET until = now() FROM hub.evidence e
    WHERE e.evidence_id = s.evidence_id AND e.document_id = ANY (papers) AND s.until IS NULL;
    DELETE FROM hub.preview_ticket WHERE document_id = ANY (papers);
END $$;

-- Whether two agents said « passed » in a review of a kind.
CREATE FUNCTION hub.two_agents_said(of_review uuid, of_kind text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM hub.review r
        WHERE r.review_id = of_review AND r.kind = of_kind AND r.state = 'decided' AND r.outcome = 'passed'
            AND 2 <= (SELECT count(*) FROM hub.review_opinion o WHERE o.review_id = of_review AND o.outcome = 'passed')
    )
$$;

-- Writes down that a child's record is somebody's who has an account, as two agents decided; once.
CREATE FUNCTION hub.recognise_childhood(of_review uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made uuid := gen_random_uuid();
BEGIN
    INSERT INTO hub.person_merge (merge_id, survivor_id, merged_id, source_review, merged_at, kind)
    SELECT made, r.adult_id, r.other_id, of_review, now(), 'childhood' FROM hub.review r
    WHERE r.review_id = of_review AND hub.two_agents_said(of_review, 'childhood')
        AND NOT EXISTS (SELECT FROM hub.death d WHERE d.person_id IN (r.adult_id, r.other_id))
        AND NOT EXISTS (SELECT FROM hub.account a WHERE a.person_id = r.other_id)
        AND NOT EXISTS (
            SELECT FROM hub.person_merge m
            WHERE m.source_review = of_review OR (m.parted_at IS NULL AND m.merged_id IN (r.adult_id, r.other_id))
        );
    RETURN CASE WHEN FOUND THEN made END;
END $$;

-- What hangs on papers that wait with a child's record follows them to who the child has become, row by row.
CREATE FUNCTION hub.pass_childhood(of_merge uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    of_two record;
    number uuid;
BEGIN
    SELECT survivor_id, merged_id INTO STRICT of_two FROM hub.person_merge
    WHERE merge_id = of_merge AND kind = 'childhood' AND parted_at IS NULL;
    FOR number IN UPDATE hub.evidence SET holder_id = of_two.survivor_id WHERE holder_id = of_two.merged_id RETURNING evidence_id
    LOOP
        INSERT INTO hub.person_merge_item VALUES (of_merge, 'passed', 'hub.evidence', number) ON CONFLICT DO NOTHING;
    END LOOP;
    FOR number IN UPDATE hub.receipt SET person_id = of_two.survivor_id WHERE person_id = of_two.merged_id RETURNING receipt_id
    LOOP
        INSERT INTO hub.person_merge_item VALUES (of_merge, 'passed', 'hub.receipt', number) ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION hub.of_age_on(uuid), hub.coming_of_age_due(date), hub.end_minority(uuid, date),
    hub.pass_to_child(uuid, date, uuid[]), hub.recognise_childhood(uuid), hub.pass_childhood(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.coming_of_age_due(date), hub.end_minority(uuid, date), hub.pass_to_child(uuid, date, uuid[]),
    hub.recognise_childhood(uuid), hub.pass_childhood(uuid) TO unefois_worker;

-- Whether what lasts until a day lasts still, in Paris.
CREATE FUNCTION hub.lasts(until date) RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT until IS NULL OR until >= (now() AT TIME ZONE 'Europe/Paris')::date $$;

-- A job about a child is about whoever stood for them too, and about who they have become; whoever stands for a child no
-- more has nothing in common with the others.
CREATE OR REPLACE FUNCTION hub.holders_of_job() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE job AS (
        SELECT (args ->> 'document_id')::uuid AS document_id, (args ->> 'adult_id')::uuid AS adult_id,
            (args ->> 'claim_id')::uuid AS claim_id, (args ->> 'review_id')::uuid AS review_id,
            (args ->> 'request_id')::uuid AS request_id, (args ->> 'merge_id')::uuid AS merge_id,
            (args ->> 'child_id')::uuid AS child_id
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
            UNION SELECT r.child_id FROM job JOIN hub.review r USING (review_id) WHERE r.kind IN ('child_merge', 'child_part')
            UNION SELECT l.adult_id FROM job JOIN hub.review r USING (review_id)
                JOIN hub.family_link l ON l.child_id = r.other_id AND l.retracted_at IS NULL
            UNION SELECT child_id FROM job WHERE child_id IS NOT NULL
            UNION SELECT l.adult_id FROM job JOIN hub.family_link l ON l.child_id = job.child_id WHERE l.retracted_at IS NULL
            UNION SELECT m.survivor_id FROM job JOIN hub.person_merge m ON m.merged_id = job.child_id AND m.parted_at IS NULL
        ) about
        UNION
        SELECT other.adult_id FROM family f
            JOIN hub.family_link own ON own.adult_id = f.person_id AND own.retracted_at IS NULL AND hub.lasts(own.valid_until)
            JOIN hub.family_link other ON other.child_id = own.child_id AND other.retracted_at IS NULL
                AND hub.lasts(other.valid_until)
    )
    SELECT coalesce(array_agg(person_id), '{}') FROM family
$$;

-- At the counter an agent is shown the children for whom something is still asked.
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
            JOIN hub.request q ON q.line_id = e.line_id AND q.state = 'pending'
            WHERE e.payer_id = ANY (hub.visitors()) AND e.retracted_at IS NULL
    ) persons WHERE person_id IS NOT NULL
$$;

-- Whom a job may touch: whose papers it may, their children and those of their lines, whom agents' decision names, and who
-- can be meant by a civil status that a partner put.
CREATE OR REPLACE FUNCTION hub.persons_of_job() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH holders AS (SELECT unnest(hub.holders_of_job()) AS person_id), decided AS (
        SELECT r.child_id, (r.decision ->> 'child')::uuid AS found_child, (r.decision ->> 'adult')::uuid AS found_adult
        FROM jobs.procrastinate_jobs j JOIN hub.review r ON r.review_id = (j.args ->> 'review_id')::uuid
        WHERE j.id = nullif(current_setting('unefois.job', true), '')::bigint AND j.status = 'doing'
    ), proposed AS (
        SELECT unnest(hub.children_with(p.match_key)) AS child_id FROM hub.link_proposal p
        WHERE p.proposal_id = hub.proposal_of_job()
    )
    SELECT coalesce(array_agg(person_id), '{}') FROM (
        SELECT person_id FROM holders
        UNION SELECT l.child_id FROM holders h
            JOIN hub.family_link l ON l.adult_id = h.person_id AND l.retracted_at IS NULL AND hub.lasts(l.valid_until)
        UNION SELECT f.child_id FROM holders h
            JOIN hub.enrolment_line e ON e.payer_id = h.person_id AND e.retracted_at IS NULL
            JOIN hub.school_file f USING (file_id)
        UNION SELECT p.person_id FROM decided d,
            LATERAL (VALUES (d.child_id), (d.found_child), (d.found_adult)) p (person_id)
        UNION SELECT l.adult_id FROM decided d
            JOIN hub.family_link l ON l.child_id = d.found_child AND l.retracted_at IS NULL
        UNION SELECT child_id FROM proposed
        UNION SELECT l.adult_id FROM proposed p
            JOIN hub.family_link l ON l.child_id = p.child_id AND l.retracted_at IS NULL
    ) persons WHERE person_id IS NOT NULL
$$;


ALTER TABLE hub.coming_of_age ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.coming_of_age TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY worker_job ON hub.coming_of_age TO unefois_worker
    USING (child_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
-- How long papers wait with the record of somebody who does not come is a matter of retention.
CREATE POLICY worker_purpose ON hub.coming_of_age FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
GRANT SELECT, INSERT, UPDATE (told_at, ended_at, passed_at) ON hub.coming_of_age TO unefois_worker;
GRANT SELECT, UPDATE (ended_at, ended_by) ON hub.partner_link TO unefois_worker;

-- Two records of one child -----------------------------------------------------------------------------------------------

CREATE UNIQUE INDEX review_child_merge_once ON hub.review (kind, least(child_id, other_id), greatest(child_id, other_id))
    WHERE kind IN ('child_merge', 'child_part') AND state = 'waiting';

-- Lets the lines of one file go on in another of the same year; where both had the payer's line with a body, one rests.
CREATE FUNCTION hub.move_lines(of_merge uuid, from_file uuid, to_file uuid) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
    number uuid;
BEGIN
    FOR one IN SELECT * FROM hub.enrolment_line WHERE file_id = from_file ORDER BY retracted_at NULLS FIRST LOOP
        BEGIN
            UPDATE hub.enrolment_line SET file_id = to_file WHERE line_id = one.line_id;
            INSERT INTO hub.person_merge_item VALUES (of_merge, 'passed', 'hub.enrolment_line', one.line_id);
        EXCEPTION WHEN unique_violation OR exclusion_violation THEN
            UPDATE hub.enrolment_line SET retracted_at = now() WHERE line_id = one.line_id;
            INSERT INTO hub.person_merge_item VALUES (of_merge, 'rests', 'hub.enrolment_line', one.line_id);
            FOR number IN UPDATE hub.request SET state = 'closed' WHERE line_id = one.line_id AND state = 'pending'
                RETURNING request_id
            LOOP
                INSERT INTO hub.person_merge_item VALUES (of_merge, 'closed', 'hub.request', number);
            END LOOP;
            INSERT INTO hub.line_succession
            SELECT one.line_id, l.line_id, of_merge FROM hub.enrolment_line l
            WHERE l.file_id = to_file AND l.service = one.service AND l.body = one.body AND l.payer_id = one.payer_id
                AND l.retracted_at IS NULL
            ORDER BY l.valid_until DESC LIMIT 1
            ON CONFLICT (line_id) DO UPDATE SET survivor_line_id = excluded.survivor_line_id, merge_id = of_merge;
            INSERT INTO hub.pseudonym
            SELECT one.body, 'file', s.survivor_line_id, gen_random_uuid() FROM hub.line_succession s
            WHERE s.line_id = one.line_id AND EXISTS (SELECT FROM hub.partner p WHERE p.siret = one.body)
            ON CONFLICT DO NOTHING;
        END;
    END LOOP;
END $$;

-- Carries out what two agents decided of two records of one child, once; returns the merge, or nothing.
CREATE FUNCTION hub.merge_children(of_review uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stays uuid;
    goes uuid;
    one record;
    made uuid := gen_random_uuid();
BEGIN
    SELECT r.child_id, r.other_id INTO stays, goes FROM hub.review r
    WHERE r.review_id = of_review AND hub.two_agents_said(of_review, 'child_merge')
        AND NOT EXISTS (SELECT FROM hub.account a WHERE a.person_id IN (r.child_id, r.other_id))
        AND NOT EXISTS (SELECT FROM hub.coming_of_age g WHERE g.child_id IN (r.child_id, r.other_id) AND g.ended_at IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM hub.person_merge m
            WHERE m.source_review = of_review OR (m.parted_at IS NULL AND m.merged_id IN (r.child_id, r.other_id))
        );
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO hub.person_merge (merge_id, survivor_id, merged_id, source_review, merged_at, kind)
        VALUES (made, stays, goes, of_review, now(), 'children');
    -- What a judgment ended stays ended, whichever record it was about.
    FOR one IN SELECT own.link_id FROM hub.family_link own JOIN hub.family_link other
            ON other.adult_id = own.adult_id AND other.child_id = goes AND other.retracted_at IS NULL
        WHERE own.child_id = stays AND own.retracted_at IS NULL
            AND other.authority = 'withdrawn' AND own.authority <> 'withdrawn'
    LOOP
        UPDATE hub.family_link SET retracted_at = now() WHERE link_id = one.link_id;
        INSERT INTO hub.person_merge_item VALUES (made, 'rests', 'hub.family_link', one.link_id);
    END LOOP;
    FOR one IN SELECT link_id FROM hub.family_link WHERE child_id = goes LOOP
        BEGIN
            UPDATE hub.family_link SET child_id = stays WHERE link_id = one.link_id;
            INSERT INTO hub.person_merge_item VALUES (made, 'passed', 'hub.family_link', one.link_id);
        EXCEPTION WHEN unique_violation THEN
            UPDATE hub.family_link SET retracted_at = now() WHERE link_id = one.link_id;
            INSERT INTO hub.person_merge_item VALUES (made, 'rests', 'hub.family_link', one.link_id);
        END;
    END LOOP;
    FOR one IN SELECT f.file_id, own.file_id AS beside FROM hub.school_file f
        LEFT JOIN hub.school_file own ON own.child_id = stays AND own.school_year = f.school_year WHERE f.child_id = goes
    LOOP
        IF one.beside IS NULL THEN
            UPDATE hub.school_file SET child_id = stays WHERE file_id = one.file_id;
            INSERT INTO hub.person_merge_item VALUES (made, 'passed', 'hub.school_file', one.file_id);
        ELSE
            PERFORM hub.move_lines(made, one.file_id, one.beside);
        END IF;
    END LOOP;
    FOR one IN SELECT link_id FROM hub.partner_link WHERE child_id = goes LOOP
        BEGIN
            UPDATE hub.partner_link SET child_id = stays WHERE link_id = one.link_id;
            INSERT INTO hub.person_merge_item VALUES (made, 'passed', 'hub.partner_link', one.link_id);
        EXCEPTION WHEN unique_violation THEN
            NULL;  -- The same adult linked the same partner to both: the link of the record that goes on says it.
        END;
    END LOOP;
    -- A partner that has a name for the one is to be told its name for the other.
    INSERT INTO hub.pseudonym SELECT p.siret, 'child', stays, gen_random_uuid() FROM hub.pseudonym p
        WHERE p.kind = 'child' AND p.subject_id = goes ON CONFLICT DO NOTHING;
    DELETE FROM hub.link_code WHERE child_id = goes;
    RETURN made;
END $$;

-- Takes such a merge back, by two agents' decision: what passed returns, what rested goes on. What came since stays.
CREATE FUNCTION hub.part_children(of_review uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    undone record;
    one record;
BEGIN
    UPDATE hub.person_merge m SET parted_at = now(), part_asked_at = coalesce(part_asked_at, now()) FROM hub.review r
    WHERE r.review_id = of_review AND hub.two_agents_said(of_review, 'child_part') AND m.kind = 'children'
        AND m.survivor_id = r.child_id AND m.merged_id = r.other_id AND m.parted_at IS NULL
    RETURNING m.* INTO undone;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    FOR one IN SELECT * FROM hub.person_merge_item WHERE merge_id = undone.merge_id ORDER BY kind = 'rests' LOOP
        BEGIN
            CASE one.kind || ' ' || one.place
            WHEN 'passed hub.family_link' THEN
                UPDATE hub.family_link SET child_id = undone.merged_id WHERE link_id = one.row_id;
            WHEN 'passed hub.school_file' THEN
                UPDATE hub.school_file SET child_id = undone.merged_id WHERE file_id = one.row_id;
            WHEN 'passed hub.partner_link' THEN
                UPDATE hub.partner_link SET child_id = undone.merged_id WHERE link_id = one.row_id;
            WHEN 'passed hub.enrolment_line' THEN
                UPDATE hub.enrolment_line l SET file_id = before.file_id
                FROM hub.school_file now_in JOIN hub.school_file before ON before.school_year = now_in.school_year
                WHERE l.line_id = one.row_id AND now_in.file_id = l.file_id AND before.child_id = undone.merged_id;
            WHEN 'rests hub.family_link' THEN
                UPDATE hub.family_link SET retracted_at = NULL WHERE link_id = one.row_id;
            WHEN 'rests hub.enrolment_line' THEN
                UPDATE hub.enrolment_line SET retracted_at = NULL WHERE line_id = one.row_id;
            WHEN 'closed hub.request' THEN
                UPDATE hub.request SET state = 'pending' WHERE request_id = one.row_id AND state = 'closed';
            END CASE;
        EXCEPTION WHEN unique_violation OR exclusion_violation THEN
            NULL;  -- Something newer says the same: it stands.
        END;
    END LOOP;
    DELETE FROM hub.line_succession WHERE merge_id = undone.merge_id;
    RETURN undone.merge_id;
END $$;

-- A partner's own name of the child whose record goes on in place of the one it names; nothing where that one goes on.
CREATE FUNCTION hub.surviving_subject(of_partner text, named uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.value FROM hub.pseudonym p
    JOIN hub.person_merge m ON m.merged_id = p.subject_id AND m.kind = 'children' AND m.parted_at IS NULL
    JOIN hub.pseudonym s ON s.siret = p.siret AND s.kind = 'child' AND s.subject_id = m.survivor_id
    WHERE p.siret = of_partner AND p.kind = 'child' AND p.value = named
$$;

REVOKE EXECUTE ON FUNCTION hub.two_agents_said(uuid, text), hub.move_lines(uuid, uuid, uuid), hub.merge_children(uuid),
    hub.part_children(uuid), hub.surviving_subject(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.merge_children(uuid), hub.part_children(uuid) TO unefois_worker;
GRANT EXECUTE ON FUNCTION hub.surviving_subject(text, uuid) TO unefois_release;

-- Children whose links are shown: those the person stands for today; of an agent, those whom a review can be about that
-- they have taken, with homonyms born the same day, and
-- the second record of one child.
CREATE OR REPLACE FUNCTION hub.children_shown() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS (
        SELECT r.child_id, r.other_id, r.kind FROM hub.review r
        JOIN hub.agent_role a ON a.agent_id = r.claimed_by AND a.body = r.body AND a.withdrawn_at IS NULL
        WHERE r.claimed_by = nullif(current_setting('unefois.agent', true), '')::uuid
            AND r.state = 'waiting' AND r.claimed_until > now() AND r.child_id IS NOT NULL
    )
    SELECT coalesce(array_agg(child_id), '{}') FROM (
        SELECT child_id FROM hub.family_link
        WHERE adult_id = nullif(current_setting('unefois.person', true), '')::uuid
            AND retracted_at IS NULL AND authority <> 'withdrawn'
            AND valid_from <= (now() AT TIME ZONE 'Europe/Paris')::date
            AND coalesce(valid_until >= (now() AT TIME ZONE 'Europe/Paris')::date, true)
        UNION SELECT child_id FROM taken
        UNION SELECT other_id FROM taken WHERE kind IN ('child_merge', 'child_part')
        UNION SELECT l.child_id FROM taken t
            JOIN hub.civil_status own ON own.person_id = t.child_id AND own.retracted_at IS NULL
            JOIN hub.civil_status twin ON twin.match_key = own.match_key AND twin.retracted_at IS NULL
            JOIN hub.family_link l ON l.child_id = twin.person_id AND l.retracted_at IS NULL
            WHERE t.kind = 'family_link'
    ) children
$$;

-- That a child's record took over another one of the same child, to who stands for the child.
CREATE POLICY door_child ON hub.person_merge FOR SELECT TO unefois_door
    USING (kind = 'children' AND survivor_id = ANY ((SELECT hub.children_shown())::uuid[]));

-- An e-mail address is proved before it is used ----------------------------------------------------------------------------

ALTER TABLE hub.telephone_check RENAME TO contact_check;
ALTER TABLE hub.contact_check RENAME COLUMN number TO value;
ALTER TABLE hub.contact_check DROP CONSTRAINT telephone_check_number_check,
    ADD COLUMN channel text NOT NULL DEFAULT 'telephone' CHECK (channel IN ('telephone', 'email')),
    ADD CONSTRAINT contact_check_value CHECK (CASE channel
        WHEN 'telephone' THEN value ~ '^\+[1-9][0-9]{6,14}$' ELSE value LIKE '%_@_%' END);
ALTER TABLE hub.contact_check ALTER COLUMN channel DROP DEFAULT;
DROP INDEX hub.telephone_check_number;
CREATE INDEX contact_check_value_asked ON hub.contact_check (lower(value), asked_at);
-- However it is written: nobody's box is filled by changing capitals.
CREATE OR REPLACE FUNCTION hub.codes_sent(asked text, since timestamptz) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT count(*) FROM hub.contact_check WHERE lower(value) = lower(asked) AND asked_at > since';
ALTER TABLE hub.contact DROP CONSTRAINT contact_verified,
    ADD CONSTRAINT contact_verified CHECK (verified_at IS NULL OR channel IN ('telephone', 'email'));

-- A helper may look at papers, where the person said so -------------------------------------------------------------------

ALTER TABLE hub.mandate_theme DROP CONSTRAINT mandate_theme_theme_check,
    ADD CONSTRAINT mandate_theme_theme_check CHECK (theme IN ('papers', 'school', 'home', 'opening'));
ALTER TABLE hub.preview_ticket ADD COLUMN mandate_id uuid REFERENCES hub.mandate;
-- Whether a mandate lets its helper look now: asked by the door that opens, which is shown no mandate.
CREATE FUNCTION hub.mandate_opens(of_mandate uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM hub.mandate m JOIN hub.mandate_theme t USING (mandate_id)
        WHERE m.mandate_id = of_mandate AND m.ended_at IS NULL AND hub.lasts(m.valid_until)
            AND t.theme = 'opening' AND t.revoked_at IS NULL
    )
$$;
REVOKE EXECUTE ON FUNCTION hub.mandate_opens(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.mandate_opens(uuid) TO unefois_release;

-- An agent who welcomes families may be the helper of a mandate -----------------------------------------------------------

ALTER TABLE hub.mandate
    ADD COLUMN helper_agent uuid REFERENCES hub.agent,
    -- The body at whose counter the agent helps: they do as long as they welcome families there.
    ADD COLUMN helper_body text CHECK (helper_body ~ '^\d{14}$'),
    DROP CONSTRAINT mandate_check1,
    ADD CONSTRAINT mandate_helper CHECK (
        (helper_agent IS NULL) = (helper_body IS NULL) AND (helper_id IS NULL OR helper_agent IS NULL)
        AND (coalesce(helper_id, helper_agent) IS NULL) = (accepted_at IS NULL)
        AND (accepted_at IS NULL) = (helper_name IS NULL)
    );
DROP INDEX hub.mandate_locator;
CREATE UNIQUE INDEX mandate_locator ON hub.mandate (locator) WHERE accepted_at IS NULL AND ended_at IS NULL;
CREATE INDEX mandate_agent ON hub.mandate (helper_agent) WHERE helper_agent IS NOT NULL;
DROP POLICY door_code ON hub.mandate;
CREATE POLICY door_code ON hub.mandate TO unefois_door
    USING (helper_id IS NULL AND helper_agent IS NULL AND locator = (SELECT vault.standing('ticket')));
CREATE POLICY door_agent ON hub.mandate TO unefois_door
    USING (helper_agent = (SELECT vault.standing('agent'))::uuid);
GRANT UPDATE (helper_agent, helper_body) ON hub.mandate TO unefois_door;

-- The session in which an agent acts for somebody: of its token only the digest lies here.
CREATE TABLE hub.agent_helping (
    token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
    agent_id uuid NOT NULL REFERENCES hub.agent,
    mandate_id uuid NOT NULL REFERENCES hub.mandate,
    expires_at timestamptz NOT NULL
);
CREATE INDEX agent_helping_expiry ON hub.agent_helping (expires_at);
ALTER TABLE hub.agent_helping ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.agent_helping TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_session ON hub.agent_helping TO unefois_door
    USING (token_digest = decode((SELECT vault.standing('session')), 'hex'));
CREATE POLICY worker_sweeps ON hub.agent_helping TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
GRANT SELECT, INSERT, DELETE ON hub.agent_helping TO unefois_door;
GRANT SELECT (expires_at), DELETE ON hub.agent_helping TO unefois_worker;
