-- By which way families are written to: e-mail, text messages, printed letters with a code; and who opens what by a code.

ALTER TABLE hub.message
    -- The way it went, decided when it was claimed.
    ADD COLUMN channel text CHECK (channel IN ('email', 'telephone', 'post')),
    DROP CONSTRAINT message_kind_check,
    DROP CONSTRAINT message_check2,
    ADD CONSTRAINT message_kind_check
        CHECK (kind IN ('ask', 'reminder', 'telephone_code', 'webhook_off', 'webhook_ageing', 'webhook_lost')),
    ADD CONSTRAINT message_whose CHECK ((kind LIKE 'webhook\_%') = (siret IS NOT NULL));
UPDATE hub.message SET channel = 'email' WHERE state NOT IN ('due', 'cancelled');
CREATE INDEX message_doubt ON hub.message (not_before) WHERE state = 'in_doubt';
GRANT UPDATE (channel) ON hub.message TO unefois_worker;
-- Asking whether a number is one's own, a person has a code sent.
GRANT SELECT, INSERT ON hub.message TO unefois_door;

-- When a telephone number was proved to be reached by whom it is of; no other is written to.
ALTER TABLE hub.contact ADD COLUMN verified_at timestamptz,
    ADD CONSTRAINT contact_verified CHECK (verified_at IS NULL OR channel = 'telephone');

-- Whoever chose the post before said no address: they choose again, and are told then.
UPDATE hub.contact SET retracted_at = now() WHERE channel = 'post' AND retracted_at IS NULL;

-- A number that is to be proved: the code that was sent to it lies here as a digest that is slow to guess.
CREATE TABLE hub.telephone_check (
    message_id uuid PRIMARY KEY REFERENCES hub.message,
    person_id uuid NOT NULL REFERENCES hub.person,
    number text NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    salt bytea,
    digest bytea,
    tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((salt IS NULL) = (digest IS NULL))
);
CREATE INDEX telephone_check_person ON hub.telephone_check (person_id, asked_at);
CREATE INDEX telephone_check_number ON hub.telephone_check (number, asked_at);
ALTER TABLE hub.telephone_check ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.telephone_check TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.telephone_check TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_tells ON hub.telephone_check TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
GRANT SELECT, INSERT, UPDATE (tries, ended_at) ON hub.telephone_check TO unefois_door;
GRANT SELECT, UPDATE (salt, digest), DELETE ON hub.telephone_check TO unefois_worker;

-- How often codes were sent to a number, for whomever: nobody's telephone is made to ring all day.
CREATE FUNCTION hub.codes_sent(asked text, since timestamptz) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'SELECT count(*) FROM hub.telephone_check WHERE number = asked AND asked_at > since';
REVOKE EXECUTE ON FUNCTION hub.codes_sent(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.codes_sent(text, timestamptz) TO unefois_door;

-- The code of a printed letter, as its digest: it leads whom the letter is for, or an agent, to what the letter tells of.
CREATE TABLE hub.return_code (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    message_id uuid NOT NULL REFERENCES hub.message,
    person_id uuid NOT NULL REFERENCES hub.person,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX return_code_message ON hub.return_code (message_id);
CREATE INDEX return_code_expiry ON hub.return_code (expires_at);
ALTER TABLE hub.return_code ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.return_code TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
-- Who has the code sees the row it opens, and no other.
CREATE POLICY door_code ON hub.return_code FOR SELECT TO unefois_door
    USING (digest = decode((SELECT vault.standing('ticket')), 'hex'));
CREATE POLICY worker_tells ON hub.return_code TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
GRANT SELECT ON hub.return_code TO unefois_door;
GRANT SELECT, INSERT, DELETE ON hub.return_code TO unefois_worker;

-- Agents who welcome families at the counter; and whom one of them has before them, for how long.
ALTER TABLE hub.agent_role DROP CONSTRAINT agent_role_role_check,
    ADD CONSTRAINT agent_role_role_check CHECK (role IN ('reviewer', 'operator', 'counter'));
CREATE TABLE hub.counter_visit (
    visit_id uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES hub.agent,
    person_id uuid NOT NULL REFERENCES hub.person,
    -- The letter whose code opened it.
    message_id uuid NOT NULL REFERENCES hub.message,
    opened_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX counter_visit_expiry ON hub.counter_visit (expires_at);
ALTER TABLE hub.counter_visit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.counter_visit TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_agent ON hub.counter_visit TO unefois_door
    USING (agent_id = (SELECT vault.standing('agent'))::uuid);
CREATE POLICY worker_tells ON hub.counter_visit TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
GRANT SELECT, INSERT ON hub.counter_visit TO unefois_door;
GRANT SELECT, DELETE ON hub.counter_visit TO unefois_worker;

-- Whom an agent has before them now.
CREATE FUNCTION hub.visitors() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(v.person_id), '{}') FROM hub.counter_visit v
    JOIN hub.agent_role a ON a.agent_id = v.agent_id AND a.role = 'counter' AND a.withdrawn_at IS NULL
    WHERE v.agent_id = (SELECT vault.standing('agent'))::uuid AND v.expires_at > now()
$$;
REVOKE EXECUTE ON FUNCTION hub.visitors() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.visitors() TO unefois_door;
CREATE POLICY door_agent ON hub.telephone_check TO unefois_door
    USING (person_id = ANY ((SELECT hub.visitors())::uuid[]));
-- The agent writes an address down with the family, and cannot read it afterwards: the door opens nothing.
CREATE POLICY door_agent ON vault.kept_value TO unefois_door
    USING (holder_id = ANY ((SELECT hub.visitors())::uuid[]));
CREATE POLICY worker_job ON vault.kept_value TO unefois_worker
    USING (holder_id = ANY ((SELECT hub.holders_of_job())::uuid[]));

-- What waits for a webhook that is off is let go after its time only once the partner was told of it, and told again after.
ALTER TABLE hub.webhook
    ADD COLUMN warned_at timestamptz,
    ADD COLUMN lost_at timestamptz,
    ADD COLUMN lost bigint NOT NULL DEFAULT 0 CHECK (lost >= 0);
GRANT UPDATE (warned_at, lost_at, lost) ON hub.webhook TO unefois_worker;
