-- The journal: a Merkle log (RFC 9162 hashing). Entries, leaves, nodes and heads are only ever inserted; a record with its
-- salt lies beside its entry and goes after 36 months or at erasure; a pending row goes when its entry is sequenced.

CREATE TABLE vault.journal_entry (
    entry_id uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    act text NOT NULL,
    commitment bytea NOT NULL CHECK (length(commitment) = 32)
);

CREATE TABLE vault.journal_record (
    entry_id uuid PRIMARY KEY REFERENCES vault.journal_entry,
    -- The canonical bytes: what the commitment was computed over, not what jsonb would make of them.
    record bytea NOT NULL,
    salt bytea NOT NULL CHECK (length(salt) = 32),
    document_id uuid,
    subjects uuid[] NOT NULL
);
CREATE INDEX journal_record_document ON vault.journal_record (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX journal_record_subjects ON vault.journal_record USING gin (subjects);

CREATE TABLE vault.journal_pending (
    entry_id uuid PRIMARY KEY REFERENCES vault.journal_entry
);

CREATE TABLE vault.journal_leaf (
    leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
    entry_id uuid NOT NULL UNIQUE REFERENCES vault.journal_entry,
    leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32)
);

-- Complete subtrees of 2^level leaves, beginning at leaf index * 2^level.
CREATE TABLE vault.journal_node (
    level smallint NOT NULL CHECK (level >= 1),
    index bigint NOT NULL CHECK (index >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);

CREATE TABLE vault.journal_head (
    tree_size bigint PRIMARY KEY CHECK (tree_size >= 1),
    previous_size bigint NOT NULL CHECK (previous_size >= 0 AND previous_size < tree_size),
    root_hash bytea NOT NULL CHECK (length(root_hash) = 32),
    signed_at timestamptz NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL CHECK (length(signature) = 64)
);
