-- What engineers watch, and what they are told: counts of what waits, alerts once per cause, what the pipelines ask the worker
-- to do, and what somebody asked the pipelines to do. Nothing here holds a person.

-- What the pipelines ask the worker to do, because they hold neither its keys nor its rights.
CREATE TABLE hub.chore (
    chore_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('retention', 'reconciliation', 'reevaluation', 'redelivery')),
    about text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'failed')),
    figures jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    CHECK ((state = 'asked') = (done_at IS NULL))
);
COMMENT ON COLUMN hub.chore.about IS 'The SIRET of the partner that is told again; empty otherwise';
COMMENT ON COLUMN hub.chore.figures IS 'What it came to: counts, or the kind of error';
-- Who asks for what is asked for already waits for that one.
CREATE UNIQUE INDEX chore_open ON hub.chore (kind, about) WHERE state = 'asked';
GRANT SELECT, INSERT ON hub.chore TO unefois_pipelines;
GRANT SELECT, UPDATE (state, figures, done_at) ON hub.chore TO unefois_worker;

-- What somebody asked the pipelines to do: claimed for a while by who launches the run, so that no tick does it twice at once
-- and none that dies loses it. What a run does is harmless to repeat, by tables of its own.
CREATE TABLE hub.wish (
    wish_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('binding_day', 'reevaluation', 'redelivery')),
    about text NOT NULL DEFAULT '',
    day date,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'launched', 'done', 'failed')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    leased_until timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    run_id text,
    done_at timestamptz,
    CHECK ((kind = 'binding_day') = (day IS NOT NULL)),
    CHECK ((state IN ('done', 'failed')) = (done_at IS NOT NULL))
);
COMMENT ON COLUMN hub.wish.about IS 'The binding, or the SIRET of the partner';
COMMENT ON COLUMN hub.wish.asked_by IS 'Who asked: an operator''s login or a process, never a resident';
CREATE UNIQUE INDEX wish_open ON hub.wish (kind, about, day) NULLS NOT DISTINCT WHERE done_at IS NULL;
CREATE INDEX wish_due ON hub.wish (leased_until) WHERE done_at IS NULL;
GRANT SELECT, INSERT, UPDATE (state, leased_until, attempts, run_id, done_at) ON hub.wish TO unefois_pipelines;

-- One row per cause as long as it lasts, so that whoever is told is told once, whatever restarts in between.
CREATE TABLE hub.alert (
    alert_id uuid PRIMARY KEY,
    cause text NOT NULL CHECK (cause ~ '^[a-z_]+(:[A-Za-z0-9_.-]+)*$'),
    page text NOT NULL CHECK (page ~ '^[a-z0-9-]+$'),
    binding text,
    day date,
    run_id text,
    families integer CHECK (families >= 0),
    raised_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    seen integer NOT NULL DEFAULT 1 CHECK (seen >= 1),
    over_at timestamptz
);
COMMENT ON COLUMN hub.alert.cause IS 'What is wrong and where, in words of ours: the same cause is the same alert';
COMMENT ON COLUMN hub.alert.page IS 'The page of the runbook in docs/operations.md';
COMMENT ON COLUMN hub.alert.families IS 'How many families are concerned, where that is known; never which';
CREATE UNIQUE INDEX alert_open ON hub.alert (cause) WHERE over_at IS NULL;
GRANT SELECT, INSERT, UPDATE (seen_at, seen, over_at) ON hub.alert TO unefois_pipelines;
GRANT SELECT ON hub.alert TO unefois_worker, unefois_door;

-- That an alert was told one way.
CREATE TABLE hub.alert_notice (
    alert_id uuid NOT NULL REFERENCES hub.alert,
    channel text NOT NULL CHECK (channel IN ('mail', 'webhook')),
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'refused')),
    attempts integer NOT NULL CHECK (attempts >= 1),
    not_before timestamptz NOT NULL,
    last_outcome text,
    PRIMARY KEY (alert_id, channel)
);
COMMENT ON COLUMN hub.alert_notice.not_before IS 'When it is tried again unless it was taken: an alert may come twice, and is never lost';
GRANT SELECT, INSERT, UPDATE (state, attempts, not_before, last_outcome) ON hub.alert_notice TO unefois_worker;
GRANT SELECT ON hub.alert_notice TO unefois_door;

-- Which failed runs were looked at: each is one failure, however often a tick finds it.
CREATE TABLE hub.failed_run (
    run_id text PRIMARY KEY,
    cause text NOT NULL,
    noted_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON hub.failed_run TO unefois_pipelines;

-- Papers come in the order of their moments: a summary of blocks is enough, and costs a deposit nothing.
CREATE INDEX document_received ON vault.document USING brin (received_at);

-- Counts and moments, and no row of anybody: the pipelines' login is shown none of these tables.
CREATE FUNCTION hub.watched(at timestamptz)
RETURNS TABLE (what text, many bigint, oldest timestamptz, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'jobs', count(*), min(e.since), NULL::double precision
    FROM jobs.procrastinate_jobs j
    LEFT JOIN LATERAL (
        SELECT min(v.at) AS since FROM jobs.procrastinate_events v WHERE v.job_id = j.id AND v.type = 'deferred'
    ) e ON true
    WHERE j.status = 'todo' AND coalesce(j.scheduled_at, at) <= at
    UNION ALL
    SELECT 'jobs_failed', count(*), NULL, NULL FROM jobs.procrastinate_jobs j WHERE j.status = 'failed'
    UNION ALL
    SELECT 'reading', count(*), NULL,
        extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY d.state_since - d.received_at))::double precision
    FROM vault.document d
    WHERE d.received_at > at - interval '15 minutes' AND d.state <> 'received' AND d.origin = 'deposit'
    UNION ALL
    SELECT 'journal', count(*), min(e.recorded_at), NULL
    FROM vault.journal_pending p JOIN vault.journal_entry e USING (entry_id)
    UNION ALL
    SELECT 'quarantined', count(*), min(d.state_since), NULL FROM vault.document d WHERE d.state = 'quarantined'
    UNION ALL
    SELECT 'notifications', count(*), min(d.created_at), NULL FROM hub.delivery d WHERE d.state = 'due'
    UNION ALL
    SELECT 'messages_in_doubt', count(*), min(m.created_at), NULL FROM hub.message m WHERE m.state = 'in_doubt'
    UNION ALL
    SELECT 'reviews', count(*), min(r.created_at), NULL FROM hub.review r WHERE r.state = 'waiting'
    UNION ALL
    SELECT 'exchanges_waiting', count(*), min(x.created_at), NULL
    FROM hub.exchange x WHERE x.state IN ('in_doubt', 'parked', 'quarantined') AND x.due_at IS NULL
    UNION ALL
    SELECT 'exchanges_due', count(*), min(x.due_at), NULL
    FROM hub.exchange x WHERE x.state NOT IN ('settled', 'cancelled') AND x.due_at <= at
    UNION ALL
    SELECT 'chores', count(*), min(c.asked_at), NULL FROM hub.chore c WHERE c.state = 'asked'
$$;
REVOKE EXECUTE ON FUNCTION hub.watched(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.watched(timestamptz) TO unefois_pipelines, unefois_worker;

-- Figures that are published anyway.
GRANT SELECT ON hub.spared_ask TO unefois_pipelines;
GRANT EXECUTE ON FUNCTION hub.asks_by_service() TO unefois_pipelines;
GRANT SELECT ON hub.reevaluation TO unefois_pipelines;
