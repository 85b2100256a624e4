-- Persons, their accounts and sessions, homes and families (ADR 0029): shown to themselves, to whoever stands for them, to
-- the agent who has taken a review of theirs, and to the job about them.

DO $$
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'hub.person', 'hub.civil_status', 'hub.contact', 'hub.residence', 'hub.residence_question', 'hub.family_link',
        'hub.family_claim', 'hub.account', 'hub.session', 'hub.death', 'hub.life_event', 'hub.agent_session'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY owner ON %s TO CURRENT_USER USING (session_user <> current_user'
            ' OR (SELECT vault.standing(''purpose'')) IN (''migration'', ''backup''))', one
        );
    END LOOP;
    -- What is done for no one person, and changes what is judged of families.
    FOREACH one IN ARRAY ARRAY[
        'hub.civil_status', 'hub.contact', 'hub.residence', 'hub.residence_question', 'hub.family_link', 'hub.family_claim',
        'hub.death'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY worker_purpose ON %s TO unefois_worker USING ((SELECT vault.standing(''purpose''))'
            ' IN (''reevaluation'', ''retention'', ''safety'', ''restoring''))', one
        );
    END LOOP;
END $$;

-- What a partner wrote is looked up for a job by its owner too.
DROP POLICY owner ON hub.link_proposal;
CREATE POLICY owner ON hub.link_proposal TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));

-- Questions that go across persons, each answered by a function that answers this one and shows no row ------------------

-- The account of an identity that a provider has just vouched for.
CREATE FUNCTION hub.account_of(of_issuer text, of_subject text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT account_id FROM hub.account WHERE issuer = of_issuer AND subject = of_subject';

-- Linked children of these names and date of birth, the longest known first: whether somebody stands for a child already
-- must not depend on who asks.
CREATE FUNCTION hub.children_with(key text) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(person_id ORDER BY since, person_id), '{}') FROM (
        SELECT c.person_id, min(l.recorded_at) AS since
        FROM hub.civil_status c JOIN hub.family_link l ON l.child_id = c.person_id AND l.retracted_at IS NULL
        WHERE c.match_key = key AND c.retracted_at IS NULL GROUP BY c.person_id
    ) known
$$;

-- Who stands for a child today, in the order in which their links were written down.
CREATE FUNCTION hub.guardians_of(child uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(adult_id ORDER BY recorded_at, link_id), '{}') FROM hub.family_link
    WHERE child_id = child AND retracted_at IS NULL AND authority <> 'withdrawn'
        AND valid_from <= (now() AT TIME ZONE 'Europe/Paris')::date
        AND coalesce(valid_until >= (now() AT TIME ZONE 'Europe/Paris')::date, true)
$$;

-- Whether anything hangs on a person, for a sign-in that would join two accounts.
DROP FUNCTION hub.holds_papers(uuid);
CREATE FUNCTION hub.holds_something(whose uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM vault.document WHERE holder_id = whose)
        OR EXISTS (SELECT FROM hub.family_link WHERE adult_id = whose OR child_id = whose)
        OR EXISTS (SELECT FROM hub.family_claim WHERE adult_id = whose)
        OR EXISTS (SELECT FROM hub.review WHERE adult_id = whose)
        OR EXISTS (SELECT FROM hub.residence WHERE person_id = whose)
        OR EXISTS (SELECT FROM hub.contact WHERE person_id = whose)
$$;

-- Children whose links are shown: those the person stands for today; of an agent, those whom a review can be about that
-- they have taken, with homonyms born the same day.
CREATE FUNCTION hub.children_shown() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS (
        SELECT r.child_id, r.kind FROM hub.review r
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
        UNION SELECT l.child_id FROM taken t
            JOIN hub.civil_status own ON own.person_id = t.child_id AND own.retracted_at IS NULL
            JOIN hub.civil_status twin ON twin.match_key = own.match_key AND twin.retracted_at IS NULL
            JOIN hub.family_link l ON l.child_id = twin.person_id AND l.retracted_at IS NULL
            WHERE t.kind = 'family_link'
    ) children
$$;

-- Whose names are shown: one's own, one's children's, and of who asks one to confirm something for a child of both; to an
-- agent, of whom a review is about that they have taken, and of whom they have at the counter.
CREATE FUNCTION hub.persons_shown() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
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

-- Whom a job may touch: whose papers it may, their children and those of their lines, whom agents' decision names, and who
-- can be meant by a civil status that a partner put.
CREATE FUNCTION hub.persons_of_job() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
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
            JOIN hub.family_link l ON l.adult_id = h.person_id AND l.retracted_at IS NULL
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

REVOKE EXECUTE ON FUNCTION hub.account_of(text, text), hub.children_with(text),
    hub.guardians_of(uuid), hub.holds_something(uuid), hub.children_shown(), hub.persons_shown(), hub.persons_of_job()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.account_of(text, text), hub.children_with(text),
    hub.guardians_of(uuid), hub.holds_something(uuid), hub.children_shown(), hub.persons_shown() TO unefois_door;
GRANT EXECUTE ON FUNCTION hub.children_with(text), hub.guardians_of(uuid), hub.persons_of_job() TO unefois_worker;

-- Who is signed in is looked up in place, and not by a function: every request asks it first.

-- Persons ---------------------------------------------------------------------------------------------------------------

CREATE POLICY door_person ON hub.person TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.person FOR SELECT TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));
-- A child whom nobody knew: a job alone writes one down.
CREATE POLICY worker_writes ON hub.person FOR INSERT TO unefois_worker
    WITH CHECK ((SELECT vault.standing('job')) IS NOT NULL);
REVOKE SELECT ON hub.person FROM unefois_pipelines;

CREATE POLICY door_person ON hub.civil_status TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_session ON hub.civil_status FOR SELECT TO unefois_door
    USING (person_id = (
        SELECT a.person_id FROM hub.session s JOIN hub.account a ON a.account_id = s.account_id
        WHERE s.token_digest = decode((SELECT vault.standing('session')), 'hex') AND s.expires_at > now()
    ));
CREATE POLICY door_shown ON hub.civil_status FOR SELECT TO unefois_door
    USING (person_id = ANY ((SELECT hub.persons_shown())::uuid[]));
CREATE POLICY release_person ON hub.civil_status FOR SELECT TO unefois_release
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.civil_status FOR SELECT TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));
CREATE POLICY worker_writes ON hub.civil_status FOR INSERT TO unefois_worker
    WITH CHECK ((SELECT vault.standing('job')) IS NOT NULL);
CREATE POLICY worker_tells ON hub.civil_status FOR SELECT TO unefois_worker
    USING (
        (SELECT vault.standing('purpose')) = 'telling' AND person_id = (SELECT vault.standing('person'))::uuid
    );
-- A body is handed the names of the children in whose files it has a line.
CREATE POLICY pipelines_partner ON hub.civil_status FOR SELECT TO unefois_pipelines
    USING (EXISTS (
        SELECT FROM hub.school_file f JOIN hub.enrolment_line l USING (file_id)
        WHERE f.child_id = civil_status.person_id AND l.body = (SELECT vault.standing('partner'))
            AND l.retracted_at IS NULL
    ));

CREATE POLICY door_person ON hub.contact TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.contact TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));
CREATE POLICY door_agent ON hub.contact TO unefois_door
    USING (person_id = ANY ((SELECT hub.visitors())::uuid[]));
CREATE POLICY worker_tells ON hub.contact FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');

CREATE POLICY door_person ON hub.residence TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.residence TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));
CREATE POLICY door_person ON hub.residence_question TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.residence_question TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));

CREATE POLICY door_person ON hub.life_event TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);

-- Who has died must be known to whoever would act for them, write to them or sign them in.
CREATE POLICY door_session ON hub.death FOR SELECT TO unefois_door
    USING (person_id = (
        SELECT a.person_id FROM hub.session s JOIN hub.account a ON a.account_id = s.account_id
        WHERE s.token_digest = decode((SELECT vault.standing('session')), 'hex') AND s.expires_at > now()
    ));
CREATE POLICY door_shown ON hub.death FOR SELECT TO unefois_door
    USING (person_id = ANY ((SELECT hub.persons_shown())::uuid[]));
CREATE POLICY release_partner ON hub.death FOR SELECT TO unefois_release
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.payer_id = death.person_id AND l.body = (SELECT vault.standing('partner'))
    ));
CREATE POLICY worker_job ON hub.death TO unefois_worker
    USING (person_id = ANY ((SELECT hub.persons_of_job())::uuid[]));
CREATE POLICY worker_tells ON hub.death FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');

-- Families --------------------------------------------------------------------------------------------------------------

CREATE POLICY door_person ON hub.family_link FOR SELECT TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_shown ON hub.family_link FOR SELECT TO unefois_door
    USING (child_id = ANY ((SELECT hub.children_shown())::uuid[]));
-- Whether two guardians have to agree is asked at each release of a line's papers.
CREATE POLICY release_partner ON hub.family_link FOR SELECT TO unefois_release
    USING (EXISTS (
        SELECT FROM hub.school_file f JOIN hub.enrolment_line l USING (file_id)
        WHERE f.child_id = family_link.child_id AND l.body = (SELECT vault.standing('partner'))
            AND l.retracted_at IS NULL
    ));
CREATE POLICY worker_job ON hub.family_link TO unefois_worker
    USING (
        adult_id = ANY ((SELECT hub.persons_of_job())::uuid[]) OR child_id = ANY ((SELECT hub.persons_of_job())::uuid[])
    );

CREATE POLICY door_person ON hub.family_claim TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_agent ON hub.family_claim FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND adult_id = ANY ((SELECT hub.persons_shown())::uuid[]));
CREATE POLICY worker_job ON hub.family_claim TO unefois_worker
    USING (adult_id = ANY ((SELECT hub.persons_of_job())::uuid[]));

-- Accounts and sessions -------------------------------------------------------------------------------------------------

-- « account »: the one that a provider has vouched for in this very sign-in.
CREATE POLICY door_person ON hub.account TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid OR account_id = (SELECT vault.standing('account'))::uuid);
CREATE POLICY door_session ON hub.account FOR SELECT TO unefois_door
    USING (account_id = (
        SELECT s.account_id FROM hub.session s WHERE s.token_digest = decode((SELECT vault.standing('session')), 'hex')
    ));

CREATE POLICY door_session ON hub.session TO unefois_door
    USING (token_digest = decode((SELECT vault.standing('session')), 'hex'));
CREATE POLICY door_session ON hub.agent_session TO unefois_door
    USING (token_digest = decode((SELECT vault.standing('session')), 'hex'));
-- What is over is swept away.
CREATE POLICY worker_sweeps ON hub.session TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
CREATE POLICY worker_sweeps ON hub.agent_session TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
CREATE POLICY owner_staff ON hub.agent_session TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'staff');
