-- What was said to partners and what they answered. Its keys lie with the holders' keys, one a period, and go with it.

CREATE TABLE vault.body_period (
    period_id uuid PRIMARY KEY,
    siret text NOT NULL,
    binding text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('pull', 'push')),
    begins date NOT NULL,
    goes_on date NOT NULL CHECK (goes_on > begins),
    destroyed_at timestamptz,
    UNIQUE (binding, kind, begins, siret)
);
COMMENT ON TABLE vault.body_period IS 'One row per binding, way and day or month; its number is that of its key';
COMMENT ON COLUMN vault.body_period.goes_on IS 'The day on which its key is destroyed';
CREATE INDEX body_period_over ON vault.body_period (goes_on) WHERE destroyed_at IS NULL;

CREATE TABLE vault.body (
    body_id uuid PRIMARY KEY,
    period_id uuid NOT NULL REFERENCES vault.body_period,
    generation integer NOT NULL,
    object_name text NOT NULL UNIQUE,
    length bigint NOT NULL CHECK (length >= 0),
    wrapped_key bytea NOT NULL,
    commitment bytea NOT NULL,
    stored_at timestamptz NOT NULL,
    FOREIGN KEY (period_id, generation) REFERENCES vault.holder_key (holder_id, generation)
);
CREATE INDEX body_of_period ON vault.body (period_id, stored_at);

-- A body is shown to whoever works for its recipient, and to what compares, ends or dumps.
ALTER TABLE vault.body ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON vault.body TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY of_recipient ON vault.body TO unefois_worker, unefois_pipelines
    USING (EXISTS (
        SELECT FROM vault.body_period p
        WHERE p.period_id = body.period_id AND p.siret = (SELECT vault.standing('partner'))
    ));
CREATE POLICY worker_looks ON vault.body FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'reconciliation');
CREATE POLICY worker_ends ON vault.body TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');

CREATE POLICY of_period ON vault.holder_key TO unefois_worker, unefois_pipelines
    USING (EXISTS (
        SELECT FROM vault.body_period p
        WHERE p.period_id = holder_key.holder_id AND p.siret = (SELECT vault.standing('partner'))
    ));

GRANT SELECT, INSERT ON vault.body_period TO unefois_worker, unefois_pipelines;
GRANT UPDATE (destroyed_at) ON vault.body_period TO unefois_worker;
GRANT INSERT ON vault.body TO unefois_worker, unefois_pipelines;
GRANT SELECT, DELETE ON vault.body TO unefois_worker;
-- The pipelines make a period's key and seal with it; they have no right to open.
GRANT SELECT, INSERT ON vault.holder_key TO unefois_pipelines;
