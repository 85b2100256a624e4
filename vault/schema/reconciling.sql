-- What lies in the store and no row names, and jobs that give trouble.

-- An object is condemned first and deleted later: what is condemned can be named by no new row, so an upload that takes
-- longer than anybody thought fails at its commit instead of being acknowledged without its bytes.
CREATE TABLE vault.condemned_object (
    name text PRIMARY KEY,
    length bigint NOT NULL,
    stored_at timestamptz NOT NULL,
    condemned_at timestamptz NOT NULL,
    -- The store's lock keeps it for now.
    retained boolean NOT NULL DEFAULT false,
    swept_at timestamptz CHECK (swept_at >= condemned_at)
);
CREATE INDEX condemned_object_waiting ON vault.condemned_object (condemned_at) WHERE swept_at IS NULL;

CREATE FUNCTION vault.refuse_condemned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM vault.condemned_object WHERE name = NEW.object_name) THEN
        RAISE EXCEPTION 'the object was condemned before its row came'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'object_condemned';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_object BEFORE INSERT ON vault.document
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_condemned();
CREATE TRIGGER viewing_copy_object BEFORE INSERT ON vault.viewing_copy
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_condemned();
CREATE TRIGGER upload_part_object BEFORE INSERT ON vault.upload_part
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_condemned();

-- One row a comparison of store and rows that came to its end.
CREATE TABLE vault.reconciliation (
    run_id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL CHECK (finished_at >= started_at),
    objects bigint NOT NULL,
    rows bigint NOT NULL,
    orphans bigint NOT NULL,
    condemned bigint NOT NULL,
    swept bigint NOT NULL,
    retained bigint NOT NULL,
    missing bigint NOT NULL,
    -- So much lay there without a row that a mistake was likelier than noise: nothing was condemned.
    refused boolean NOT NULL
);
CREATE INDEX reconciliation_newest ON vault.reconciliation (finished_at);

-- How often a job failed of itself, and how often its worker died over it; outages of a store are neither.
CREATE TABLE vault.job_trouble (
    job_id bigint PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    deaths integer NOT NULL DEFAULT 0 CHECK (deaths >= 0),
    -- A kind of error, never its words.
    fault text NOT NULL,
    since timestamptz NOT NULL,
    latest timestamptz NOT NULL
);

GRANT SELECT ON vault.condemned_object TO unefois_door, unefois_worker;
GRANT INSERT, DELETE, UPDATE (retained, swept_at) ON vault.condemned_object TO unefois_worker;
GRANT SELECT, INSERT ON vault.reconciliation TO unefois_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.job_trouble TO unefois_worker;
GRANT SELECT ON vault.reconciliation, vault.condemned_object, vault.job_trouble TO unefois_pipelines;
