-- The last tables that hold persons (ADR 0029): what was handed over and on what ground, what partners are told, reviews and
-- those who decide them, tickets, keys of retries, messages and exchanges. On a partner's way a policy compares a column of
-- the row itself, and looks nothing up.

ALTER TABLE hub.notice_given ADD COLUMN recipient text CHECK (recipient ~ '^\d{14}$');
UPDATE hub.notice_given n SET recipient = l.body
FROM hub.request q JOIN hub.enrolment_line l ON l.line_id = q.line_id WHERE q.request_id = n.request_id;
ALTER TABLE hub.notice_given ALTER COLUMN recipient SET NOT NULL;

ALTER TABLE hub.disclosure ADD COLUMN recipient text CHECK (recipient ~ '^\d{14}$');
UPDATE hub.disclosure d SET recipient = r.recipient FROM hub.release r WHERE r.release_id = d.release_id;
ALTER TABLE hub.disclosure ALTER COLUMN recipient SET NOT NULL;

-- For which body an exchange is held: the one its transaction works for. What is asked about one request has none.
ALTER TABLE hub.exchange ADD COLUMN siret text CHECK (siret ~ '^\d{14}$') DEFAULT vault.standing('partner');
UPDATE hub.exchange e SET siret = r.recipient FROM hub.release r WHERE r.exchange_id = e.exchange_id;
-- A file in which nothing was due names nobody; its binding has one body.
UPDATE hub.exchange e SET siret = o.siret FROM hub.exchange o
WHERE e.siret IS NULL AND o.binding = e.binding AND o.operation = e.operation AND o.siret IS NOT NULL;

DO $$
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'hub.agent', 'hub.agent_role', 'hub.authorisation_step', 'hub.case_copy', 'hub.delivery', 'hub.disclosure',
        'hub.exchange', 'hub.export_ticket', 'hub.idempotency', 'hub.message', 'hub.notice_given', 'hub.pending_sign_in',
        'hub.preview_ticket', 'hub.pseudonym', 'hub.receipt', 'hub.release', 'hub.reuse_grant', 'hub.review',
        'hub.review_opinion', 'hub.review_ticket', 'hub.rights_information'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY owner ON %s TO CURRENT_USER USING (session_user <> current_user'
            ' OR (SELECT vault.standing(''purpose'')) IN (''migration'', ''backup''))', one
        );
    END LOOP;
    FOREACH one IN ARRAY ARRAY[
        'hub.release', 'hub.case_copy', 'hub.exchange', 'hub.delivery', 'hub.pseudonym'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY owner_breach ON %s FOR SELECT TO CURRENT_USER'
            ' USING ((SELECT vault.standing(''purpose'')) = ''breach'')', one
        );
    END LOOP;
    -- A body's own, whichever process works for it.
    FOREACH one IN ARRAY ARRAY[
        'hub.release', 'hub.disclosure', 'hub.case_copy', 'hub.reuse_grant', 'hub.notice_given', 'hub.rights_information'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY partner ON %s TO unefois_release, unefois_pipelines'
            ' USING (recipient = (SELECT vault.standing(''partner'')))', one
        );
    END LOOP;
    CREATE POLICY partner ON hub.pseudonym TO unefois_release, unefois_pipelines
        USING (siret = (SELECT vault.standing('partner')));
    CREATE POLICY partner ON hub.delivery TO unefois_release
        USING (siret = (SELECT vault.standing('partner')));
    CREATE POLICY partner ON hub.exchange TO unefois_pipelines
        USING (siret = (SELECT vault.standing('partner')));
    -- A person's own.
    FOREACH one IN ARRAY ARRAY[
        'hub.receipt', 'hub.reuse_grant', 'hub.notice_given', 'hub.rights_information', 'hub.preview_ticket',
        'hub.export_ticket'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY door_person ON %s TO unefois_door'
            ' USING (person_id = (SELECT vault.standing(''person''))::uuid)', one
        );
    END LOOP;
    -- At the door that can open: their receipts go along with all they take away, and what a body could have is foreseen.
    FOREACH one IN ARRAY ARRAY['hub.receipt', 'hub.reuse_grant', 'hub.notice_given']::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY release_person ON %s FOR SELECT TO unefois_release'
            ' USING (person_id = (SELECT vault.standing(''person''))::uuid)', one
        );
    END LOOP;
    -- What is over is swept away; what lived for one purpose, and no longer does, ends.
    FOREACH one IN ARRAY ARRAY[
        'hub.export_ticket', 'hub.pending_sign_in', 'hub.review_ticket', 'hub.reuse_grant', 'hub.rights_information'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY worker_retention ON %s TO unefois_worker'
            ' USING ((SELECT vault.standing(''purpose'')) = ''retention'')', one
        );
    END LOOP;
    -- What tells of a paper goes with the paper, also of one found bad, and again where a backup brought it back.
    FOREACH one IN ARRAY ARRAY[
        'hub.release', 'hub.disclosure', 'hub.case_copy', 'hub.idempotency', 'hub.preview_ticket'
    ]::regclass[] LOOP
        EXECUTE format(
            'CREATE POLICY worker_purpose ON %s TO unefois_worker USING ((SELECT vault.standing(''purpose''))'
            ' IN (''retention'', ''safety'', ''restoring''))', one
        );
    END LOOP;
END $$;

-- Questions that are looked up, each by a function that answers this one and shows no row -------------------------------

-- For which bodies the agent has a role now.
CREATE FUNCTION hub.bodies_of_agent() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT body), '{}') FROM hub.agent_role
    WHERE agent_id = nullif(current_setting('unefois.agent', true), '')::uuid AND withdrawn_at IS NULL
$$;

-- Whether a review of one of these bodies is about a paper, or about a line.
CREATE FUNCTION hub.paper_reviewed(paper uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT EXISTS (SELECT FROM hub.review WHERE document_id = paper AND body = ANY (hub.bodies_of_agent()))';
CREATE FUNCTION hub.line_reviewed(line uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT EXISTS (SELECT FROM hub.review WHERE line_id = line AND body = ANY (hub.bodies_of_agent()))';

-- The paper a ticket shows, and whose it is.
CREATE FUNCTION hub.paper_of_ticket() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT document_id FROM hub.preview_ticket
    WHERE ticket_digest = decode(nullif(current_setting('unefois.ticket', true), ''), 'hex')
$$;
CREATE FUNCTION hub.holder_of_ticket() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT person_id FROM hub.preview_ticket
    WHERE ticket_digest = decode(nullif(current_setting('unefois.ticket', true), ''), 'hex')
$$;

-- The agent an identity provider has just vouched for: bound to this identity, or written down and bound to none yet.
CREATE FUNCTION hub.agent_of(of_issuer text, of_subject text, of_email text, of_siret text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH bound AS (
        SELECT agent_id, siret FROM hub.agent
        WHERE issuer = of_issuer AND subject = of_subject AND removed_at IS NULL
    )
    -- The establishment counts each time: whoever changed posts is no longer this agent.
    SELECT agent_id FROM bound WHERE siret = of_siret
    UNION ALL
    SELECT agent_id FROM hub.agent
    WHERE email = of_email AND siret = of_siret AND subject IS NULL AND removed_at IS NULL
        AND NOT EXISTS (SELECT FROM bound)
$$;

-- What a job is about, where policies need it by name: looked up, not believed.
CREATE FUNCTION hub.request_of_job() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (args ->> 'request_id')::uuid FROM jobs.procrastinate_jobs
    WHERE id = nullif(current_setting('unefois.job', true), '')::bigint AND status = 'doing'
$$;
CREATE FUNCTION hub.document_of_job() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (args ->> 'document_id')::uuid FROM jobs.procrastinate_jobs
    WHERE id = nullif(current_setting('unefois.job', true), '')::bigint AND status = 'doing'
$$;

REVOKE EXECUTE ON FUNCTION hub.bodies_of_agent(), hub.paper_reviewed(uuid), hub.line_reviewed(uuid), hub.paper_of_ticket(),
    hub.holder_of_ticket(), hub.agent_of(text, text, text, text), hub.request_of_job(), hub.document_of_job() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.bodies_of_agent(), hub.paper_reviewed(uuid), hub.line_reviewed(uuid)
    TO unefois_door, unefois_release;
GRANT EXECUTE ON FUNCTION hub.paper_of_ticket(), hub.holder_of_ticket() TO unefois_release;
GRANT EXECUTE ON FUNCTION hub.agent_of(text, text, text, text) TO unefois_door;
GRANT EXECUTE ON FUNCTION hub.request_of_job(), hub.document_of_job() TO unefois_worker;

-- The same questions were asked in place: in every statement that touches a paper, a partner's among them.
DROP POLICY door_agent ON vault.document;
CREATE POLICY door_agent ON vault.document FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND hub.paper_reviewed(document_id));
DROP POLICY release_ticket ON vault.document;
CREATE POLICY release_ticket ON vault.document FOR SELECT TO unefois_release
    USING (document_id = (SELECT hub.paper_of_ticket()));
DROP POLICY agent ON hub.evidence;
CREATE POLICY agent ON hub.evidence FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND hub.paper_reviewed(document_id));
DROP POLICY release_ticket ON hub.evidence;
CREATE POLICY release_ticket ON hub.evidence FOR SELECT TO unefois_release
    USING (document_id = (SELECT hub.paper_of_ticket()));
DROP POLICY agent ON hub.enrolment_line;
CREATE POLICY agent ON hub.enrolment_line FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND hub.line_reviewed(line_id));

-- What was handed over ---------------------------------------------------------------------------------------------------

-- One's own paper, by oneself: under the standing of an export, or by the ticket of a look.
CREATE POLICY release_own ON hub.release FOR INSERT TO unefois_release
    WITH CHECK (channel = 'own_copy' AND (
        recipient = (SELECT vault.standing('person')) OR recipient = (SELECT hub.holder_of_ticket())::text
    ));
CREATE POLICY release_agent ON hub.release FOR INSERT TO unefois_release
    WITH CHECK (channel = 'agent' AND recipient = ANY ((SELECT hub.bodies_of_agent())::text[]));
CREATE POLICY door_person ON hub.release FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.evidence e
        WHERE e.evidence_id = release.evidence_id AND e.holder_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY worker_job ON hub.release FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('job')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.evidence e WHERE e.evidence_id = release.evidence_id
    ));

CREATE POLICY door_person ON hub.disclosure FOR SELECT TO unefois_door
    USING (EXISTS (SELECT FROM hub.release r WHERE r.release_id = disclosure.release_id));
CREATE POLICY worker_job ON hub.disclosure TO unefois_worker
    USING ((SELECT vault.standing('job')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.release r WHERE r.release_id = disclosure.release_id
    ));
-- Nothing of the worker's hands anything over.
REVOKE INSERT ON hub.disclosure, hub.case_copy, hub.release FROM unefois_worker;

CREATE POLICY person ON hub.case_copy FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('person')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.evidence e
        WHERE e.evidence_id = case_copy.evidence_id AND e.holder_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY worker_job ON hub.case_copy FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('job')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.evidence e WHERE e.evidence_id = case_copy.evidence_id
    ));

REVOKE SELECT ON hub.receipt FROM unefois_worker;

-- Grounds ----------------------------------------------------------------------------------------------------------------

-- What the family allows a body, its agents see: what it does not allow is not in their queue.
CREATE POLICY agent ON hub.reuse_grant FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND recipient = ANY ((SELECT hub.bodies_of_agent())::text[]));
CREATE POLICY agent ON hub.notice_given FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND recipient = ANY ((SELECT hub.bodies_of_agent())::text[]));
REVOKE SELECT ON hub.notice_given FROM unefois_worker;
-- Who reads an authorisation reads its steps, and takes none of another's.
CREATE POLICY with_grant ON hub.authorisation_step TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM hub.reuse_grant g WHERE g.grant_id = authorisation_step.grant_id));

-- What partners are told -------------------------------------------------------------------------------------------------

-- A name is coined, and word left, for a body of a line or child that whoever does it is shown.
CREATE POLICY with_line ON hub.pseudonym TO unefois_door
    USING (kind = 'file' AND EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = subject_id AND l.body = siret));
CREATE POLICY worker_with_line ON hub.pseudonym TO unefois_worker
    USING (kind = 'file' AND (
        (SELECT vault.standing('job')) IS NOT NULL
        OR (SELECT vault.standing('purpose')) IN ('reevaluation', 'retention', 'safety', 'restoring')
    ) AND EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = subject_id AND l.body = siret));
CREATE POLICY with_link ON hub.pseudonym TO unefois_door, unefois_worker
    USING (kind = 'child' AND EXISTS (
        SELECT FROM hub.partner_link k WHERE k.child_id = subject_id AND k.siret = pseudonym.siret
    ));
CREATE POLICY with_subject ON hub.delivery FOR INSERT TO unefois_door, unefois_worker
    WITH CHECK (EXISTS (
        SELECT FROM hub.pseudonym p WHERE p.value = delivery.subject AND p.siret = delivery.siret
    ));
REVOKE SELECT ON hub.delivery FROM unefois_door;
CREATE POLICY worker_sends ON hub.delivery TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'sending');

-- Agents and reviews -----------------------------------------------------------------------------------------------------

CREATE POLICY owner_staff ON hub.agent TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'staff');
CREATE POLICY owner_staff ON hub.agent_role TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'staff');
CREATE POLICY agent ON hub.agent TO unefois_door, unefois_release
    USING (agent_id = (SELECT vault.standing('agent'))::uuid);
CREATE POLICY agent ON hub.agent_role FOR SELECT TO unefois_door, unefois_release
    USING (agent_id = (SELECT vault.standing('agent'))::uuid);
-- Who is signed in is asked by their session first.
CREATE POLICY door_session ON hub.agent FOR SELECT TO unefois_door
    USING (agent_id = (
        SELECT s.agent_id FROM hub.agent_session s WHERE s.token_digest = decode((SELECT vault.standing('session')), 'hex')
    ));
CREATE POLICY door_session ON hub.agent_role FOR SELECT TO unefois_door
    USING (agent_id = (
        SELECT s.agent_id FROM hub.agent_session s WHERE s.token_digest = decode((SELECT vault.standing('session')), 'hex')
    ));

CREATE POLICY agent ON hub.review FOR SELECT TO unefois_door, unefois_release
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND body = ANY ((SELECT hub.bodies_of_agent())::text[]));
CREATE POLICY door_agent ON hub.review FOR UPDATE TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND body = ANY ((SELECT hub.bodies_of_agent())::text[]));
-- What a person puts to an agent: about themselves, and an objection to what they are asked to confirm.
CREATE POLICY door_person ON hub.review FOR SELECT TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_asks ON hub.review FOR INSERT TO unefois_door
    WITH CHECK (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_objects ON hub.review FOR INSERT TO unefois_door
    WITH CHECK (kind = 'objection' AND line_id = ANY ((SELECT hub.lines_to_confirm())::uuid[]));
CREATE POLICY worker_purpose ON hub.review TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('reevaluation', 'retention', 'safety', 'restoring'));
-- The second asks more tables, and only of rows that the first does not show.
CREATE POLICY worker_job ON hub.review TO unefois_worker
    USING (
        adult_id = ANY ((SELECT hub.holders_of_job())::uuid[]) OR adult_id = ANY ((SELECT hub.persons_of_job())::uuid[])
    );

CREATE POLICY door_agent ON hub.review_opinion FOR SELECT TO unefois_door
    USING (EXISTS (SELECT FROM hub.review r WHERE r.review_id = review_opinion.review_id));
CREATE POLICY door_opines ON hub.review_opinion FOR INSERT TO unefois_door
    WITH CHECK (agent_id = (SELECT vault.standing('agent'))::uuid AND EXISTS (
        SELECT FROM hub.review r WHERE r.review_id = review_opinion.review_id
    ));
CREATE POLICY worker_job ON hub.review_opinion FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('job')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.review r WHERE r.review_id = review_opinion.review_id
    ));

-- Tickets, sign-ins under way, retries --------------------------------------------------------------------------------

CREATE POLICY door_agent ON hub.review_ticket FOR INSERT TO unefois_door
    WITH CHECK (agent_id = (SELECT vault.standing('agent'))::uuid);
CREATE POLICY release_ticket ON hub.review_ticket TO unefois_release
    USING (ticket_digest = decode((SELECT vault.standing('ticket')), 'hex'));
CREATE POLICY release_ticket ON hub.preview_ticket TO unefois_release
    USING (ticket_digest = decode((SELECT vault.standing('ticket')), 'hex'));
CREATE POLICY worker_job ON hub.preview_ticket TO unefois_worker
    USING (document_id = (SELECT hub.document_of_job()));
CREATE POLICY release_ticket ON hub.export_ticket TO unefois_release
    USING (ticket_digest = decode((SELECT vault.standing('ticket')), 'hex'));
CREATE POLICY door_ticket ON hub.pending_sign_in TO unefois_door
    USING (state_digest = decode((SELECT vault.standing('ticket')), 'hex'));

CREATE POLICY caller ON hub.idempotency TO unefois_door, unefois_release
    USING (caller = ANY ((SELECT ARRAY[
        vault.standing('person'), 'agent:' || vault.standing('agent'), 'partner:' || vault.standing('partner')
    ])::text[]));
-- While a request is under way its key is kept, or given back; nothing was answered yet.
CREATE POLICY leases ON hub.idempotency TO unefois_door, unefois_release
    USING (status IS NULL AND (SELECT vault.standing('purpose')) = 'leases');
CREATE POLICY worker_job ON hub.idempotency TO unefois_worker
    USING (response ->> 'document' = (SELECT hub.document_of_job())::text);

-- Messages and exchanges -------------------------------------------------------------------------------------------------

CREATE POLICY worker_tells ON hub.message TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
CREATE POLICY worker_audits ON hub.message FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'audit');
-- To a partner's contact, about its webhook.
CREATE POLICY worker_sends ON hub.message FOR INSERT TO unefois_worker
    WITH CHECK (siret IS NOT NULL AND (SELECT vault.standing('purpose')) = 'sending');
CREATE POLICY door_person ON hub.message TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_visit ON hub.message FOR INSERT TO unefois_door
    WITH CHECK (person_id = ANY ((SELECT hub.visitors())::uuid[]));
CREATE POLICY door_mandate ON hub.message FOR INSERT TO unefois_door
    WITH CHECK (kind = 'mandate' AND EXISTS (
        SELECT FROM hub.mandate m WHERE message.person_id IN (m.person_id, m.helper_id)
    ));
-- The letter that a code is of.
CREATE POLICY door_code ON hub.message FOR SELECT TO unefois_door
    USING (EXISTS (SELECT FROM hub.return_code c WHERE c.message_id = message.message_id));

CREATE POLICY worker_job ON hub.exchange TO unefois_worker
    USING (split_part(natural_key, '/', 1) = (SELECT hub.request_of_job())::text);
