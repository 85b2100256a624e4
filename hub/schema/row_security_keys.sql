-- The keys of those whom a job is about (ADR 0029).

CREATE POLICY worker_job ON vault.holder_key TO unefois_worker
    USING (holder_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
