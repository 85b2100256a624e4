-- What each process may touch in custody; the owner migrates and no process logs in as the owner.
GRANT USAGE ON SCHEMA vault TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;

GRANT SELECT, INSERT ON vault.document TO unefois_door, unefois_worker;
GRANT SELECT ON vault.document, vault.viewing_copy, vault.reading, vault.finding TO unefois_release, unefois_pipelines;
GRANT SELECT ON vault.finding TO unefois_door;
GRANT SELECT (document_id, evidence_type, grade, issued_on, pages, concluded_at) ON vault.reading TO unefois_door;
GRANT UPDATE (state, state_reason, state_since, wrapped_key, holder_generation, keyed_digest, sealed_facts)
    ON vault.document TO unefois_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.viewing_copy TO unefois_worker;
GRANT SELECT, INSERT ON vault.finding TO unefois_worker;
GRANT SELECT, INSERT ON vault.reading TO unefois_worker;
GRANT UPDATE (sealed_fields) ON vault.reading TO unefois_worker;
GRANT SELECT ON vault.document_transition TO unefois_door, unefois_worker;
GRANT SELECT, INSERT ON vault.event TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
