-- Agents and their roles, the reviews they decide, and family links that rest on more than a birth certificate.

-- Agents -------------------------------------------------------------------------------------------------------------

-- Whom a body sends. What an identity provider says of somebody gives no role: only rows of ours do.
CREATE TABLE hub.agent (
    agent_id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
    -- The establishment the provider must name; a town hall's agents are employed by the City.
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    -- Bound at the first sign-in: from then on the address alone opens nothing.
    issuer text,
    subject text,
    added_at timestamptz NOT NULL,
    removed_at timestamptz,
    CHECK ((issuer IS NULL) = (subject IS NULL))
);
CREATE UNIQUE INDEX agent_current ON hub.agent (email, siret) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX agent_identity ON hub.agent (issuer, subject) WHERE removed_at IS NULL;

CREATE TABLE hub.agent_role (
    role_id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    body text NOT NULL CHECK (body ~ '^\d{14}$'),
    role text NOT NULL CHECK (role IN ('reviewer', 'operator')),
    given_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX agent_role_current ON hub.agent_role (agent_id, body, role) WHERE withdrawn_at IS NULL;

CREATE TABLE hub.agent_session (
    token_digest bytea PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    provider text NOT NULL,
    name text NOT NULL,
    id_token text NOT NULL,
    authenticated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX agent_session_agent ON hub.agent_session (agent_id);

-- Reviews ------------------------------------------------------------------------------------------------------------

-- A review of fit that does not say of which line: judging the family again asks anew, and says it.
DELETE FROM hub.review WHERE kind = 'fit';
DROP INDEX hub.review_once;
ALTER TABLE hub.review
    ADD COLUMN claim_id uuid REFERENCES hub.family_claim,
    ADD COLUMN line_id uuid REFERENCES hub.enrolment_line,
    ADD COLUMN requirement text,
    ADD COLUMN service text NOT NULL DEFAULT 'family_link',
    -- The body whose agents decide it; what waited before there were agents is nobody's until it is asked anew.
    ADD COLUMN body text CHECK (body ~ '^\d{14}$'),
    ADD COLUMN opinions_needed smallint NOT NULL DEFAULT 1 CHECK (opinions_needed IN (1, 2)),
    ADD COLUMN claimed_by uuid REFERENCES hub.agent,
    ADD COLUMN claimed_until timestamptz,
    ADD COLUMN outcome vault.outcome,
    ADD COLUMN decision_reason text,
    ADD COLUMN decision jsonb,
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN applied_at timestamptz,
    ADD CHECK (kind <> 'fit' OR (line_id IS NOT NULL AND requirement IS NOT NULL AND body IS NOT NULL)),
    ADD CHECK ((claimed_by IS NULL) = (claimed_until IS NULL)),
    ADD CHECK ((state = 'decided') = (outcome IS NOT NULL AND decision_reason IS NOT NULL AND decided_at IS NOT NULL)),
    ADD CHECK (applied_at IS NULL OR state = 'decided');
ALTER TABLE hub.review ALTER COLUMN service DROP DEFAULT;
CREATE UNIQUE INDEX review_once
    ON hub.review (kind, adult_id, child_id, document_id, line_id, requirement, reason) NULLS NOT DISTINCT
    WHERE state = 'waiting';
CREATE INDEX review_queue ON hub.review (body, service, created_at) WHERE state = 'waiting';
CREATE INDEX review_adult ON hub.review (adult_id);

-- What each agent said; nobody is asked twice about one review. A note may tell of the paper, and goes with it.
CREATE TABLE hub.review_opinion (
    review_id uuid NOT NULL REFERENCES hub.review ON DELETE CASCADE,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    outcome vault.outcome NOT NULL,
    reason text NOT NULL,
    note text NOT NULL CHECK (length(note) <= 300),
    decision jsonb NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (review_id, agent_id)
);

-- By which the door that knows the agent lets the door that can open show one paper, once.
CREATE TABLE hub.review_ticket (
    ticket_digest bytea PRIMARY KEY,
    review_id uuid NOT NULL REFERENCES hub.review ON DELETE CASCADE,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    shown text NOT NULL CHECK (shown IN ('copy', 'values')),
    expires_at timestamptz NOT NULL
);

ALTER TABLE hub.release DROP CONSTRAINT release_channel_check;
ALTER TABLE hub.release ADD CONSTRAINT release_channel_check CHECK (channel IN ('pull', 'push', 'own_copy', 'agent'));

-- Family links -------------------------------------------------------------------------------------------------------

ALTER TABLE hub.family_link
    ALTER COLUMN source_document DROP NOT NULL,
    ADD COLUMN source text NOT NULL DEFAULT 'birth_certificate'
        CHECK (source IN ('birth_certificate', 'family_record_book', 'custody_judgment', 'caf_answer', 'agent')),
    -- The review may go with its paper; the link is a fact about persons and stays.
    ADD COLUMN source_review uuid,
    ADD CHECK (source_document IS NOT NULL OR source_review IS NOT NULL),
    ADD CHECK (valid_until IS NULL OR valid_from <= valid_until);
ALTER TABLE hub.family_link ALTER COLUMN source DROP DEFAULT;
ALTER TABLE hub.family_claim DROP CONSTRAINT family_claim_state_check;
ALTER TABLE hub.family_claim
    ADD CONSTRAINT family_claim_state_check CHECK (state IN ('open', 'proved', 'under_review', 'refused'));

-- Rights -------------------------------------------------------------------------------------------------------------

GRANT SELECT, UPDATE (issuer, subject) ON hub.agent TO unefois_door;
GRANT SELECT ON hub.agent_role TO unefois_door;
GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON hub.agent_session TO unefois_door;
GRANT UPDATE (state, claimed_by, claimed_until, outcome, decision_reason, decision, decided_at) ON hub.review TO unefois_door;
GRANT SELECT, INSERT ON hub.review_opinion TO unefois_door;
GRANT INSERT ON hub.review_ticket TO unefois_door;

GRANT SELECT ON hub.agent, hub.agent_role, hub.review TO unefois_release;
GRANT SELECT, DELETE ON hub.review_ticket TO unefois_release;

GRANT SELECT ON hub.review_opinion TO unefois_worker;
GRANT UPDATE (applied_at, state, outcome, decision_reason, decided_at) ON hub.review TO unefois_worker;
GRANT UPDATE (retracted_at) ON hub.family_link TO unefois_worker;
GRANT SELECT (expires_at), DELETE ON hub.agent_session, hub.review_ticket TO unefois_worker;
