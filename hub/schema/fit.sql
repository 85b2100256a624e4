-- A fit is the result of one judgement and is never rewritten: judged otherwise, it ends and another begins beside it, so
-- that what was decided under an earlier catalogue, or before another paper came, stays as it was.

DO $$
DECLARE
    once text;
BEGIN
    SELECT conname INTO STRICT once FROM pg_constraint WHERE conrelid = 'hub.fit'::regclass AND contype = 'u';
    EXECUTE format('ALTER TABLE hub.fit DROP CONSTRAINT %I', once);
END
$$;
ALTER TABLE hub.fit
    ADD COLUMN grade vault.grade,
    -- The other papers of a set, or those that speak against it.
    ADD COLUMN rests_on uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN superseded_at timestamptz;
UPDATE hub.fit SET superseded_at = now()
WHERE EXISTS (
    SELECT FROM hub.fit later
    WHERE (later.evidence_id, later.line_id, later.requirement) = (fit.evidence_id, fit.line_id, fit.requirement)
        AND (later.decided_at, later.fit_id) > (fit.decided_at, fit.fit_id)
);
CREATE UNIQUE INDEX fit_current ON hub.fit (evidence_id, line_id, requirement) WHERE superseded_at IS NULL;
CREATE INDEX fit_rests_on ON hub.fit USING gin (rests_on) WHERE rests_on <> '{}';
-- An erasure empties every fit of its paper, also those of before.
CREATE INDEX fit_evidence ON hub.fit (evidence_id);
GRANT UPDATE (superseded_at) ON hub.fit TO unefois_worker;

-- One run over all open school files after the catalogue or a rule changed; resumed where it stopped.
CREATE TABLE hub.reevaluation (
    reevaluation_id uuid PRIMARY KEY,
    catalogue_version text NOT NULL,
    -- What each requirement was made of when this run judged it: the next run begins from the difference.
    fingerprints jsonb NOT NULL,
    touched text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'finished', 'abandoned')),
    -- The payer up to whom it is done; payers are gone through in order.
    reached uuid,
    -- Counts only: families, fits, and what turned by service, requirement and reason.
    figures jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state = 'running') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX reevaluation_running ON hub.reevaluation (state) WHERE state = 'running';
GRANT SELECT, INSERT, UPDATE (state, reached, figures, ended_at) ON hub.reevaluation TO unefois_worker;
