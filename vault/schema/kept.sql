-- Small values that a person told and no paper holds, such as a postal address: sealed under the key of whom they are
-- about, like a paper, so that they end with that key.

CREATE TABLE vault.kept_value (
    holder_id uuid NOT NULL,
    place text NOT NULL CHECK (place ~ '^[a-z_]{1,40}$'),
    holder_generation integer NOT NULL,
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (holder_id, place),
    FOREIGN KEY (holder_id, holder_generation) REFERENCES vault.holder_key (holder_id, generation)
);

ALTER TABLE vault.kept_value ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON vault.kept_value TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON vault.kept_value TO unefois_door
    USING (holder_id = (SELECT vault.standing('person'))::uuid);
-- Letters are written to whom they are for, and to nobody else; keys are changed where papers go.
CREATE POLICY worker_tells ON vault.kept_value FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling' AND holder_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_safety ON vault.kept_value TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('retention', 'safety', 'restoring'));

-- The door seals and cannot open: it need not even see what is sealed.
GRANT SELECT (holder_id, place, kept_at), INSERT, UPDATE (holder_generation, sealed, kept_at), DELETE
    ON vault.kept_value TO unefois_door;
GRANT SELECT, UPDATE (holder_generation, sealed), DELETE ON vault.kept_value TO unefois_worker;
