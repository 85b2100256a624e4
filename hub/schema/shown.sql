-- Where requests stand on the City's own dashboard (ADR 0058): what was shown of each line, and who wants it shown.

CREATE TABLE hub.dashboard_choice (
    person_id uuid PRIMARY KEY REFERENCES hub.person,
    shown boolean NOT NULL,
    chosen_at timestamptz NOT NULL
);
COMMENT ON TABLE hub.dashboard_choice IS 'What a person said of their dashboard; who said nothing has no row';

CREATE TABLE hub.shown_line (
    line_id uuid PRIMARY KEY REFERENCES hub.enrolment_line,
    account_id uuid NOT NULL REFERENCES hub.account,
    demand uuid NOT NULL UNIQUE,
    number integer NOT NULL CHECK (number >= 1),
    status smallint CHECK (status IN (11, 13, 15)),
    before smallint CHECK (before IN (11, 13, 15)),
    exchange_id uuid NOT NULL REFERENCES hub.exchange,
    noted_at timestamptz
);
COMMENT ON TABLE hub.shown_line IS 'One row per line that the City''s dashboard shows, or was to show';
COMMENT ON COLUMN hub.shown_line.account_id IS 'On whose dashboard: the City''s account it was begun under';
COMMENT ON COLUMN hub.shown_line.demand IS 'The request under a random name that only the store has';
COMMENT ON COLUMN hub.shown_line.number IS 'How many times the store was told of it; with the demand the natural key of the exchange';
COMMENT ON COLUMN hub.shown_line.status IS 'The store''s number of how it stands, as last told; nothing: nothing of it was shown yet';
COMMENT ON COLUMN hub.shown_line.before IS 'What was shown before: it counts again where the exchange is given up before a byte of it left';
COMMENT ON COLUMN hub.shown_line.noted_at IS 'When it was seen that the exchange is over, and the family''s journal has it if it was shown';
CREATE INDEX shown_line_exchange ON hub.shown_line (exchange_id);
CREATE INDEX shown_line_unnoted ON hub.shown_line (exchange_id) WHERE noted_at IS NULL;

ALTER TABLE hub.dashboard_choice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.dashboard_choice TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.dashboard_choice TO unefois_door
    USING (person_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY at_last_door_agent ON hub.dashboard_choice TO unefois_door
    USING (person_id = ANY ((SELECT hub.visitors())::uuid[]));
GRANT SELECT, INSERT, UPDATE (shown, chosen_at) ON hub.dashboard_choice TO unefois_door;

ALTER TABLE hub.shown_line ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.shown_line TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY worker_tells ON hub.shown_line TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
GRANT SELECT, INSERT ON hub.shown_line TO unefois_worker;
GRANT UPDATE (account_id, demand, number, status, before, exchange_id, noted_at) ON hub.shown_line TO unefois_worker;

-- Whether a line was decided, or the one that rests for it.
CREATE POLICY worker_tells ON hub.line_decision FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');
CREATE POLICY worker_tells ON hub.line_succession FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'telling');

-- Whose accounts are looked for by person.
CREATE INDEX account_person ON hub.account (person_id);

-- Whether somebody's dashboard shows their requests: as they said last, under any account that is theirs now. Who never
-- said so is shown them, unless their address is confidential: then an account may not be theirs alone.
CREATE FUNCTION hub.shows_dashboard(whose uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (
            SELECT c.shown FROM hub.dashboard_choice c
            WHERE c.person_id = whose OR c.person_id IN (
                SELECT m.merged_id FROM hub.person_merge m
                WHERE m.survivor_id = whose AND m.kind = 'accounts' AND m.parted_at IS NULL
            )
            ORDER BY c.chosen_at DESC, c.shown LIMIT 1
        ),
        NOT EXISTS (
            SELECT FROM hub.residence r WHERE r.person_id = whose AND r.confidential AND r.retracted_at IS NULL
                AND (r.valid_until IS NULL OR r.valid_until >= (now() AT TIME ZONE 'Europe/Paris')::date)
        )
    )
    WHERE whose = (SELECT vault.standing('person'))::uuid OR whose = ANY (hub.visitors())
        OR (SELECT vault.standing('purpose')) = 'telling'
$$;

-- The City's accounts of some persons who live and want them to show where their requests stand; ``passed``: it came by a merge.
CREATE FUNCTION hub.dashboards(of_issuer text, persons uuid[])
RETURNS TABLE (person_id uuid, account_id uuid, subject text, passed boolean, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.person_id, a.account_id, a.subject, EXISTS (
            SELECT FROM hub.person_merge_item i JOIN hub.person_merge m USING (merge_id)
            WHERE i.kind = 'passed' AND i.place = 'hub.account' AND i.row_id = a.account_id AND m.parted_at IS NULL
        ), a.created_at
    FROM hub.account a
    WHERE a.issuer = of_issuer AND a.person_id = ANY (persons) AND (SELECT vault.standing('purpose')) = 'telling'
        AND NOT EXISTS (SELECT FROM hub.death d WHERE d.person_id = a.person_id) AND hub.shows_dashboard(a.person_id)
$$;

REVOKE EXECUTE ON FUNCTION hub.shows_dashboard(uuid), hub.dashboards(text, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.shows_dashboard(uuid) TO unefois_door, unefois_worker;
GRANT EXECUTE ON FUNCTION hub.dashboards(text, uuid[]) TO unefois_worker;
