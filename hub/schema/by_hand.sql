-- What operators do by hand: repeat an exchange with other content, which a second one lets go; look at a conversation, which
-- the families it names are told of; let one notification go; say what becomes of a folder that was set aside.

-- An exchange with other values in the fields that its contract names. The values are the protocol's own, numbers and dates:
-- the second person has to see what they let go. They are in no journal and no log, and gone with the row.
CREATE TABLE hub.exchange_edit (
    edit_id uuid PRIMARY KEY,
    exchange_id uuid NOT NULL REFERENCES hub.exchange,
    binding text NOT NULL,
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    author uuid NOT NULL REFERENCES hub.agent,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    changes jsonb NOT NULL CHECK (jsonb_typeof(changes) = 'object'),
    state text NOT NULL CHECK (state IN ('asked', 'proposed', 'approved', 'let_go', 'refused', 'declined')),
    proposed_id uuid UNIQUE REFERENCES hub.exchange,
    decider uuid REFERENCES hub.agent,
    decided_for text CHECK (length(decided_for) BETWEEN 1 AND 200),
    why text CHECK (length(why) BETWEEN 1 AND 60),
    asked_at timestamptz NOT NULL,
    drafted_at timestamptz,
    decided_at timestamptz,
    ended_at timestamptz,
    -- Whoever wrote it never lets it go.
    CHECK (decider <> author),
    CHECK (state NOT IN ('approved', 'let_go') OR decider IS NOT NULL),
    CHECK (state NOT IN ('proposed', 'approved', 'let_go') OR proposed_id IS NOT NULL),
    CHECK ((state IN ('let_go', 'refused', 'declined')) = (ended_at IS NOT NULL))
);
COMMENT ON COLUMN hub.exchange_edit.exchange_id IS 'The exchange that is repeated; in proposed_id the one that repeats it';
COMMENT ON COLUMN hub.exchange_edit.decider IS 'Who approved or declined it; none where its author took it back';
COMMENT ON COLUMN hub.exchange_edit.why IS 'Why it was refused by us, in a word of ours';
CREATE UNIQUE INDEX exchange_edit_open ON hub.exchange_edit (exchange_id)
    WHERE state IN ('asked', 'proposed', 'approved');
CREATE INDEX exchange_edit_due ON hub.exchange_edit (binding, asked_at) WHERE state IN ('asked', 'approved');
CREATE INDEX exchange_edit_ended ON hub.exchange_edit (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX exchange_edit_of ON hub.exchange_edit (exchange_id);
ALTER TABLE hub.exchange_edit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.exchange_edit TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_operator ON hub.exchange_edit FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
CREATE POLICY door_proposes ON hub.exchange_edit FOR INSERT TO unefois_door
    WITH CHECK ((SELECT hub.operates(true)) AND state = 'asked' AND author = (SELECT vault.standing('agent'))::uuid);
-- A decision is written under one's own number, and what is declined without one was one's own.
CREATE POLICY door_decides ON hub.exchange_edit FOR UPDATE TO unefois_door
    USING ((SELECT hub.operates(true)) AND state IN ('asked', 'proposed'))
    WITH CHECK ((SELECT hub.operates(true)) AND CASE state
        WHEN 'approved' THEN decider = (SELECT vault.standing('agent'))::uuid
        WHEN 'declined' THEN coalesce(decider, author) = (SELECT vault.standing('agent'))::uuid
        ELSE false
    END);
CREATE POLICY partner ON hub.exchange_edit TO unefois_worker, unefois_pipelines
    USING (siret = (SELECT vault.standing('partner')));
CREATE POLICY worker_retention ON hub.exchange_edit TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
GRANT SELECT, INSERT, UPDATE (state, decider, decided_for, decided_at, ended_at) ON hub.exchange_edit TO unefois_door;
-- The worker opens and seals commands; what leaves on which ground is decided by who plans.
GRANT SELECT, UPDATE (state, proposed_id, why, drafted_at, ended_at), DELETE ON hub.exchange_edit TO unefois_worker;
GRANT SELECT, UPDATE (state, why, ended_at) ON hub.exchange_edit TO unefois_pipelines;
GRANT UPDATE (approver) ON hub.exchange TO unefois_pipelines;

-- Why an operator looks, in a word that the families are told; the reason in the operator's own words is in the journal only.
ALTER TABLE hub.exchange_look ADD COLUMN category text
    CHECK (category IN ('refusal', 'failure', 'question', 'checking'));

-- The families that a conversation names: each payer of a line that was released in it, told of in it or decided about by
-- it, and whose request a folder answers.
CREATE INDEX line_decision_exchange ON hub.line_decision (exchange_id) WHERE exchange_id IS NOT NULL;
CREATE POLICY owner_answers ON hub.told_line FOR SELECT TO CURRENT_USER USING (session_user <> current_user);
CREATE POLICY owner_answers ON hub.folder_in FOR SELECT TO CURRENT_USER USING (session_user <> current_user);
CREATE FUNCTION hub.families_looked_at() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT named.person ORDER BY named.person), '{}')
    FROM hub.exchange_look k, LATERAL (
        SELECT l.payer_id AS person FROM hub.release r JOIN hub.enrolment_line l USING (line_id)
        WHERE r.exchange_id = k.exchange_id
        UNION
        SELECT l.payer_id FROM hub.told_line t JOIN hub.enrolment_line l USING (line_id)
        WHERE t.exchange_id = k.exchange_id
        UNION
        SELECT l.payer_id FROM hub.line_decision d JOIN hub.enrolment_line l USING (line_id)
        WHERE d.exchange_id = k.exchange_id
        UNION
        SELECT q.requester_id FROM hub.folder_in f JOIN hub.request q USING (request_id)
        WHERE k.exchange_id IN (f.said, f.paper)
    ) named
    WHERE k.ticket_digest = decode(vault.standing('ticket'), 'hex')
$$;
REVOKE EXECUTE ON FUNCTION hub.families_looked_at() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.families_looked_at() TO unefois_release;

-- One notification that its partner does not take: sent at once, or let go once the partner was told (ADR 0016).
CREATE POLICY door_settles ON hub.delivery FOR UPDATE TO unefois_door USING ((SELECT hub.operates(true)));
GRANT UPDATE (state, next_attempt_at, last_outcome, settled_at) ON hub.delivery TO unefois_door;
GRANT SELECT (place, leased_until) ON hub.delivery TO unefois_door;
GRANT UPDATE (warned_at) ON hub.webhook TO unefois_door;
-- A letter to a partner's contact, and to no person.
CREATE POLICY door_tells_partner ON hub.message FOR INSERT TO unefois_door
    WITH CHECK ((SELECT hub.operates(true)) AND person_id IS NULL AND siret IS NOT NULL);

-- Folders that were set aside: looked at again, or given up, which the worker tells HubEE.
ALTER TABLE hub.folder_in DROP CONSTRAINT folder_in_state_check;
ALTER TABLE hub.folder_in ADD CONSTRAINT folder_in_state_check CHECK (state IN (
    'strange', 'reading', 'fetching', 'found', 'matched', 'kept', 'done', 'aside', 'giving_up'
)) NOT VALID;
CREATE POLICY door_operator ON hub.folder_in FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
CREATE POLICY door_settles ON hub.folder_in FOR UPDATE TO unefois_door USING ((SELECT hub.operates(true)));
CREATE POLICY owner_settles ON hub.folder_in FOR UPDATE TO CURRENT_USER
    USING (siret = (SELECT vault.standing('partner')));
GRANT SELECT (binding, notification_id, siret, state, case_id, event_id, said, paper, why, lies, seen_at, next_look)
    ON hub.folder_in TO unefois_door;
GRANT UPDATE (state, next_look) ON hub.folder_in TO unefois_door;
CREATE POLICY worker_retention ON hub.folder_in TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
