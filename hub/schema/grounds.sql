-- On what a release rests: notices as they were shown, authorisations with their life, and proactive use for a time.

-- Texts by which persons are told; what was shown is never rewritten, so that nobody has the right to update it.
CREATE TABLE hub.notice_text (
    notice_text_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('l114_8_i', 'l114_8_ii', 'authorisation')),
    version text NOT NULL,
    body text NOT NULL,
    recorded_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON hub.notice_text TO unefois_door, unefois_release;
GRANT SELECT ON hub.notice_text TO unefois_worker, unefois_pipelines;

ALTER TABLE hub.notice_given ADD COLUMN notice_text_id uuid REFERENCES hub.notice_text;
-- The text that was shown lies in the acknowledgement; its identifier is made of kind, version and text (as in the code).
WITH told AS (
    SELECT n.notice_id, n.text_version, n.given_at, coalesce(r.acknowledgement ->> 'notice', n.text_version) AS body
    FROM hub.notice_given n JOIN hub.request r USING (request_id)
), named AS (
    SELECT notice_id, text_version, given_at, body,
           encode(substring(sha256(convert_to('l114_8_i' || chr(10) || text_version || chr(10) || body, 'UTF8')) FOR 16),
                  'hex')::uuid AS notice_text_id
    FROM told
), kept AS (
    INSERT INTO hub.notice_text
    SELECT DISTINCT ON (notice_text_id) notice_text_id, 'l114_8_i', text_version, body, given_at
    FROM named ORDER BY notice_text_id, given_at RETURNING notice_text_id
)
UPDATE hub.notice_given n SET notice_text_id = named.notice_text_id FROM named, kept
WHERE named.notice_id = n.notice_id AND kept.notice_text_id = named.notice_text_id;
ALTER TABLE hub.notice_given ALTER COLUMN notice_text_id SET NOT NULL;
GRANT INSERT ON hub.notice_given TO unefois_release;

-- Authorisations ------------------------------------------------------------------------------------------------------

ALTER TABLE hub.reuse_grant
    ADD COLUMN state text,
    ADD COLUMN frequency text,
    ADD COLUMN evidence_types text[],
    ADD COLUMN requirement text,
    ADD COLUMN valid_from date,
    ADD COLUMN data_life_months smallint,
    ADD COLUMN notice_id uuid REFERENCES hub.notice_given,
    ADD COLUMN requested_at timestamptz,
    -- The treatment or agent in whose name a body asked (CRPA R.114-9-6).
    ADD COLUMN requested_for text,
    -- Of one that serves once: the question or exchange it served.
    ADD COLUMN used_for uuid,
    ADD COLUMN used_at timestamptz,
    ALTER COLUMN granted_at DROP NOT NULL;
-- What was given before covers what the agreements of that time let the body have, and not a kind more.
UPDATE hub.reuse_grant g SET
    state = CASE WHEN withdrawn_at IS NULL THEN 'active' ELSE 'withdrawn' END,
    frequency = 'recurring',
    evidence_types = coalesce((SELECT array_agg(DISTINCT kind) FROM hub.agreement a, unnest(a.evidence_types) kind
                               WHERE a.siret = g.recipient AND g.purpose = ANY (a.purposes)), '{}'),
    valid_from = (granted_at AT TIME ZONE 'Europe/Paris')::date,
    data_life_months = 24,
    notice_id = (SELECT notice_id FROM hub.notice_given n WHERE n.request_id = g.request_id ORDER BY given_at LIMIT 1);
ALTER TABLE hub.reuse_grant
    ALTER COLUMN state SET NOT NULL,
    ALTER COLUMN frequency SET NOT NULL,
    ALTER COLUMN evidence_types SET NOT NULL,
    ALTER COLUMN valid_from SET NOT NULL,
    ALTER COLUMN data_life_months SET NOT NULL,
    ADD CHECK (state IN ('requested', 'active', 'paused', 'withdrawn', 'refused', 'expired')),
    ADD CHECK (frequency IN ('one_time', 'recurring')),
    ADD CHECK (data_life_months BETWEEN 1 AND 120),
    ADD CHECK (valid_until >= valid_from),
    -- Given by the person, after having been told; merely asked for by a body, it is neither.
    ADD CHECK (state NOT IN ('active', 'paused', 'withdrawn') OR (granted_at IS NOT NULL AND notice_id IS NOT NULL)),
    ADD CHECK (state NOT IN ('requested', 'refused') OR (granted_at IS NULL AND requested_at IS NOT NULL)),
    ADD CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    ADD CHECK ((used_for IS NULL) = (used_at IS NULL) AND (used_for IS NULL OR frequency = 'one_time'));
CREATE INDEX reuse_grant_person ON hub.reuse_grant (person_id);
CREATE INDEX reuse_grant_ending ON hub.reuse_grant (valid_until) WHERE state IN ('requested', 'active', 'paused');
-- A body asks once for one thing, whatever became of it: what was refused is not asked for again.
CREATE UNIQUE INDEX reuse_grant_asked_once ON hub.reuse_grant (request_id, requirement) WHERE requested_at IS NOT NULL;

CREATE TABLE hub.authorisation_transition (
    state_from text NOT NULL,
    state_to text NOT NULL,
    PRIMARY KEY (state_from, state_to)
);
INSERT INTO hub.authorisation_transition VALUES
    ('requested', 'active'), ('requested', 'refused'), ('requested', 'expired'),
    ('active', 'paused'), ('active', 'withdrawn'), ('active', 'expired'),
    ('paused', 'active'), ('paused', 'withdrawn'), ('paused', 'expired');

CREATE FUNCTION hub.refuse_authorisation_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state IN ('requested', 'active') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'an authorisation begins requested or active' USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.person_id, OLD.request_id, OLD.recipient, OLD.purpose, OLD.frequency, OLD.evidence_types, OLD.requirement,
        OLD.valid_from, OLD.valid_until, OLD.data_life_months)
       IS DISTINCT FROM
       (NEW.person_id, NEW.request_id, NEW.recipient, NEW.purpose, NEW.frequency, NEW.evidence_types, NEW.requirement,
        NEW.valid_from, NEW.valid_until, NEW.data_life_months) THEN
        RAISE EXCEPTION 'what an authorisation allows never changes: another one is given' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.used_for IS NOT NULL AND NEW.used_for IS DISTINCT FROM OLD.used_for THEN
        RAISE EXCEPTION 'an authorisation that served once has served' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM hub.authorisation_transition WHERE state_from = OLD.state AND state_to = NEW.state
    ) THEN
        RAISE EXCEPTION 'authorisation cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER authorisation_life BEFORE INSERT OR UPDATE ON hub.reuse_grant
    FOR EACH ROW EXECUTE FUNCTION hub.refuse_authorisation_step();

-- Each step with its journal entry, whose proof is the signed record that a person can keep and check offline.
CREATE TABLE hub.authorisation_step (
    entry_id uuid PRIMARY KEY REFERENCES vault.journal_entry,
    grant_id uuid NOT NULL REFERENCES hub.reuse_grant,
    state text NOT NULL,
    stepped_at timestamptz NOT NULL
);
CREATE INDEX authorisation_step_grant ON hub.authorisation_step (grant_id, stepped_at);

GRANT SELECT ON hub.authorisation_transition TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT SELECT, INSERT ON hub.authorisation_step TO unefois_door, unefois_release, unefois_worker;
GRANT UPDATE (state, granted_at, notice_id) ON hub.reuse_grant TO unefois_door;
GRANT INSERT, UPDATE (used_for, used_at) ON hub.reuse_grant TO unefois_release;
GRANT UPDATE (used_for, used_at) ON hub.reuse_grant TO unefois_pipelines;
GRANT UPDATE (state, used_for, used_at) ON hub.reuse_grant TO unefois_worker;

-- A body's question to a person is told back to the body as an event, from its own door.
GRANT SELECT, INSERT ON hub.delivery TO unefois_release;

-- Under which convention a release was made.
ALTER TABLE hub.release ADD COLUMN convention text NOT NULL DEFAULT '';

-- Informing of rights (CRPA L.114-8 II) --------------------------------------------------------------------------------

-- A body uses what it had pulled for a request in order to tell the family of another right. Once opposed, the row is the
-- marker that keeps it from being asked again (R.114-9-7: 12 to 24 months), and then it goes.
CREATE TABLE hub.rights_information (
    information_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    person_id uuid NOT NULL REFERENCES hub.person,
    recipient text NOT NULL CHECK (recipient ~ '^\d{14}$'),
    service text NOT NULL,
    requested_for text NOT NULL,
    -- The first message, which offers to oppose.
    notice_id uuid NOT NULL REFERENCES hub.notice_given,
    state text NOT NULL CHECK (state IN ('open', 'opposed', 'not_entitled', 'over')),
    opened_at timestamptz NOT NULL,
    valid_until date NOT NULL,
    ended_at timestamptz,
    destroyed_at timestamptz,
    UNIQUE (person_id, recipient, service),
    CHECK (valid_until <= ((opened_at + interval '12 months') AT TIME ZONE 'Europe/Paris')::date),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (destroyed_at IS NULL OR ended_at IS NOT NULL)
);
CREATE FUNCTION hub.refuse_rights_information_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'informing of rights is over once it has ended' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rights_information_life BEFORE UPDATE ON hub.rights_information
    FOR EACH ROW EXECUTE FUNCTION hub.refuse_rights_information_step();
CREATE INDEX rights_information_person ON hub.rights_information (person_id);
CREATE INDEX rights_information_ending ON hub.rights_information (valid_until) WHERE destroyed_at IS NULL;
GRANT SELECT, UPDATE (state, ended_at) ON hub.rights_information TO unefois_door;
GRANT SELECT, INSERT, UPDATE (state, ended_at) ON hub.rights_information TO unefois_release;
GRANT SELECT, DELETE, UPDATE (state, ended_at, destroyed_at) ON hub.rights_information TO unefois_worker;
GRANT SELECT ON hub.rights_information TO unefois_pipelines;
-- What was handed over in order to inform is to be destroyed at once when that ends.
GRANT UPDATE (keep_until, schedule) ON hub.case_copy TO unefois_worker;

-- Sign-in --------------------------------------------------------------------------------------------------------------

-- Whether the person shall prove anew who they are, and to which account what comes back is to be joined.
ALTER TABLE hub.pending_sign_in
    ADD COLUMN fresh boolean NOT NULL DEFAULT false,
    ADD COLUMN joins uuid REFERENCES hub.account;
GRANT UPDATE (person_id) ON hub.account TO unefois_door;
