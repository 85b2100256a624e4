-- The keys of those whom a job is about, and of whom an agent has before them at the counter (ADR 0029).

CREATE POLICY worker_job ON vault.holder_key TO unefois_worker
    USING (holder_id = ANY ((SELECT hub.holders_of_job())::uuid[]));
CREATE POLICY door_agent ON vault.holder_key TO unefois_door
    USING (holder_id = ANY ((SELECT hub.visitors())::uuid[]));
