-- When writing was, or is, refused so that something can be changed beneath (ADR 0053). At most one at a time.
CREATE TABLE hub.maintenance (
    maintenance_id uuid PRIMARY KEY,
    reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 200),
    begun_at timestamptz NOT NULL,
    -- When it is thought to be over: what callers are told to wait for.
    until timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX maintenance_one ON hub.maintenance ((true)) WHERE ended_at IS NULL;
GRANT SELECT ON hub.maintenance TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
