-- What its holder may still open is scanned again too: a superseded document goes into quarantine, and comes back to where
-- it stood, never into use.
ALTER TABLE vault.document ADD COLUMN superseded_at timestamptz;
COMMENT ON COLUMN vault.document.superseded_at IS 'When a newer one took its place, set by the trigger; nothing undoes it';
UPDATE vault.document SET superseded_at = state_since WHERE state::text = 'superseded';

INSERT INTO vault.document_transition VALUES ('superseded', 'quarantined'), ('quarantined', 'superseded');

CREATE OR REPLACE FUNCTION vault.refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept boolean;
    back boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'received' OR (NEW.state = 'available' AND NEW.origin = 'record') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a document begins received' USING ERRCODE = 'check_violation';
    END IF;
    NEW.superseded_at := OLD.superseded_at;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM vault.document_transition WHERE state_from = OLD.state::text AND state_to = NEW.state::text
    ) THEN
        RAISE EXCEPTION 'document cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.superseded_at IS NOT NULL AND NEW.state::text IN ('available', 'held') THEN
        RAISE EXCEPTION 'a newer document took the place of this one' USING ERRCODE = 'check_violation';
    END IF;
    -- No end: a hold that came before, or in quarantine, goes on beside the state it comes back to.
    back := OLD.state::text = 'quarantined' AND NEW.state::text = 'superseded';
    IF back AND OLD.superseded_at IS NULL THEN
        RAISE EXCEPTION 'no document took the place of this one' USING ERRCODE = 'check_violation';
    END IF;
    kept := EXISTS (SELECT 1 FROM vault.legal_hold WHERE document_id = NEW.document_id AND lifted_at IS NULL);
    IF kept AND NOT back AND NEW.state::text IN ('available', 'superseded', 'expired', 'erased') THEN
        RAISE EXCEPTION 'a legal hold keeps this document from being %', NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state::text = 'held' AND NOT kept THEN
        RAISE EXCEPTION 'no legal hold keeps this document' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state::text = 'superseded' AND NOT back THEN
        IF NOT EXISTS (
            SELECT 1 FROM vault.replacement r JOIN vault.document d ON d.document_id = r.by_document_id
            WHERE r.document_id = NEW.document_id AND d.state::text IN ('available', 'held')
        ) THEN
            RAISE EXCEPTION 'no document replaces this one' USING ERRCODE = 'check_violation';
        END IF;
        NEW.superseded_at := NEW.state_since;
    END IF;
    RETURN NEW;
END $$;
