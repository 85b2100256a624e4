-- Who has business with a paper, as far as the hub's tables say it (ADR 0029).

CREATE POLICY door_agent ON vault.document FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.review r JOIN hub.agent_role a ON a.body = r.body AND a.withdrawn_at IS NULL
        WHERE r.document_id = document.document_id AND a.agent_id = (SELECT vault.standing('agent'))::uuid
    ));

-- A ticket shows the one paper it is for, until it is spent.
CREATE POLICY release_ticket ON vault.document FOR SELECT TO unefois_release
    USING (document_id = (
        SELECT t.document_id FROM hub.preview_ticket t
        WHERE t.ticket_digest = decode((SELECT vault.standing('ticket')), 'hex')
    ));
-- A partner: papers of those who pay a line of theirs.
CREATE POLICY release_partner ON vault.document FOR SELECT TO unefois_release
    USING (EXISTS (
        SELECT FROM hub.evidence e JOIN hub.enrolment_line l ON l.payer_id = e.holder_id
        WHERE e.document_id = document.document_id AND e.withdrawn_at IS NULL
            AND coalesce(e.usable_by, l.body) = l.body
            AND l.body = (SELECT vault.standing('partner')) AND l.retracted_at IS NULL
    ));

-- Whose papers a job may touch: those of whom it is about, and of who has a child in common with them. The job is looked
-- up, not believed: a number that nobody is doing shows nothing.
CREATE FUNCTION hub.holders_of_job() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE job AS (
        SELECT (args ->> 'document_id')::uuid AS document_id, (args ->> 'adult_id')::uuid AS adult_id,
            (args ->> 'claim_id')::uuid AS claim_id, (args ->> 'review_id')::uuid AS review_id,
            (args ->> 'request_id')::uuid AS request_id
        FROM jobs.procrastinate_jobs
        WHERE id = nullif(current_setting('unefois.job', true), '')::bigint AND status = 'doing'
    ), family (person_id) AS (
        SELECT person_id FROM (
            SELECT d.holder_id AS person_id FROM job JOIN vault.document d USING (document_id)
            UNION SELECT adult_id FROM job WHERE adult_id IS NOT NULL
            UNION SELECT c.adult_id FROM job JOIN hub.family_claim c USING (claim_id)
            UNION SELECT r.adult_id FROM job JOIN hub.review r USING (review_id)
            UNION SELECT l.adult_id FROM job JOIN hub.review r USING (review_id)
                JOIN hub.family_link l ON l.child_id = r.child_id AND l.retracted_at IS NULL
            UNION SELECT q.requester_id FROM job JOIN hub.request q USING (request_id)
            UNION SELECT l.payer_id FROM job JOIN hub.request q USING (request_id) JOIN hub.enrolment_line l USING (line_id)
        ) about
        UNION
        SELECT other.adult_id FROM family f
            JOIN hub.family_link own ON own.adult_id = f.person_id AND own.retracted_at IS NULL
            JOIN hub.family_link other ON other.child_id = own.child_id AND other.retracted_at IS NULL
    )
    SELECT coalesce(array_agg(person_id), '{}') FROM family
$$;
REVOKE EXECUTE ON FUNCTION hub.holders_of_job() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.holders_of_job() TO unefois_worker;

-- Whether somebody has papers at all, for a sign-in that would join two accounts: no row of another is shown for it.
CREATE FUNCTION hub.holds_papers(whose uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT EXISTS (SELECT FROM vault.document WHERE holder_id = whose)';
REVOKE EXECUTE ON FUNCTION hub.holds_papers(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.holds_papers(uuid) TO unefois_door;

CREATE POLICY worker_job ON vault.document TO unefois_worker
    USING (holder_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
