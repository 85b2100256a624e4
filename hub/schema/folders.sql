-- Folders that parents send to a body through HubEE: what its queue showed, how far each folder came, and why one was set
-- aside. Identifiers of HubEE's own and words of ours; whose a folder is says the request that it was found to answer.

CREATE TABLE hub.folder_in (
    binding text NOT NULL,
    notification_id uuid NOT NULL,
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    state text NOT NULL CHECK (state IN (
        'strange', 'reading', 'fetching', 'found', 'matched', 'kept', 'done', 'aside'
    )),
    case_id uuid,
    event_id uuid,
    said uuid REFERENCES hub.exchange,
    paper uuid REFERENCES hub.exchange,
    why text CHECK (length(why) BETWEEN 1 AND 60),
    request_id uuid REFERENCES hub.request,
    lies boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    next_look timestamptz,
    PRIMARY KEY (binding, notification_id),
    CHECK (state NOT IN ('aside', 'strange') OR why IS NOT NULL),
    CHECK (state NOT IN ('matched', 'kept') OR request_id IS NOT NULL)
);
COMMENT ON TABLE hub.folder_in IS 'One row per notification that HubEE''s queue showed for a body';
COMMENT ON COLUMN hub.folder_in.said IS 'The exchange that fetched its JSON file, and in paper its PDF; their bytes live for days';
COMMENT ON COLUMN hub.folder_in.why IS 'Why it is nobody''s, broken or left for a person, in a word of ours';
COMMENT ON COLUMN hub.folder_in.lies IS 'Whether the queue held it at the last look: the next look reaches as far behind it';
COMMENT ON COLUMN hub.folder_in.next_look IS 'When somebody to whom it may belong is looked for again';
CREATE INDEX folder_in_case ON hub.folder_in (binding, case_id);
CREATE INDEX folder_in_request ON hub.folder_in (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX folder_in_due ON hub.folder_in (binding, next_look) WHERE state = 'found';

-- What was another's is forgotten once it is gone from the queue.
GRANT SELECT, INSERT, DELETE ON hub.folder_in TO unefois_worker;
GRANT UPDATE (state, said, paper, why, request_id, lies, next_look) ON hub.folder_in TO unefois_worker;
ALTER TABLE hub.folder_in ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.folder_in TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner_looks ON hub.folder_in FOR SELECT TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'audit');
CREATE POLICY partner ON hub.folder_in TO unefois_worker
    USING (siret = (SELECT vault.standing('partner')));
-- The job about a request finds the folder that was found to answer it.
CREATE POLICY worker_job ON hub.folder_in FOR SELECT TO unefois_worker
    USING (EXISTS (SELECT FROM hub.request r WHERE r.request_id = folder_in.request_id));

-- Whose a folder is: among those who wait for this body's decision, and nobody else.
CREATE POLICY worker_partner ON hub.civil_status FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('partner')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.payer_id = civil_status.person_id AND l.body = (SELECT vault.standing('partner'))
            AND l.retracted_at IS NULL
    ));
