-- The operators' console: who sees exchanges and settles them, which bodies are shown for which reason, and plans of repeats.

-- A viewer of the body that runs the hub reads the console and changes nothing.
ALTER TABLE hub.agent_role DROP CONSTRAINT agent_role_role_check,
    ADD CONSTRAINT agent_role_role_check CHECK (role IN ('reviewer', 'operator', 'counter', 'viewer'));

-- Whether the agent this transaction stands for operates now: to look, or also to change something. The role itself is
-- asked, so that a door that says « operating » of anybody else is shown nothing.
CREATE FUNCTION hub.operates(changes boolean) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT vault.standing('purpose') = 'operating' AND EXISTS (
        SELECT FROM hub.agent_role r JOIN hub.agent a USING (agent_id)
        WHERE r.agent_id = nullif(current_setting('unefois.agent', true), '')::uuid
            AND r.withdrawn_at IS NULL AND a.removed_at IS NULL
            AND (r.role = 'operator' OR r.role = 'viewer' AND NOT changes)
    )
$$;
REVOKE EXECUTE ON FUNCTION hub.operates(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.operates(boolean) TO unefois_door;

CREATE POLICY door_operator ON hub.exchange FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
CREATE POLICY door_settles ON hub.exchange FOR UPDATE TO unefois_door USING ((SELECT hub.operates(true)));
CREATE POLICY door_operator ON hub.exchange_attempt FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
CREATE POLICY door_operator ON hub.message FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
CREATE POLICY door_settles ON hub.message FOR UPDATE TO unefois_door USING ((SELECT hub.operates(true)));
GRANT SELECT ON hub.exchange, hub.exchange_attempt, hub.breaker, hub.binding_health TO unefois_door;
GRANT UPDATE (state, phase, outcome, outcome_code, receipt, attempts, leased_until, settled_at, due_at)
    ON hub.exchange TO unefois_door;
GRANT UPDATE (state, not_before, settled_at) ON hub.message TO unefois_door;
-- Of what partners are told the console counts; bodies stay where they are.
CREATE POLICY door_operator ON hub.delivery FOR SELECT TO unefois_door USING ((SELECT hub.operates(false)));
GRANT SELECT (delivery_id, siret, state, attempts, next_attempt_at, last_outcome, created_at) ON hub.delivery TO unefois_door;
GRANT SELECT (siret, verifying_key, previous_verifying_key, previous_until, failures, failing_since, open_at, taken_at,
    disabled_at, disabled_for, warned_at, lost_at, lost) ON hub.webhook TO unefois_door;
GRANT UPDATE (failures, failing_since, open_at, disabled_at, disabled_for) ON hub.webhook TO unefois_door;

-- Papers that wait for a scan: how many and since when, and no row of any.
CREATE FUNCTION hub.papers_quarantined(OUT many bigint, OUT since timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*), min(state_since) FROM vault.document WHERE state = 'quarantined' AND hub.operates(false)
$$;
REVOKE EXECUTE ON FUNCTION hub.papers_quarantined() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.papers_quarantined() TO unefois_door;

-- A page of the console is found by its place, whatever it is narrowed down to. What went as it should is nearly everything,
-- so that the other outcomes have an index of their own, which stays small.
CREATE INDEX exchange_made ON hub.exchange (created_at, exchange_id);
CREATE INDEX exchange_with ON hub.exchange (binding, created_at, exchange_id);
CREATE INDEX exchange_unusual ON hub.exchange (outcome, created_at, exchange_id)
    WHERE outcome NOT IN ('applied', 'accepted', 'found', 'empty');
CREATE INDEX exchange_correlation ON hub.exchange (correlation, created_at, exchange_id);

-- One look at the bytes of one conversation, for a reason: the ticket is spent at the door that can open, whose entry in the
-- journal names the reason, and that entry alone shows the bytes.
CREATE TABLE hub.exchange_look (
    ticket_digest bytea PRIMARY KEY CHECK (length(ticket_digest) = 32),
    exchange_id uuid NOT NULL,
    number integer NOT NULL,
    body_id uuid NOT NULL,
    connector text NOT NULL,
    siret text NOT NULL,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    expires_at timestamptz NOT NULL,
    entry_id uuid UNIQUE REFERENCES vault.journal_entry,
    FOREIGN KEY (exchange_id, number) REFERENCES hub.exchange_attempt
);
COMMENT ON TABLE hub.exchange_look IS 'One ticket to see the bytes of one conversation, and the entry under which it was spent';
CREATE INDEX exchange_look_expiry ON hub.exchange_look (expires_at);
ALTER TABLE hub.exchange_look ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.exchange_look TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_operator ON hub.exchange_look FOR INSERT TO unefois_door
    WITH CHECK ((SELECT hub.operates(true)) AND agent_id = (SELECT vault.standing('agent'))::uuid);
CREATE POLICY release_ticket ON hub.exchange_look TO unefois_release
    USING (ticket_digest = decode((SELECT vault.standing('ticket')), 'hex'));
CREATE POLICY worker_retention ON hub.exchange_look TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
GRANT INSERT ON hub.exchange_look TO unefois_door;
GRANT SELECT, UPDATE (entry_id) ON hub.exchange_look TO unefois_release;
GRANT SELECT (expires_at), DELETE ON hub.exchange_look TO unefois_worker;

-- The bytes that the committed entry is about, and their key.
CREATE FUNCTION hub.body_looked_at() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT body_id FROM hub.exchange_look WHERE entry_id = nullif(current_setting('unefois.entry', true), '')::uuid
$$;
CREATE FUNCTION hub.period_looked_at() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT period_id FROM vault.body WHERE body_id = hub.body_looked_at()';
REVOKE EXECUTE ON FUNCTION hub.body_looked_at(), hub.period_looked_at() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.body_looked_at(), hub.period_looked_at() TO unefois_release;
CREATE POLICY owner_answers ON vault.body FOR SELECT TO CURRENT_USER USING (session_user <> current_user);
CREATE POLICY release_looks ON vault.body FOR SELECT TO unefois_release
    USING (body_id = (SELECT hub.body_looked_at()));
CREATE POLICY release_period ON vault.holder_key FOR SELECT TO unefois_release
    USING (holder_id = (SELECT hub.period_looked_at()));
GRANT SELECT ON vault.body TO unefois_release;

-- A plan of repeats: which exchanges were chosen, at what pace they become due again, and how far that is.
CREATE TABLE hub.replay_plan (
    plan_id uuid PRIMARY KEY,
    binding text NOT NULL,
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    chosen text NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    author text NOT NULL,
    per_minute integer NOT NULL CHECK (per_minute BETWEEN 1 AND 6000),
    state text NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'cancelled', 'done')),
    total integer NOT NULL,
    due_at timestamptz,
    since timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state = 'running') = (due_at IS NOT NULL)),
    CHECK ((state IN ('cancelled', 'done')) = (ended_at IS NOT NULL))
);
COMMENT ON COLUMN hub.replay_plan.chosen IS 'What was asked for, in words of ours: states, outcomes, and two moments';
COMMENT ON COLUMN hub.replay_plan.since IS 'When it was begun or last resumed: what broke the contract before that was seen';
COMMENT ON COLUMN hub.replay_plan.state IS 'Stopped: an answer broke the contract, and a person has to look before it goes on';
CREATE INDEX replay_plan_running ON hub.replay_plan (binding, due_at) WHERE state = 'running';
CREATE TABLE hub.replay_item (
    plan_id uuid NOT NULL REFERENCES hub.replay_plan,
    exchange_id uuid NOT NULL REFERENCES hub.exchange,
    place integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'due', 'left')),
    PRIMARY KEY (plan_id, exchange_id),
    UNIQUE (plan_id, place)
);
COMMENT ON COLUMN hub.replay_item.state IS 'Due: given to the engine. Left: somebody or something else had settled it by then';
CREATE INDEX replay_item_waiting ON hub.replay_item (plan_id, place) WHERE state = 'waiting';
-- An exchange is in one plan at a time.
CREATE UNIQUE INDEX replay_item_once ON hub.replay_item (exchange_id) WHERE state = 'waiting';
-- The worker too may plan: it settles exchanges already, and a plan is a slower way to.
GRANT SELECT, INSERT ON hub.replay_plan, hub.replay_item TO unefois_door, unefois_worker;
GRANT SELECT (jwks) ON hub.partner TO unefois_door;
GRANT SELECT (period_id, destroyed_at) ON vault.body_period TO unefois_door;
GRANT UPDATE (state, due_at, since, ended_at) ON hub.replay_plan TO unefois_door, unefois_worker;
GRANT UPDATE (state) ON hub.replay_item TO unefois_door, unefois_worker;
