-- What partners' tokens leave behind: proofs that served, tokens taken back, and how often credentials were refused.

CREATE TABLE hub.spent_proof (
    -- Of the key's thumbprint and the proof's own identifier: whoever reads it learns neither.
    proof_digest bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_proof_expiry ON hub.spent_proof (expires_at);

CREATE TABLE hub.revoked_token (
    token_digest bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_token_expiry ON hub.revoked_token (expires_at);

-- One row per minute, partner and reason, so that somebody who tries without end fills neither the table nor the journal.
CREATE TABLE hub.credential_refusal (
    minute timestamptz NOT NULL,
    -- Empty where nobody is proven or claimed.
    siret text NOT NULL CHECK (siret ~ '^(\d{14})?$'),
    place text NOT NULL CHECK (place IN ('token', 'revocation', 'resource')),
    reason text NOT NULL CHECK (reason ~ '^[A-Za-z]{1,60}$'),
    times bigint NOT NULL CHECK (times > 0),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (minute, siret, place, reason)
);
CREATE INDEX credential_refusal_expiry ON hub.credential_refusal (expires_at);

GRANT SELECT, INSERT ON hub.spent_proof, hub.revoked_token TO unefois_release;
GRANT SELECT, INSERT, UPDATE (times) ON hub.credential_refusal TO unefois_release;
GRANT SELECT (expires_at), DELETE ON hub.spent_proof, hub.revoked_token, hub.credential_refusal TO unefois_worker;
