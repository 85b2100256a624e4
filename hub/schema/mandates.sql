-- Acting for somebody: a mandate with themes, a last day, and each theme taken back by itself (ADR 0015).

CREATE TABLE hub.mandate (
    mandate_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    -- As each of the two knows the other by, from the moment they agreed.
    person_name text NOT NULL,
    helper_id uuid REFERENCES hub.person,
    helper_name text,
    locator text NOT NULL CHECK (length(locator) = 4),
    salt bytea NOT NULL,
    digest bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    code_until timestamptz NOT NULL,
    given_at timestamptz NOT NULL,
    accepted_at timestamptz,
    valid_until date NOT NULL,
    ended_at timestamptz,
    CHECK (helper_id <> person_id),
    CHECK ((helper_id IS NULL) = (accepted_at IS NULL) AND (helper_id IS NULL) = (helper_name IS NULL))
);
CREATE UNIQUE INDEX mandate_locator ON hub.mandate (locator) WHERE helper_id IS NULL AND ended_at IS NULL;
CREATE INDEX mandate_person ON hub.mandate (person_id);
CREATE INDEX mandate_helper ON hub.mandate (helper_id) WHERE helper_id IS NOT NULL;

CREATE TABLE hub.mandate_theme (
    mandate_id uuid NOT NULL REFERENCES hub.mandate,
    theme text NOT NULL CHECK (theme IN ('papers', 'school', 'home')),
    revoked_at timestamptz,
    PRIMARY KEY (mandate_id, theme)
);

-- For whom this session acts now, if not for who is signed in.
ALTER TABLE hub.session ADD COLUMN mandate_id uuid REFERENCES hub.mandate;
GRANT UPDATE (mandate_id) ON hub.session TO unefois_door;

ALTER TABLE hub.message DROP CONSTRAINT message_kind_check;
ALTER TABLE hub.message ADD CONSTRAINT message_kind_check 
    CHECK (kind IN ('ask', 'reminder', 'telephone_code', 'webhook_off', 'webhook_ageing', 'webhook_lost', 'mandate'));

ALTER TABLE hub.mandate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.mandate_theme ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.mandate TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON hub.mandate_theme TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.mandate TO unefois_door
    USING ((SELECT vault.standing('person'))::uuid IN (person_id, helper_id));
-- Who brings the code that nobody has brought yet.
CREATE POLICY door_code ON hub.mandate TO unefois_door
    USING (helper_id IS NULL AND locator = (SELECT vault.standing('ticket')));
CREATE POLICY door_with_mandate ON hub.mandate_theme TO unefois_door
    USING (EXISTS (SELECT FROM hub.mandate m WHERE m.mandate_id = mandate_theme.mandate_id));

GRANT SELECT, INSERT, UPDATE (helper_id, helper_name, accepted_at, tries, ended_at) ON hub.mandate TO unefois_door;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON hub.mandate_theme TO unefois_door;
