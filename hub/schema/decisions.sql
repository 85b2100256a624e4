-- What bodies decided about enrolment lines, and what an agreement lets a body decide and have in the original (ADR 0045).

-- Kinds of decision that a body may send under this agreement, and kinds of paper it may have byte for byte.
ALTER TABLE hub.agreement
    ADD COLUMN decides text[] NOT NULL DEFAULT '{}'
        CHECK (decides <@ ARRAY['tariff', 'assignment', 'registration', 'refusal']),
    ADD COLUMN originals text[] NOT NULL DEFAULT '{}' CHECK (originals <@ evidence_types);

-- Append-only: no login may change a row. What a decision still is follows from those that came after it.
CREATE TABLE hub.line_decision (
    decision_id uuid PRIMARY KEY,
    -- The order in which they came; of two about one day the later counts.
    nth bigint GENERATED ALWAYS AS IDENTITY,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    body text NOT NULL CHECK (body ~ '^\d{14}$'),
    number text NOT NULL CHECK (length(number) BETWEEN 1 AND 64),
    -- SHA-256 of the decision as it was sent, for both payers where there are two.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    kind text NOT NULL CHECK (kind IN ('tariff', 'assignment', 'registration', 'refusal')),
    amends text CHECK (amends IN ('supersedes', 'corrects', 'withdraws')),
    amends_number text,
    decided_on date NOT NULL,
    notified_on date CHECK (notified_on >= decided_on),
    valid_from date NOT NULL,
    valid_until date CHECK (valid_until >= valid_from),
    tariff_band text,
    parity text NOT NULL CHECK (parity IN ('every', 'even', 'odd')),
    share smallint NOT NULL CHECK (share BETWEEN 1 AND 100),
    school_name text,
    school_uai text CHECK (school_uai ~ '^\d{7}[A-HJ-NPR-Z]$'),
    refused_for text,
    author_service text NOT NULL,
    author_function text NOT NULL,
    remedies jsonb NOT NULL,
    exchange_id uuid REFERENCES hub.exchange,
    recorded_at timestamptz NOT NULL,
    UNIQUE (body, number, digest, line_id),
    CHECK ((amends IS NULL) = (amends_number IS NULL)),
    CHECK (amends = 'withdraws' OR (kind = 'tariff') = (tariff_band IS NOT NULL)),
    CHECK (amends = 'withdraws' OR (kind = 'refusal') = (refused_for IS NOT NULL)),
    CHECK (amends = 'withdraws' OR kind <> 'assignment' OR school_uai IS NOT NULL),
    CHECK ((school_name IS NULL) = (school_uai IS NULL))
);
CREATE INDEX line_decision_line ON hub.line_decision (line_id, nth);

GRANT SELECT ON hub.line_decision TO unefois_door, unefois_worker;
GRANT SELECT, INSERT ON hub.line_decision TO unefois_release, unefois_pipelines;
GRANT SELECT ON hub.line_succession TO unefois_door, unefois_pipelines;

ALTER TABLE hub.line_decision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.line_decision TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner_breach ON hub.line_decision FOR SELECT TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'breach');
-- A body writes and reads its own, and no other's.
CREATE POLICY partner ON hub.line_decision TO unefois_release, unefois_pipelines
    USING (body = (SELECT vault.standing('partner')));
-- Whoever pays the line; not who only confirms it.
CREATE POLICY door_person ON hub.line_decision FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = line_decision.line_id AND l.payer_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY door_agent ON hub.line_decision FOR SELECT TO unefois_door
    USING ((SELECT vault.standing('agent')) IS NOT NULL AND EXISTS (
        SELECT FROM hub.enrolment_line l WHERE l.line_id = line_decision.line_id
    ));
CREATE POLICY with_line ON hub.line_decision FOR SELECT TO unefois_worker
    USING (EXISTS (SELECT FROM hub.enrolment_line l WHERE l.line_id = line_decision.line_id));

-- What was decided of a line that rests since two accounts became one, is read with the line that goes on.
CREATE POLICY door_person ON hub.line_succession FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = line_succession.survivor_line_id AND l.payer_id = (SELECT vault.standing('person'))::uuid
    ));
CREATE POLICY pipelines_partner ON hub.line_succession FOR SELECT TO unefois_pipelines
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = line_succession.line_id AND l.body = (SELECT vault.standing('partner'))
    ));

-- A decision of a body is evidence that others reuse.
ALTER TABLE hub.evidence DROP CONSTRAINT evidence_kind_check;
ALTER TABLE hub.evidence ADD CONSTRAINT evidence_kind_check CHECK (kind IN ('document', 'pulled', 'decision'));

-- The family is told once that a body decided.
ALTER TABLE hub.message DROP CONSTRAINT message_kind_check;
ALTER TABLE hub.message ADD CONSTRAINT message_kind_check CHECK (kind IN (
    'ask', 'reminder', 'telephone_code', 'webhook_off', 'webhook_ageing', 'webhook_lost', 'mandate', 'of_age', 'email_code',
    'decision'
));
-- Whoever settles what was decided tells the family, and sees whether it was told already.
CREATE POLICY worker_job ON hub.message FOR SELECT TO unefois_worker
    USING (person_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
CREATE POLICY worker_decided ON hub.message FOR INSERT TO unefois_worker
    WITH CHECK (kind = 'decision' AND person_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
