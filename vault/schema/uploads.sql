-- Unfinished uploads (tus 1.0). What opens their parts is the address the sender holds; here lie its digest and ciphertext.

CREATE TABLE vault.upload (
    upload_id uuid PRIMARY KEY,
    token_digest bytea NOT NULL UNIQUE CHECK (length(token_digest) = 32),
    holder_id uuid NOT NULL,
    media_type text NOT NULL,
    length bigint NOT NULL CHECK (length > 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
    sealed_announcement bytea,
    -- Who may write on; whoever comes last takes it over, and what an older connection still brings is refused.
    pen uuid,
    document_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- All of it is there exactly if it is a deposit: a sender who is told « whole » holds a receipt.
    CHECK ((received = length) = (document_id IS NOT NULL)),
    CHECK (document_id IS NULL OR sealed_announcement IS NULL)
);
CREATE INDEX upload_holder ON vault.upload (holder_id);
CREATE INDEX upload_expiry ON vault.upload (expires_at);

CREATE TABLE vault.upload_part (
    upload_id uuid NOT NULL REFERENCES vault.upload ON DELETE CASCADE,
    start bigint NOT NULL CHECK (start >= 0),
    length bigint NOT NULL CHECK (length > 0),
    object_name text NOT NULL UNIQUE,
    sealed_key bytea NOT NULL,
    commitment bytea NOT NULL,
    PRIMARY KEY (upload_id, start)
);

GRANT SELECT, INSERT, DELETE ON vault.upload, vault.upload_part TO unefois_door;
GRANT UPDATE (received, sealed_announcement, pen, document_id, expires_at) ON vault.upload TO unefois_door;
-- The worker forgets what expired; it cannot open it.
GRANT SELECT, DELETE ON vault.upload, vault.upload_part TO unefois_worker;
