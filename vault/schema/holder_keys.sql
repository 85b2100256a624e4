-- Holder keys: one hybrid key per holder and generation. In a table, and a backup, of their own: erasing re-keys the holder.

CREATE TABLE vault.holder_key (
    holder_id uuid NOT NULL,
    generation integer NOT NULL CHECK (generation >= 1),
    public_keyset bytea NOT NULL,
    wrapped_private bytea NOT NULL,
    digest_salt bytea NOT NULL CHECK (length(digest_salt) = 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (holder_id, generation)
);
