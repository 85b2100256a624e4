-- Custody: documents, what reading found, events. Facts are inserted; only a state, or what erasure empties, is updated.

CREATE TYPE vault.document_state AS ENUM ('received', 'available', 'quarantined', 'unusable', 'erased');
CREATE TYPE vault.outcome AS ENUM ('passed', 'failed', 'inconclusive');
CREATE TYPE vault.grade AS ENUM ('self_declared', 'agent_checked', 'sealed', 'source_pulled');

CREATE TABLE vault.document (
    document_id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    holder_id uuid NOT NULL,
    holder_generation integer,
    origin text NOT NULL CHECK (origin IN ('deposit', 'record')),
    object_name text NOT NULL UNIQUE,
    wrapped_key bytea,
    commitment bytea NOT NULL,
    keyed_digest bytea,
    media_type text NOT NULL,
    plaintext_length bigint NOT NULL CHECK (plaintext_length > 0),
    sealed_facts bytea,
    announced_type text NOT NULL,
    state vault.document_state NOT NULL,
    state_reason text NOT NULL DEFAULT '',
    state_since timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    CHECK ((state = 'erased') = (wrapped_key IS NULL)),
    CHECK ((state = 'erased') = (holder_generation IS NULL)),
    CHECK (state <> 'erased' OR (keyed_digest IS NULL AND sealed_facts IS NULL)),
    -- A door that wraps for a generation being destroyed must fail, not leave a paper nobody can open.
    FOREIGN KEY (holder_id, holder_generation) REFERENCES vault.holder_key (holder_id, generation)
);
CREATE INDEX document_holder ON vault.document (holder_id, document_id);
-- The same content twice for one holder is reuse; two sends at the same moment must not both win.
CREATE UNIQUE INDEX document_once_per_holder ON vault.document (holder_id, keyed_digest)
    WHERE state IN ('received', 'available');

CREATE TABLE vault.document_transition (
    state_from vault.document_state NOT NULL,
    state_to vault.document_state NOT NULL,
    PRIMARY KEY (state_from, state_to)
);
INSERT INTO vault.document_transition VALUES
    ('received', 'available'), ('received', 'quarantined'), ('received', 'unusable'), ('received', 'erased'),
    ('available', 'quarantined'), ('available', 'erased'),
    ('quarantined', 'available'), ('quarantined', 'unusable'), ('quarantined', 'erased'),
    ('unusable', 'erased');

CREATE FUNCTION vault.refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'received' OR (NEW.state = 'available' AND NEW.origin = 'record') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a document begins received' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state OR EXISTS (
        SELECT 1 FROM vault.document_transition WHERE state_from = OLD.state AND state_to = NEW.state
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'document cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER document_life BEFORE INSERT OR UPDATE OF state ON vault.document
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_transition();

CREATE TABLE vault.viewing_copy (
    document_id uuid PRIMARY KEY REFERENCES vault.document,
    object_name text NOT NULL UNIQUE,
    holder_id uuid NOT NULL,
    holder_generation integer NOT NULL,
    wrapped_key bytea NOT NULL,
    commitment bytea NOT NULL,
    media_type text NOT NULL,
    plaintext_length bigint NOT NULL CHECK (plaintext_length > 0),
    made_at timestamptz NOT NULL,
    FOREIGN KEY (holder_id, holder_generation) REFERENCES vault.holder_key (holder_id, generation)
);

CREATE TABLE vault.finding (
    document_id uuid NOT NULL REFERENCES vault.document,
    step text NOT NULL,
    outcome vault.outcome NOT NULL,
    reason text NOT NULL,
    rule_version text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (document_id, step)
);

CREATE TABLE vault.reading (
    document_id uuid PRIMARY KEY REFERENCES vault.document,
    evidence_type text NOT NULL,
    grade vault.grade NOT NULL,
    issued_on date,
    pages integer NOT NULL,
    sealed_fields bytea,
    concluded_at timestamptz NOT NULL
);

CREATE TABLE vault.event (
    event_id uuid PRIMARY KEY,
    type text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamptz NOT NULL,
    data jsonb NOT NULL
);
CREATE INDEX event_type ON vault.event (type, event_id);
