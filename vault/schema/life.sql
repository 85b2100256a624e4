-- Near duplicates, papers that newer ones replace, holds on any paper that has keys, and what its holder asked for.

-- What its pages look like, sealed for the holder; and which scanners and rules last found nothing in it.
ALTER TABLE vault.reading ADD COLUMN sealed_looks bytea, ADD COLUMN scanned_with text;

-- What joins two papers must be able to say that both are the same holder's.
ALTER TABLE vault.document ADD CONSTRAINT document_of_holder UNIQUE (document_id, holder_id);

CREATE TABLE vault.likeness (
    document_id uuid NOT NULL,
    earlier_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    noted_at timestamptz NOT NULL,
    -- Once its holder has said « keep both ».
    kept_both_at timestamptz,
    PRIMARY KEY (document_id, earlier_id),
    CHECK (document_id <> earlier_id),
    FOREIGN KEY (document_id, holder_id) REFERENCES vault.document (document_id, holder_id),
    FOREIGN KEY (earlier_id, holder_id) REFERENCES vault.document (document_id, holder_id)
);
CREATE INDEX likeness_earlier ON vault.likeness (earlier_id);

CREATE TABLE vault.replacement (
    document_id uuid PRIMARY KEY,
    by_document_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    CHECK (document_id <> by_document_id),
    FOREIGN KEY (document_id, holder_id) REFERENCES vault.document (document_id, holder_id),
    FOREIGN KEY (by_document_id, holder_id) REFERENCES vault.document (document_id, holder_id)
);
CREATE INDEX replacement_by ON vault.replacement (by_document_id);

-- That its holder asked for a paper to be erased: what is under way, also while a hold delays it.
CREATE TABLE vault.erasure_asked (
    document_id uuid PRIMARY KEY REFERENCES vault.document,
    asked_at timestamptz NOT NULL
);
DO $$ BEGIN
    IF to_regclass('hub.evidence') IS NOT NULL THEN
        INSERT INTO vault.erasure_asked SELECT e.document_id, e.withdrawn_at
        FROM hub.evidence e JOIN vault.document d USING (document_id)
        WHERE e.withdrawn_at IS NOT NULL AND d.state::text NOT IN ('erased', 'expired');
    END IF;
END $$;

-- Nothing until the object store was told of the hold, or of its end.
ALTER TABLE vault.legal_hold ADD COLUMN store_told_at timestamptz;
CREATE INDEX legal_hold_untold ON vault.legal_hold (document_id) WHERE store_told_at IS NULL;

INSERT INTO vault.document_transition VALUES ('received', 'held'), ('quarantined', 'held'), ('held', 'quarantined');

CREATE OR REPLACE FUNCTION vault.refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'received' OR (NEW.state = 'available' AND NEW.origin = 'record') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a document begins received' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM vault.document_transition WHERE state_from = OLD.state::text AND state_to = NEW.state::text
    ) THEN
        RAISE EXCEPTION 'document cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    kept := EXISTS (SELECT 1 FROM vault.legal_hold WHERE document_id = NEW.document_id AND lifted_at IS NULL);
    IF kept AND NEW.state::text IN ('available', 'superseded', 'expired', 'erased') THEN
        RAISE EXCEPTION 'a legal hold keeps this document from being %', NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state::text = 'held' AND NOT kept THEN
        RAISE EXCEPTION 'no legal hold keeps this document' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state::text = 'superseded' AND NOT EXISTS (
        SELECT 1 FROM vault.replacement r JOIN vault.document d ON d.document_id = r.by_document_id
        WHERE r.document_id = NEW.document_id AND d.state::text IN ('available', 'held')
    ) THEN
        RAISE EXCEPTION 'no document replaces this one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- A hold and the state it keeps tell the same story when a transaction ends; nothing that has no key can be held.
CREATE FUNCTION vault.check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stands text := (SELECT state::text FROM vault.document WHERE document_id = NEW.document_id);
    kept boolean := EXISTS (SELECT 1 FROM vault.legal_hold WHERE document_id = NEW.document_id AND lifted_at IS NULL);
BEGIN
    IF (kept AND stands IN ('available', 'erased', 'expired')) OR (NOT kept AND stands = 'held') THEN
        RAISE EXCEPTION 'hold and state of a document differ: %', stands USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER legal_hold_and_state AFTER INSERT OR UPDATE ON vault.legal_hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.check_hold();

ALTER TABLE vault.audit_fault DROP CONSTRAINT audit_fault_form_check,
    ADD CONSTRAINT audit_fault_form_check
        CHECK (form IN ('original', 'viewing_copy', 'facts', 'fields', 'places', 'looks'));

GRANT UPDATE (sealed_looks, scanned_with) ON vault.reading TO unefois_worker;
GRANT SELECT (scanned_with) ON vault.reading TO unefois_door;
GRANT UPDATE (store_told_at) ON vault.legal_hold TO unefois_worker;
GRANT SELECT ON vault.legal_hold TO unefois_release;
GRANT SELECT, INSERT, DELETE ON vault.likeness TO unefois_worker;
GRANT SELECT, UPDATE (kept_both_at) ON vault.likeness TO unefois_door;
GRANT SELECT, INSERT ON vault.replacement, vault.erasure_asked TO unefois_door;
GRANT SELECT, DELETE ON vault.replacement TO unefois_worker;
GRANT SELECT, INSERT ON vault.erasure_asked TO unefois_worker;
GRANT SELECT ON vault.replacement, vault.erasure_asked, vault.likeness TO unefois_release;
GRANT SELECT ON vault.replacement, vault.erasure_asked TO unefois_pipelines;
