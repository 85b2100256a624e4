-- School files, their lines and requests, and what is known for them (ADR 0029): shown to who pays or asks, to who has to
-- confirm, to the body of the line, to the agents of a review about it, and to the job about the family.

DO $$
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'hub.school_file', 'hub.enrolment_line', 'hub.request', 'hub.ask', 'hub.fit', 'hub.satisfaction', 'hub.evidence',
        'hub.evidence_request', 'hub.confirmation'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY owner ON %s TO CURRENT_USER USING (session_user <> current_user'
            ' OR (SELECT vault.standing(''purpose'')) IN (''migration'', ''backup''))', one
        );
        -- What is done for no one person, and changes what is judged of families.
        EXECUTE format(
            'CREATE POLICY worker_purpose ON %s TO unefois_worker USING ((SELECT vault.standing(''purpose''))'
            ' IN (''reevaluation'', ''retention'', ''safety'', ''restoring''))', one
        );
        EXECUTE format(
            'CREATE POLICY owner_breach ON %s FOR SELECT TO CURRENT_USER'
            ' USING ((SELECT vault.standing(''purpose'')) = ''breach'')', one
        );
    END LOOP;
    -- What is written to families stands as long as what was asked does.
    FOREACH one IN ARRAY ARRAY['hub.enrolment_line', 'hub.request', 'hub.satisfaction']::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY worker_tells ON %s FOR SELECT TO unefois_worker'
            ' USING ((SELECT vault.standing(''purpose'')) = ''telling'')', one
        );
    END LOOP;
END $$;

-- Reviews are looked up by what they are about, row by row.
CREATE INDEX review_document ON hub.review (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX review_line ON hub.review (line_id) WHERE line_id IS NOT NULL;

-- Questions that go across persons -------------------------------------------------------------------------------------

-- Lines about whose request the person has to say whether they agree.
CREATE FUNCTION hub.lines_to_confirm() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(q.line_id), '{}') FROM hub.confirmation c JOIN hub.request q USING (request_id)
    WHERE c.guardian_id = nullif(current_setting('unefois.person', true), '')::uuid AND q.state = 'pending'
$$;

-- How often families were asked for something, by service: figures that the City publishes.
CREATE FUNCTION hub.asks_by_service() RETURNS TABLE (service text, asked bigint) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT l.service, count(*) FROM hub.ask a JOIN hub.enrolment_line l USING (line_id) GROUP BY l.service';

REVOKE EXECUTE ON FUNCTION hub.lines_to_confirm(), hub.asks_by_service() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.lines_to_confirm() TO unefois_door;
GRANT EXECUTE ON FUNCTION hub.asks_by_service() TO unefois_door, unefois_release;

-- Lines: everything else of a file hangs on them ------------------------------------------------------------------------

CREATE POLICY door_person ON hub.enrolment_line TO unefois_door
    USING (payer_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY release_person ON hub.enrolment_line FOR SELECT TO unefois_release
    USING (payer_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_confirms ON hub.enrolment_line FOR SELECT TO unefois_door
    USING (line_id = ANY ((SELECT hub.lines_to_confirm())::uuid[]));
CREATE POLICY agent ON hub.enrolment_line FOR SELECT TO unefois_door, unefois_release
    USING (EXISTS (
        SELECT FROM hub.review r JOIN hub.agent_role a ON a.body = r.body AND a.withdrawn_at IS NULL
        WHERE r.line_id = enrolment_line.line_id AND a.agent_id = (SELECT vault.standing('agent'))::uuid
    ));
CREATE POLICY door_visit ON hub.enrolment_line FOR SELECT TO unefois_door
    USING (payer_id = ANY ((SELECT hub.visitors())::uuid[]));
CREATE POLICY partner ON hub.enrolment_line FOR SELECT TO unefois_release, unefois_pipelines
    USING (body = (SELECT vault.standing('partner')));
CREATE POLICY worker_job ON hub.enrolment_line FOR SELECT TO unefois_worker
    USING (payer_id = ANY ((SELECT hub.persons_of_job())::uuid[]));

CREATE POLICY door_person ON hub.school_file TO unefois_door
    USING (child_id = ANY ((SELECT hub.children_shown())::uuid[]));
CREATE POLICY with_line ON hub.school_file FOR SELECT TO unefois_door, unefois_release, unefois_worker, unefois_pipelines
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.file_id = school_file.file_id));

CREATE POLICY door_person ON hub.request TO unefois_door
    USING (requester_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY with_line ON hub.request FOR SELECT TO unefois_door, unefois_release, unefois_worker, unefois_pipelines
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = request.line_id));

-- What is known for a line: to its payer, and not to who only confirms it.
CREATE POLICY door_person ON hub.satisfaction TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = satisfaction.line_id AND l.payer_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY door_agent ON hub.satisfaction FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.enrolment_line l WHERE l.line_id = satisfaction.line_id
    ));
CREATE POLICY with_line ON hub.satisfaction TO unefois_release, unefois_worker, unefois_pipelines
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = satisfaction.line_id));
CREATE POLICY door_person ON hub.fit FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = fit.line_id AND l.payer_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY with_line ON hub.fit TO unefois_release, unefois_worker, unefois_pipelines
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = fit.line_id));
CREATE POLICY door_person ON hub.ask FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = ask.line_id AND l.payer_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY door_agent ON hub.ask FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.enrolment_line l WHERE l.line_id = ask.line_id
    ));
CREATE POLICY with_line ON hub.ask TO unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = ask.line_id));
CREATE POLICY worker_tells ON hub.ask TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');

-- A request's confirmations: to who has to give one, and to who asked; to its body and its agents as a hindrance.
CREATE POLICY door_guardian ON hub.confirmation TO unefois_door
    USING (guardian_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_person ON hub.confirmation TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.request q
        WHERE q.request_id = confirmation.request_id AND q.requester_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY door_agent ON hub.confirmation FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.request q WHERE q.request_id = confirmation.request_id
    ));
CREATE POLICY with_request ON hub.confirmation TO unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM hub.request q WHERE q.request_id = confirmation.request_id));

-- Evidence --------------------------------------------------------------------------------------------------------------

CREATE POLICY own ON hub.evidence TO unefois_door, unefois_release
    USING (holder_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY agent ON hub.evidence FOR SELECT TO unefois_door, unefois_release
    USING (EXISTS (
        SELECT FROM hub.review r JOIN hub.agent_role a ON a.body = r.body AND a.withdrawn_at IS NULL
        WHERE r.document_id = evidence.document_id AND a.agent_id = (SELECT vault.standing('agent'))::uuid
    ));
-- That a paper is evidence must be known where it is looked at, or the look would not be written down as a release.
CREATE POLICY release_ticket ON hub.evidence FOR SELECT TO unefois_release
    USING (document_id = (
        SELECT t.document_id FROM hub.preview_ticket t
        WHERE t.ticket_digest = decode((SELECT vault.standing('ticket')), 'hex')
    ));
-- That somebody who pays a line of a body has evidence, and which kind; what was pulled for another body the gate refuses
-- by name, so that the family reads it, and its paper and key stay hidden.
CREATE POLICY partner ON hub.evidence FOR SELECT TO unefois_release, unefois_pipelines
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.payer_id = evidence.holder_id AND l.body = (SELECT vault.standing('partner')) AND l.retracted_at IS NULL
    ));
CREATE POLICY worker_job ON hub.evidence TO unefois_worker
    USING (holder_id = ANY ((SELECT hub.persons_of_job())::uuid[]));

-- A body's own questions.
CREATE POLICY partner ON hub.evidence_request TO unefois_release
    USING (siret = (SELECT vault.standing('partner')));
REVOKE SELECT ON hub.evidence_request FROM unefois_worker;
