-- The engine of exchanges: what is planned, who holds it, each attempt, and which end-points are left alone.

ALTER TABLE hub.exchange
    ADD COLUMN kind text CHECK (kind IN ('push', 'pull')),
    ADD COLUMN write_class text CHECK (write_class IN ('keyed', 'natural', 'lookup', 'none')),
    ADD COLUMN connector text,
    ADD COLUMN due_at timestamptz,
    ADD COLUMN receipt text,
    ADD COLUMN command bytea,
    ADD COLUMN command_period uuid REFERENCES vault.body_period,
    ADD COLUMN command_generation integer,
    ADD COLUMN parent_id uuid REFERENCES hub.exchange,
    ADD COLUMN author text,
    ADD COLUMN approver text,
    ADD CHECK ((command IS NULL) = (command_period IS NULL)),
    ADD CHECK ((command IS NULL) = (command_generation IS NULL)),
    -- What was edited by hand was approved by another hand.
    ADD CHECK (approver IS NULL OR approver <> author);
ALTER TABLE hub.exchange DROP CONSTRAINT exchange_state_check;
ALTER TABLE hub.exchange ADD CONSTRAINT exchange_state_check CHECK (state IN (
    'proposed', 'planned', 'sending', 'settled', 'in_doubt', 'parked', 'quarantined', 'cancelled'
));
COMMENT ON COLUMN hub.exchange.siret IS 'The body at the other end; what is asked about one request has none';
COMMENT ON COLUMN hub.exchange.due_at IS 'When it is taken up next; none where a person has to look, or nothing is left to do';
COMMENT ON COLUMN hub.exchange.command IS 'What it does, sealed under the key of its period; it cannot be repeated once that is gone';
COMMENT ON COLUMN hub.exchange.parent_id IS 'The exchange that this one repeats with another content';
CREATE INDEX exchange_due ON hub.exchange (binding, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX exchange_open ON hub.exchange (binding, state) WHERE state NOT IN ('settled', 'cancelled');

CREATE TABLE hub.exchange_attempt (
    exchange_id uuid NOT NULL REFERENCES hub.exchange,
    number integer NOT NULL CHECK (number >= 1),
    act text NOT NULL CHECK (act IN ('send', 'look_up')),
    binding text NOT NULL,
    again boolean NOT NULL,
    target text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    phase text,
    status integer,
    fault text,
    outcome text,
    outcome_code text,
    request_bytes bigint,
    response_bytes bigint,
    response_digest bytea,
    body_id uuid,
    PRIMARY KEY (exchange_id, number)
);
COMMENT ON TABLE hub.exchange_attempt IS 'One row per conversation, written before the first byte; one without an end was cut off';
COMMENT ON COLUMN hub.exchange_attempt.again IS 'Whether the same had been tried before: what the budget of repeats counts';
COMMENT ON COLUMN hub.exchange_attempt.target IS 'Method, origin and path; queries and bodies hold persons and are nowhere in clear';
COMMENT ON COLUMN hub.exchange_attempt.body_id IS 'The kept bytes (vault.body), gone after its period';
CREATE INDEX exchange_attempt_recent ON hub.exchange_attempt (binding, began_at);

-- An attempt is shown where its exchange is: to whoever works for the body at its other end.
ALTER TABLE hub.exchange_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.exchange_attempt TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY of_recipient ON hub.exchange_attempt TO unefois_worker, unefois_pipelines
    USING (EXISTS (
        SELECT FROM hub.exchange e
        WHERE e.exchange_id = exchange_attempt.exchange_id AND e.siret = (SELECT vault.standing('partner'))
    ));

CREATE TABLE hub.breaker (
    binding text NOT NULL,
    endpoint text NOT NULL,
    failures_in_row integer NOT NULL DEFAULT 0,
    window_began timestamptz NOT NULL,
    calls integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    breaches integer NOT NULL DEFAULT 0,
    open_until timestamptz,
    opened integer NOT NULL DEFAULT 0,
    reason text CHECK (reason IN ('unreachable', 'failing', 'contract', 'auth')),
    since timestamptz,
    PRIMARY KEY (binding, endpoint),
    CHECK ((open_until IS NULL) = (reason IS NULL))
);
COMMENT ON TABLE hub.breaker IS 'How an end-point of a partner does, the same for every process; counts, and nobody';
COMMENT ON COLUMN hub.breaker.opened IS 'How often in a row it was left alone: the longer each time';

CREATE TABLE hub.binding_health (
    binding text NOT NULL,
    depth text NOT NULL CHECK (depth IN ('reach', 'auth', 'contract', 'canary', 'business')),
    state text NOT NULL CHECK (state IN ('ok', 'degraded', 'closed', 'down', 'unknown')),
    since timestamptz NOT NULL,
    evidence text NOT NULL,
    looked_at timestamptz NOT NULL,
    PRIMARY KEY (binding, depth)
);
COMMENT ON TABLE hub.binding_health IS 'How a binding is, level by level, since when, and what showed it; words and counts of ours';

GRANT SELECT ON hub.exchange_attempt, hub.breaker, hub.binding_health TO unefois_worker, unefois_pipelines;
GRANT INSERT ON hub.exchange_attempt, hub.breaker, hub.binding_health TO unefois_worker;
GRANT UPDATE (ended_at, phase, status, fault, outcome, outcome_code, request_bytes, response_bytes, response_digest, body_id)
    ON hub.exchange_attempt TO unefois_worker;
GRANT UPDATE (failures_in_row, window_began, calls, failures, breaches, open_until, opened, reason, since)
    ON hub.breaker TO unefois_worker;
GRANT UPDATE (state, since, evidence, looked_at) ON hub.binding_health TO unefois_worker;
GRANT UPDATE (due_at, receipt, command, command_period, command_generation, approver) ON hub.exchange TO unefois_worker;
GRANT UPDATE (due_at) ON hub.exchange TO unefois_pipelines;
