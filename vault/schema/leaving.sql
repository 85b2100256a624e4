-- The end of a document's life, and what proves it: three more states, legal holds, destruction certificates, audits, and
-- journal records that leave on time and no sooner.

ALTER TYPE vault.document_state ADD VALUE 'superseded';
ALTER TYPE vault.document_state ADD VALUE 'expired';
ALTER TYPE vault.document_state ADD VALUE 'held';

-- As text from here on: a value added to a type cannot be used before the transaction that added it has committed.
ALTER TABLE vault.document_transition ALTER COLUMN state_from TYPE text, ALTER COLUMN state_to TYPE text;
INSERT INTO vault.document_transition VALUES
    ('available', 'superseded'), ('available', 'expired'), ('available', 'held'),
    ('held', 'available'),
    ('superseded', 'expired'), ('superseded', 'erased'),
    ('quarantined', 'expired'), ('unusable', 'expired');

CREATE OR REPLACE FUNCTION vault.refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'received' OR (NEW.state = 'available' AND NEW.origin = 'record') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a document begins received' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state OR EXISTS (
        SELECT 1 FROM vault.document_transition WHERE state_from = OLD.state::text AND state_to = NEW.state::text
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'document cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;

-- Erased and expired alike: no key, no digest, no sealed fact.
ALTER TABLE vault.document DROP CONSTRAINT document_check, DROP CONSTRAINT document_check1, DROP CONSTRAINT document_check2;
ALTER TABLE vault.document
    ADD CONSTRAINT document_gone_has_no_key CHECK ((state::text IN ('erased', 'expired')) = (wrapped_key IS NULL)),
    ADD CONSTRAINT document_gone_has_no_generation
        CHECK ((state::text IN ('erased', 'expired')) = (holder_generation IS NULL)),
    ADD CONSTRAINT document_gone_has_no_facts
        CHECK (state::text NOT IN ('erased', 'expired') OR (keyed_digest IS NULL AND sealed_facts IS NULL));

-- What is held counts as there; what was superseded gives its digest up.
DROP INDEX vault.document_once_per_holder;
CREATE UNIQUE INDEX document_once_per_holder ON vault.document (holder_id, keyed_digest)
    WHERE state NOT IN ('quarantined', 'unusable', 'erased');

CREATE TABLE vault.legal_hold (
    hold_id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES vault.document,
    reference text NOT NULL CHECK (reference <> ''),
    placed_at timestamptz NOT NULL,
    lifted_at timestamptz CHECK (lifted_at >= placed_at)
);
CREATE UNIQUE INDEX legal_hold_current ON vault.legal_hold (document_id) WHERE lifted_at IS NULL;

CREATE TABLE vault.destruction_certificate (
    document_id uuid PRIMARY KEY REFERENCES vault.document,
    -- As text: the bytes that were signed, not what jsonb would make of them.
    certificate text NOT NULL,
    issued_at timestamptz NOT NULL
);

CREATE TABLE vault.audit_run (
    run_id uuid PRIMARY KEY,
    whole boolean NOT NULL,
    position uuid,
    documents bigint NOT NULL DEFAULT 0,
    objects bigint NOT NULL DEFAULT 0,
    faults bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);

CREATE TABLE vault.audit_fault (
    run_id uuid NOT NULL REFERENCES vault.audit_run,
    document_id uuid NOT NULL,
    form text NOT NULL CHECK (form IN ('original', 'viewing_copy', 'facts', 'fields')),
    fault text NOT NULL,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, document_id, form)
);

-- A record goes after 36 months (CRPA R.114-9-7), or with the document whose reading it tells of; nothing else lets it go.
CREATE FUNCTION vault.refuse_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM vault.journal_entry e WHERE e.entry_id = OLD.entry_id AND (
            e.recorded_at < now() - interval '36 months'
            OR (e.act IN ('conclude', 'review') AND EXISTS (
                SELECT 1 FROM vault.document d
                WHERE d.document_id = OLD.document_id AND d.state::text IN ('erased', 'expired')
            ))
        )
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a journal record stays 36 months' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER journal_record_stays BEFORE DELETE ON vault.journal_record
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_forgetting();
CREATE INDEX journal_entry_age ON vault.journal_entry (recorded_at);

GRANT SELECT, INSERT, UPDATE (lifted_at) ON vault.legal_hold TO unefois_worker;
GRANT SELECT ON vault.legal_hold TO unefois_pipelines, unefois_door;
GRANT SELECT, INSERT ON vault.destruction_certificate TO unefois_worker;
GRANT SELECT ON vault.destruction_certificate TO unefois_door, unefois_release;
GRANT SELECT, INSERT, UPDATE (position, documents, objects, faults, finished_at) ON vault.audit_run TO unefois_worker;
GRANT SELECT, INSERT ON vault.audit_fault TO unefois_worker;
GRANT SELECT ON vault.audit_run, vault.audit_fault TO unefois_pipelines;
-- What reading found goes with its document.
GRANT DELETE ON vault.finding TO unefois_worker;
GRANT UPDATE (sealed_fields, issued_on, pages) ON vault.reading TO unefois_worker;
