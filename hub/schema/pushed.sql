-- What each body was told of a line, and under which number it keeps it; and the worker records what bodies decided.

CREATE TABLE hub.told_line (
    binding text NOT NULL,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    reference uuid NOT NULL,
    family uuid NOT NULL,
    goes_by uuid,
    exchange_id uuid NOT NULL REFERENCES hub.exchange,
    revision integer NOT NULL CHECK (revision >= 1),
    digest bytea CHECK (length(digest) = 32),
    number text CHECK (length(number) BETWEEN 1 AND 64),
    stamp text CHECK (length(stamp) BETWEEN 1 AND 40),
    outcome text,
    replans smallint NOT NULL DEFAULT 0 CHECK (replans BETWEEN 0 AND 2),
    told_at timestamptz NOT NULL,
    gone_at timestamptz,
    PRIMARY KEY (binding, line_id)
);
COMMENT ON TABLE hub.told_line IS 'One row per binding and line: what it was told last; what is as it was told is not told again';
COMMENT ON COLUMN hub.told_line.reference IS 'The body''s own pseudonym of the line';
COMMENT ON COLUMN hub.told_line.family IS 'The body''s own pseudonym of who pays it';
COMMENT ON COLUMN hub.told_line.goes_by IS 'What the body says it became, where it made two into one: the next message names that';
COMMENT ON COLUMN hub.told_line.exchange_id IS 'In which exchange it was told last';
COMMENT ON COLUMN hub.told_line.digest IS 'SHA-256 of what it was told, its pseudonym included; nothing: it is to be told anew';
COMMENT ON COLUMN hub.told_line.number IS 'The body''s number of it, and in stamp when the body last changed it: its next change gives both back';
COMMENT ON COLUMN hub.told_line.replans IS 'How often one content was planned again because the body answered with another number or date';
COMMENT ON COLUMN hub.told_line.gone_at IS 'When the body was told that the line ended or passed to another body';
CREATE INDEX told_line_exchange ON hub.told_line (exchange_id);

GRANT SELECT, INSERT, UPDATE ON hub.told_line TO unefois_pipelines;
GRANT SELECT, UPDATE (goes_by, digest, number, stamp, outcome, replans) ON hub.told_line TO unefois_worker;
ALTER TABLE hub.told_line ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.told_line TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY partner ON hub.told_line TO unefois_worker, unefois_pipelines
    USING (siret = (SELECT vault.standing('partner')));

-- Who pays has a name of each body's own, as lines and children have.
ALTER TABLE hub.pseudonym DROP CONSTRAINT pseudonym_kind_check;
ALTER TABLE hub.pseudonym ADD CONSTRAINT pseudonym_kind_check CHECK (kind IN ('file', 'evidence', 'child', 'payer'));

-- The worker fetches what bodies decided, and records it as the body whose answer it was: it sees that body's lines.
CREATE POLICY worker_partner ON hub.enrolment_line FOR SELECT TO unefois_worker
    USING (body = (SELECT vault.standing('partner')));
CREATE POLICY worker_partner ON hub.pseudonym FOR SELECT TO unefois_worker
    USING (siret = (SELECT vault.standing('partner')));
CREATE POLICY worker_partner ON hub.line_succession FOR SELECT TO unefois_worker
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = line_succession.line_id AND l.body = (SELECT vault.standing('partner'))
    ));
GRANT INSERT ON hub.line_decision TO unefois_worker;
CREATE POLICY worker_partner ON hub.line_decision TO unefois_worker
    USING (body = (SELECT vault.standing('partner')));
