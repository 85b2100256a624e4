-- Which partner is linked to which child, and the one-time codes by which a family links one (ADR 0039).

ALTER TABLE hub.pseudonym DROP CONSTRAINT pseudonym_kind_check;
ALTER TABLE hub.pseudonym ADD CONSTRAINT pseudonym_kind_check CHECK (kind IN ('file', 'evidence', 'child'));

-- A code lives for minutes and goes when it is used. Its first part finds the row and proves nothing; of its second part
-- only a slow, salted hash lies here.
CREATE TABLE hub.link_code (
    code_id uuid PRIMARY KEY,
    adult_id uuid NOT NULL REFERENCES hub.person,
    child_id uuid NOT NULL REFERENCES hub.person,
    siret text NOT NULL REFERENCES hub.partner,
    service text NOT NULL,
    locator text NOT NULL CHECK (length(locator) = 4),
    salt bytea NOT NULL CHECK (length(salt) = 16),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (made_at < expires_at)
);
CREATE UNIQUE INDEX link_code_locator ON hub.link_code (siret, locator);
-- A new code takes the place of the one before.
CREATE UNIQUE INDEX link_code_one ON hub.link_code (adult_id, child_id, siret, service);
CREATE INDEX link_code_expiry ON hub.link_code (expires_at);

CREATE TABLE hub.partner_link (
    link_id uuid PRIMARY KEY,
    siret text NOT NULL REFERENCES hub.partner,
    service text NOT NULL,
    child_id uuid NOT NULL REFERENCES hub.person,
    -- Whose act it was, and whose lines it is about: the other guardian's are not.
    adult_id uuid NOT NULL REFERENCES hub.person,
    source text NOT NULL CHECK (source IN ('code', 'agent')),
    -- The review may go; that an agent linked them is a fact and stays.
    source_review uuid,
    on_behalf_of text NOT NULL,
    linked_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text CHECK (ended_by IN ('family', 'partner')),
    CHECK ((source = 'agent') = (source_review IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX partner_link_current ON hub.partner_link (siret, service, child_id, adult_id) WHERE ended_at IS NULL;
CREATE INDEX partner_link_adult ON hub.partner_link (adult_id);

-- Whether an adult stands for a child today: the partners' door asks, and is shown no row of a family.
CREATE FUNCTION hub.stands_for(adult uuid, child uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM hub.family_link
        WHERE adult_id = adult AND child_id = child AND retracted_at IS NULL AND authority <> 'withdrawn'
            AND valid_from <= (now() AT TIME ZONE 'Europe/Paris')::date
            AND (valid_until IS NULL OR valid_until >= (now() AT TIME ZONE 'Europe/Paris')::date)
    )
$$;
REVOKE EXECUTE ON FUNCTION hub.stands_for(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.stands_for(uuid, uuid) TO unefois_release, unefois_worker;

ALTER TABLE hub.link_code ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.partner_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.link_code TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON hub.partner_link TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY door_person ON hub.link_code TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY door_person ON hub.partner_link TO unefois_door
    USING (adult_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY release_partner ON hub.link_code TO unefois_release
    USING (siret = (SELECT vault.standing('partner')));
CREATE POLICY release_partner ON hub.partner_link TO unefois_release
    USING (siret = (SELECT vault.standing('partner')));
-- To sweep away what is over, and nothing that is still good.
CREATE POLICY worker_sweeps ON hub.link_code TO unefois_worker
    USING (expires_at <= now() AND (SELECT vault.standing('purpose')) = 'retention');

GRANT SELECT, INSERT, DELETE ON hub.link_code TO unefois_door;
GRANT SELECT, UPDATE (tries), DELETE ON hub.link_code TO unefois_release;
GRANT SELECT (expires_at), DELETE ON hub.link_code TO unefois_worker;
GRANT SELECT, UPDATE (ended_at, ended_by) ON hub.partner_link TO unefois_door;
GRANT SELECT, INSERT, UPDATE (ended_at, ended_by) ON hub.partner_link TO unefois_release;

-- Linking by a civil status only ever puts a case to an agent. What a partner wrote lies here until it is over.
CREATE TABLE hub.link_proposal (
    proposal_id uuid PRIMARY KEY,
    siret text NOT NULL REFERENCES hub.partner,
    service text NOT NULL,
    on_behalf_of text NOT NULL,
    family_name text NOT NULL,
    given_names text[] NOT NULL,
    born_on date NOT NULL,
    match_key text NOT NULL,
    link_id uuid REFERENCES hub.partner_link,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (proposed_at < expires_at)
);
CREATE INDEX link_proposal_same ON hub.link_proposal (siret, service, match_key);
CREATE INDEX link_proposal_expiry ON hub.link_proposal (expires_at);

ALTER TABLE hub.review ADD COLUMN proposal_id uuid REFERENCES hub.link_proposal ON DELETE CASCADE;
ALTER TABLE hub.review DROP CONSTRAINT review_kind_check;
ALTER TABLE hub.review ADD CONSTRAINT review_kind_check
    CHECK (kind IN ('family_link', 'fit', 'objection', 'partner_link'));
ALTER TABLE hub.review ADD CHECK (
    (kind = 'partner_link') = (proposal_id IS NOT NULL)
    AND (kind <> 'partner_link' OR (child_id IS NOT NULL AND line_id IS NOT NULL AND body IS NOT NULL))
);
DROP INDEX hub.review_once;
CREATE UNIQUE INDEX review_once
    ON hub.review (kind, adult_id, child_id, document_id, line_id, requirement, proposal_id, reason) NULLS NOT DISTINCT
    WHERE state = 'waiting';
CREATE INDEX review_proposal ON hub.review (proposal_id) WHERE proposal_id IS NOT NULL;

-- The proposal that a job is about, by itself or by its review: looked up, not believed (ADR 0029).
CREATE FUNCTION hub.proposal_of_job() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((j.args ->> 'proposal_id')::uuid, r.proposal_id)
    FROM jobs.procrastinate_jobs j LEFT JOIN hub.review r ON r.review_id = (j.args ->> 'review_id')::uuid
    WHERE j.id = nullif(current_setting('unefois.job', true), '')::bigint AND j.status = 'doing'
$$;
REVOKE EXECUTE ON FUNCTION hub.proposal_of_job() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.proposal_of_job() TO unefois_worker;

ALTER TABLE hub.link_proposal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON hub.link_proposal TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY release_partner ON hub.link_proposal TO unefois_release
    USING (siret = (SELECT vault.standing('partner')));
-- An agent reads what the partner wrote where a review of a body of theirs rests on it.
CREATE POLICY door_agent ON hub.link_proposal FOR SELECT TO unefois_door
    USING (EXISTS (
        SELECT FROM hub.review r JOIN hub.agent_role a ON a.body = r.body AND a.withdrawn_at IS NULL
        WHERE r.proposal_id = link_proposal.proposal_id AND a.agent_id = (SELECT vault.standing('agent'))::uuid
    ));
CREATE POLICY worker_job ON hub.link_proposal TO unefois_worker
    USING (proposal_id = (SELECT hub.proposal_of_job()));
CREATE POLICY worker_sweeps ON hub.link_proposal TO unefois_worker
    USING (expires_at <= now() AND (SELECT vault.standing('purpose')) = 'retention');
CREATE POLICY worker_job ON hub.partner_link TO unefois_worker
    USING (adult_id = ANY ((SELECT hub.holders_of_job())::uuid[]));

GRANT SELECT, INSERT ON hub.link_proposal TO unefois_release;
GRANT SELECT ON hub.link_proposal TO unefois_door;
GRANT SELECT, UPDATE (link_id), DELETE ON hub.link_proposal TO unefois_worker;
GRANT SELECT, INSERT ON hub.partner_link TO unefois_worker;
