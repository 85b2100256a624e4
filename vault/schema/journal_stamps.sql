-- Time-stamps of signed heads by an authority outside (RFC 3161): one a head, and never changed. The token is whole: with
-- the head's published text and the authority's root, « openssl ts -verify » needs nothing else.
CREATE TABLE vault.journal_stamp (
    tree_size bigint PRIMARY KEY REFERENCES vault.journal_head,
    stamped_at timestamptz NOT NULL,
    policy text NOT NULL,
    serial text NOT NULL,
    token bytea NOT NULL CHECK (length(token) BETWEEN 1 AND 65536)
);
-- The pipelines ask the authority; whoever may read heads may read what dates them.
GRANT SELECT ON vault.journal_stamp TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT INSERT ON vault.journal_stamp TO unefois_pipelines;
