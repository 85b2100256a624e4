-- What a job about a child, and an agent who sees one child twice, write and read (ADR 0029, ADR 0044).

-- Guardians' authorisations end with the minority.
CREATE POLICY worker_job ON hub.reuse_grant TO unefois_worker
    USING (person_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
-- Whom a job is about is told what changes at eighteen.
CREATE POLICY worker_of_age ON hub.message FOR INSERT TO unefois_worker
    WITH CHECK (kind = 'of_age' AND person_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
-- A partner is told by its own name of a child's record that another one goes on.
CREATE POLICY with_merge ON hub.pseudonym FOR SELECT TO unefois_worker
    USING (kind = 'child' AND EXISTS (
        SELECT FROM hub.person_merge m WHERE m.merged_id = pseudonym.subject_id AND m.kind = 'children'
    ));
-- An agent puts two records of one child to the agents of their own body.
CREATE POLICY door_agent_asks ON hub.review FOR INSERT TO unefois_door
    WITH CHECK (
        kind = 'child_merge' AND (SELECT vault.standing('agent')) IS NOT NULL
        AND body = ANY ((SELECT hub.bodies_of_agent())::text[])
    );
-- The operator lists messages that may not have arrived, and settles them.
CREATE POLICY owner_tells ON hub.message TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'telling');
