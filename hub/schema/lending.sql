-- FranceConnect's access token of somebody who has just signed in, lent to the one request it can be used for. It is
-- sealed for whoever may unwrap, works for a minute, and is taken away by its first use.

CREATE TABLE hub.lent_token (
    request_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX lent_token_expiry ON hub.lent_token (expires_at);

ALTER TABLE hub.lent_token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.lent_token TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.lent_token TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_job ON hub.lent_token TO unefois_worker
    USING (person_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
-- To sweep away what is over, and nothing that is still good.
CREATE POLICY worker_sweeps ON hub.lent_token TO unefois_worker USING (expires_at <= now());

GRANT SELECT, INSERT, UPDATE ON hub.lent_token TO unefois_door;
GRANT SELECT, DELETE ON hub.lent_token TO unefois_worker;
