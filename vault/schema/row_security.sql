-- A paper is shown to whoever has business with it, by the standing that a transaction says (ADR 0029); without one, to
-- nobody. What a paper's holder, an agent, a partner or a job may see of it comes with the hub's tables.

CREATE FUNCTION vault.standing(kind text) RETURNS text LANGUAGE sql STABLE
RETURN nullif(current_setting('unefois.' || kind, true), '');
GRANT EXECUTE ON FUNCTION vault.standing(text) TO PUBLIC;

ALTER TABLE vault.document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE vault.viewing_copy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE vault.reading ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE vault.finding ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Their owner migrates and dumps, each under its name, and answers what policies ask: as the definer of a function that
-- another login calls, which is the only way to be one and not the other.
CREATE POLICY owner ON vault.document TO CURRENT_USER
    USING (session_user <> current_user OR (SELECT vault.standing('purpose')) IN ('migration', 'backup'));

CREATE POLICY door_person ON vault.document TO unefois_door
    USING (holder_id = (SELECT vault.standing('person'))::uuid);

-- Nothing is opened past the journal: the sealed row is there for the entry that tells of this very hand-over.
CREATE POLICY release_entry ON vault.document FOR SELECT TO unefois_release
    USING (document_id = (
        SELECT r.document_id FROM vault.journal_record r JOIN vault.journal_entry e ON e.entry_id = r.entry_id
        WHERE e.entry_id = (SELECT vault.standing('entry'))::uuid AND e.act = 'release'
    ));
-- Who downloads everything of theirs, once their ticket is spent.
CREATE POLICY release_person ON vault.document FOR SELECT TO unefois_release
    USING (holder_id = (SELECT vault.standing('person'))::uuid);

-- What the worker does for no one person. Only what keeps papers safe changes them, and what replays erasures.
CREATE POLICY worker_looks ON vault.document FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('reconciliation', 'audit', 'reevaluation'));
CREATE POLICY worker_safety ON vault.document TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('retention', 'safety', 'restoring'));

-- What was made of a paper is shown with it.
CREATE POLICY owner ON vault.viewing_copy TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON vault.reading TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY owner ON vault.finding TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) IN ('migration', 'backup'));
CREATE POLICY with_paper ON vault.viewing_copy TO unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = viewing_copy.document_id));
CREATE POLICY with_paper ON vault.reading TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = reading.document_id));
CREATE POLICY with_paper ON vault.finding TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = finding.document_id));
