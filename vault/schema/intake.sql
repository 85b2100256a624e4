-- A quarantined document may be scanned and read again: what was found before stays beside what is found now.
ALTER TABLE vault.finding DROP CONSTRAINT finding_pkey, ADD PRIMARY KEY (document_id, step, decided_at);

-- « Reading » is what is known now; only the worker, which reads, writes it again.
GRANT UPDATE (evidence_type, grade, issued_on, pages, concluded_at) ON vault.reading TO unefois_worker;

-- What waits for a scanner is looked for by state.
CREATE INDEX document_quarantined ON vault.document (state_since) WHERE state = 'quarantined';
