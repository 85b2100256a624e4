-- The rest of custody: keys, records of the journal, uploads, and what hangs on a paper (ADR 0029).

-- Whether the transaction says by what authority it works at all.
CREATE FUNCTION vault.stands() RETURNS boolean LANGUAGE sql STABLE
RETURN num_nonnulls(
    vault.standing('person'), vault.standing('agent'), vault.standing('partner'), vault.standing('ticket'),
    vault.standing('entry'), vault.standing('job'), vault.standing('purpose'), vault.standing('session')
) > 0;
GRANT EXECUTE ON FUNCTION vault.stands() TO PUBLIC;

DO $$
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'vault.holder_key', 'vault.journal_record', 'vault.upload', 'vault.upload_part', 'vault.likeness',
        'vault.replacement', 'vault.legal_hold', 'vault.erasure_asked', 'vault.destruction_certificate', 'vault.event',
        'vault.audit_fault'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
        -- As on vault.document: to migrate and to dump, and as definer of what another login calls.
        EXECUTE format(
            'CREATE POLICY owner ON %s TO CURRENT_USER USING (session_user <> current_user'
            ' OR (SELECT vault.standing(''purpose'')) IN (''migration'', ''backup''))', one
        );
    END LOOP;
END $$;

-- Keys -----------------------------------------------------------------------------------------------------------------

CREATE POLICY door_person ON vault.holder_key TO unefois_door
    USING (holder_id = (SELECT vault.standing('person'))::uuid);
-- The key of the one paper that the committed entry hands over, and no other.
CREATE POLICY release_entry ON vault.holder_key FOR SELECT TO unefois_release
    USING (holder_id = (
        SELECT d.holder_id FROM vault.journal_record r
        JOIN vault.journal_entry e ON e.entry_id = r.entry_id JOIN vault.document d ON d.document_id = r.document_id
        WHERE e.entry_id = (SELECT vault.standing('entry'))::uuid AND e.act = 'release'
    ));
CREATE POLICY worker_looks ON vault.holder_key FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('audit', 'reevaluation'));
CREATE POLICY worker_safety ON vault.holder_key TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('safety', 'restoring', 'retention'));
-- A letter is written to whom it is for.
CREATE POLICY worker_tells ON vault.holder_key FOR SELECT TO unefois_worker
    USING (
        (SELECT vault.standing('purpose')) = 'telling' AND holder_id = (SELECT vault.standing('person'))::uuid
    );
CREATE POLICY owner_rotates ON vault.holder_key TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'rotation');

-- The journal ----------------------------------------------------------------------------------------------------------

-- Everybody writes down what they do. Who names a person says by what authority.
CREATE POLICY writes ON vault.journal_record FOR INSERT
    TO unefois_door, unefois_release, unefois_worker, unefois_pipelines, CURRENT_USER
    WITH CHECK (cardinality(subjects) = 0 OR (SELECT vault.stands()));
-- A person's own trace, and the one entry that somebody was found to have business with.
CREATE POLICY of_person ON vault.journal_record FOR SELECT TO unefois_door, unefois_release
    USING (subjects @> ARRAY[(SELECT vault.standing('person'))::uuid]);
CREATE POLICY of_entry ON vault.journal_record FOR SELECT TO unefois_door, unefois_release
    USING (entry_id = (SELECT vault.standing('entry'))::uuid);
CREATE POLICY verifies ON vault.journal_record FOR SELECT TO unefois_pipelines
    USING ((SELECT vault.standing('purpose')) = 'audit');
CREATE POLICY worker_retention ON vault.journal_record TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('retention', 'restoring'));
-- What tells of a paper's content goes with the paper.
CREATE POLICY with_paper ON vault.journal_record TO unefois_worker
    USING (document_id IS NOT NULL AND EXISTS (
        SELECT FROM vault.document d WHERE d.document_id = journal_record.document_id
    ));
CREATE POLICY owner_breach ON vault.journal_record FOR SELECT TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'breach');

-- Unfinished uploads ---------------------------------------------------------------------------------------------------

CREATE POLICY door_person ON vault.upload TO unefois_door
    USING (holder_id = (SELECT vault.standing('person'))::uuid);
CREATE POLICY worker_forgets ON vault.upload TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
CREATE POLICY with_upload ON vault.upload_part TO unefois_door
    USING (EXISTS (SELECT FROM vault.upload u WHERE u.upload_id = upload_part.upload_id));
CREATE POLICY worker_forgets ON vault.upload_part TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
-- An object that a part names is not noise.
CREATE POLICY worker_compares ON vault.upload_part FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'reconciliation');

-- What hangs on a paper is shown with it -------------------------------------------------------------------------------

CREATE POLICY with_paper ON vault.likeness TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = likeness.document_id));
CREATE POLICY with_paper ON vault.replacement TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = replacement.document_id));
CREATE POLICY with_paper ON vault.legal_hold TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = legal_hold.document_id));
CREATE POLICY with_paper ON vault.erasure_asked TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = erasure_asked.document_id));
CREATE POLICY with_paper ON vault.destruction_certificate TO unefois_door, unefois_release, unefois_worker
    USING (EXISTS (SELECT FROM vault.document d WHERE d.document_id = destruction_certificate.document_id));
CREATE POLICY worker_audits ON vault.audit_fault TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('audit', 'reconciliation'));
-- Nothing of ours reads these there.
REVOKE SELECT ON vault.legal_hold, vault.replacement, vault.erasure_asked, vault.audit_fault FROM unefois_pipelines;

-- Events are written by whoever makes them happen, and read by nobody: what partners are told is in rows of their own.
REVOKE SELECT ON vault.event FROM unefois_door, unefois_release, unefois_worker, unefois_pipelines;
CREATE POLICY writes ON vault.event FOR INSERT TO unefois_door, unefois_release, unefois_worker, unefois_pipelines
    WITH CHECK ((SELECT vault.stands()));
