-- What an agreement has to state (CRPA L.114-8, R.114-9-6; RGPD 28, 30), suspensions, the stop of every release, whose key
-- a question came under, and how often somebody asked within a minute.

ALTER TABLE hub.partner
    -- INSEE, catégories juridiques, niveau III: bodies under public law, and those charged with a public service.
    ADD COLUMN legal_category text CHECK (legal_category ~ '^[478]\d{3}$'),
    ADD COLUMN security_contact text,
    ADD COLUMN data_protection_contact text,
    ADD COLUMN requests_per_minute integer NOT NULL DEFAULT 1200 CHECK (requests_per_minute > 0),
    ADD COLUMN suspended_reason text,
    ADD CONSTRAINT partner_suspended CHECK (suspended_reason IS NULL OR suspended_at IS NOT NULL);

-- What an agreement must state from now on, older rows do not say: they end here, and the files bring them back.
UPDATE hub.agreement SET retracted_at = now() WHERE retracted_at IS NULL;
ALTER TABLE hub.agreement
    ADD COLUMN gives text CHECK (gives IN ('answer', 'document')),
    ADD COLUMN instrument text,
    ADD COLUMN controller jsonb,
    ADD COLUMN processor jsonb,
    ADD COLUMN deliberation jsonb,
    -- Where a national source is reused; none otherwise.
    ADD COLUMN habilitation jsonb,
    ADD COLUMN treatments jsonb,
    ADD COLUMN agent_roles jsonb,
    ADD COLUMN retention_months integer CHECK (retention_months > 0),
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN suspended_reason text,
    ADD CONSTRAINT agreement_suspended CHECK (suspended_reason IS NULL OR suspended_at IS NOT NULL),
    ADD CONSTRAINT agreement_stated CHECK (retracted_at IS NOT NULL OR (
        gives IS NOT NULL AND instrument IS NOT NULL AND controller IS NOT NULL AND processor IS NOT NULL
        AND deliberation IS NOT NULL AND treatments IS NOT NULL AND agent_roles IS NOT NULL
        AND retention_months IS NOT NULL));

-- The kid a client proved itself with when it got its token, and the thumbprint of the key the token is bound to.
ALTER TABLE hub.evidence_request ADD COLUMN client_key text, ADD COLUMN proof_key text;
ALTER TABLE hub.release ADD COLUMN client_key text, ADD COLUMN proof_key text;
CREATE INDEX release_recipient ON hub.release (recipient, ordered_at);

-- At most one stop at a time; what is over stays as history.
CREATE TABLE hub.release_stop (
    stop_id uuid PRIMARY KEY,
    reason text NOT NULL,
    stopped_at timestamptz NOT NULL,
    resumed_at timestamptz
);
CREATE UNIQUE INDEX release_stop_one ON hub.release_stop ((true)) WHERE resumed_at IS NULL;

-- A digest of who asked, so that the table holds nobody.
CREATE TABLE hub.rate_window (
    caller bytea NOT NULL,
    begins_at timestamptz NOT NULL,
    hits bigint NOT NULL CHECK (hits > 0),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (caller, begins_at)
);
CREATE INDEX rate_window_expiry ON hub.rate_window (expires_at);

GRANT SELECT (legal_category, security_contact, data_protection_contact, jwks, requests_per_minute, suspended_reason,
    recorded_at), UPDATE (suspended_at, suspended_reason) ON hub.partner TO unefois_door;
GRANT UPDATE (suspended_at, suspended_reason) ON hub.agreement TO unefois_door;
GRANT SELECT ON hub.release_stop TO unefois_release, unefois_worker, unefois_pipelines;
GRANT SELECT, INSERT, UPDATE (hits) ON hub.rate_window TO unefois_door, unefois_release;
GRANT SELECT (expires_at), DELETE ON hub.rate_window TO unefois_worker;
