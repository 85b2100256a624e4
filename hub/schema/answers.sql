-- Answers in place of documents; and for every hand-over what its receipt commits to.

-- SHA-256 of the exact body of the question; what was asked before has none.
ALTER TABLE hub.evidence_request ADD COLUMN question bytea CHECK (octet_length(question) = 32);
ALTER TABLE hub.evidence_request DROP CONSTRAINT evidence_request_outcome_check;
ALTER TABLE hub.evidence_request ADD CONSTRAINT evidence_request_outcome_check
    CHECK (outcome IN ('answer', 'documents', 'pending', 'none', 'refused'));

ALTER TABLE hub.release DROP CONSTRAINT release_channel_check;
ALTER TABLE hub.release ADD CONSTRAINT release_channel_check
    CHECK (channel IN ('pull', 'push', 'answer', 'own_copy', 'agent'));
CREATE INDEX release_entry ON hub.release (entry_id);

CREATE TABLE hub.disclosure (
    release_id uuid PRIMARY KEY REFERENCES hub.release,
    -- The journal's second line of a hand-over: it names nobody of ours, so that its record can be shown to the partner.
    receipt_entry_id uuid NOT NULL REFERENCES vault.journal_entry,
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    -- What opens the commitment, for the family alone; it goes with the paper, or after 36 months.
    salt bytea CHECK (octet_length(salt) = 32),
    facts text,
    -- The answer byte for byte as it was sent.
    answer text,
    disclosed_at timestamptz NOT NULL,
    CHECK ((salt IS NULL) = (facts IS NULL)),
    CHECK (salt IS NOT NULL OR answer IS NULL)
);
CREATE INDEX disclosure_age ON hub.disclosure (disclosed_at) WHERE salt IS NOT NULL;

GRANT SELECT, INSERT ON hub.disclosure TO unefois_release;
GRANT INSERT ON hub.disclosure TO unefois_pipelines, unefois_worker;
GRANT SELECT ON hub.disclosure TO unefois_door;
GRANT SELECT (release_id, disclosed_at, salt), UPDATE (salt, facts, answer) ON hub.disclosure TO unefois_worker;
