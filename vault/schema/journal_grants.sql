-- Every process appends; only the worker sequences and lets records go; nobody updates. SELECT on a record is for the
-- resident's trace and for the gate that looks for its committed entry.
GRANT SELECT, INSERT ON vault.journal_entry, vault.journal_record
    TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT INSERT ON vault.journal_pending TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT SELECT ON vault.journal_pending, vault.journal_leaf, vault.journal_node, vault.journal_head
    TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT DELETE ON vault.journal_pending, vault.journal_record TO unefois_worker;
GRANT INSERT ON vault.journal_leaf, vault.journal_node, vault.journal_head TO unefois_worker;
