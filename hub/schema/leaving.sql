-- What was handed to a service is that service's case copy, on its own schedule; what the worker empties at an erasure; and
-- tickets by which a person downloads everything.

CREATE TABLE hub.case_copy (
    case_copy_id uuid PRIMARY KEY,
    release_id uuid NOT NULL UNIQUE REFERENCES hub.release,
    evidence_id uuid NOT NULL REFERENCES hub.evidence,
    recipient text NOT NULL,
    purpose text NOT NULL,
    handed_at timestamptz NOT NULL,
    keep_until date NOT NULL,
    schedule text NOT NULL,
    schedule_status text NOT NULL CHECK (schedule_status IN ('confirmed', 'unconfirmed', 'contested')),
    -- Public archives are destroyed with the visa of the archives' administration only (code du patrimoine L.212-2).
    visa text CHECK (visa <> ''),
    ended_at timestamptz,
    CHECK ((visa IS NULL) = (ended_at IS NULL)),
    CHECK (ended_at IS NULL OR (ended_at AT TIME ZONE 'Europe/Paris')::date >= keep_until)
);
CREATE INDEX case_copy_evidence ON hub.case_copy (evidence_id);
CREATE INDEX case_copy_due ON hub.case_copy (keep_until) WHERE ended_at IS NULL;

-- What was handed over before copies were counted: five years, the longest of the catalogue, to be confirmed.
INSERT INTO hub.case_copy (case_copy_id, release_id, evidence_id, recipient, purpose, handed_at, keep_until, schedule,
    schedule_status)
SELECT gen_random_uuid(), release_id, evidence_id, recipient, purpose, ordered_at,
    (ordered_at AT TIME ZONE 'Europe/Paris' + interval '60 months')::date, 'before schedules were kept', 'unconfirmed'
FROM hub.release WHERE channel <> 'own_copy';

CREATE TABLE hub.export_ticket (
    ticket_digest bytea PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON hub.case_copy TO unefois_release, unefois_worker, unefois_pipelines;
GRANT SELECT ON hub.case_copy TO unefois_door;
GRANT UPDATE (visa, ended_at) ON hub.case_copy TO unefois_worker;
GRANT SELECT, INSERT ON hub.export_ticket TO unefois_door;
GRANT SELECT, DELETE ON hub.export_ticket TO unefois_release;
GRANT SELECT (expires_at), DELETE ON hub.export_ticket TO unefois_worker;

-- Downloading everything: the release door reads what the person may read of themselves.
GRANT SELECT ON hub.receipt, hub.civil_status TO unefois_release;

-- Erasing: what was judged of a paper is emptied, what was waiting for it goes.
GRANT UPDATE (decided_on, reason, tariff_band) ON hub.fit TO unefois_worker;
GRANT UPDATE (issued_on) ON hub.evidence TO unefois_worker;
GRANT DELETE ON hub.review TO unefois_worker;
CREATE INDEX idempotency_document ON hub.idempotency ((response ->> 'document'));
GRANT SELECT (response), UPDATE (fingerprint, response) ON hub.idempotency TO unefois_worker;
GRANT SELECT (document_id) ON hub.preview_ticket TO unefois_worker;
