-- The school file line by line and day by day: who pays which share at whom, where people live, what is asked of them,
-- and what was spared them.

-- Equality of plain values inside an exclusion constraint; comes with PostgreSQL and needs no superuser.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA hub;

DROP INDEX hub.enrolment_line_current;
ALTER TABLE hub.enrolment_line
    ADD COLUMN parity text NOT NULL DEFAULT 'every' CHECK (parity IN ('every', 'even', 'odd')),
    ADD COLUMN share smallint NOT NULL DEFAULT 100 CHECK (share BETWEEN 1 AND 100),
    -- The line of another body that this one took over from, after a move.
    ADD COLUMN follows uuid REFERENCES hub.enrolment_line,
    ADD CONSTRAINT enrolment_line_period CHECK (valid_from <= valid_until),
    -- One payer has one body for one service on one day.
    ADD CONSTRAINT enrolment_line_apart EXCLUDE USING gist (
        file_id WITH =, service WITH =, payer_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&
    ) WHERE (retracted_at IS NULL);
CREATE INDEX enrolment_line_file ON hub.enrolment_line (file_id) WHERE retracted_at IS NULL;
GRANT UPDATE (valid_until, retracted_at) ON hub.enrolment_line TO unefois_door;
GRANT UPDATE (state) ON hub.request TO unefois_door;

-- The day from which the same evidence would no longer serve; nothing: it serves until it is replaced.
ALTER TABLE hub.fit ADD COLUMN good_until date;
-- It tells of the paper's own date, and goes with it.
GRANT UPDATE (good_until) ON hub.fit TO unefois_worker;

-- Where a person lives, from when until when. The address itself stays in the sealed paper that shows it.
CREATE TABLE hub.residence (
    residence_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    -- Postcode of the arrondissement; nothing outside Paris, and never where the address is confidential.
    sector text CHECK (sector ~ '^750(0[1-9]|1[0-9]|20)$'),
    confidential boolean NOT NULL,
    source text NOT NULL CHECK (source IN ('declared', 'proof_of_address', 'agent')),
    source_document uuid REFERENCES vault.document,
    grade vault.grade NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz,
    CHECK (NOT confidential OR sector IS NULL),
    CHECK (valid_from <= valid_until),
    CONSTRAINT residence_apart EXCLUDE USING gist (
        person_id WITH =, daterange(valid_from, valid_until, '[]') WITH &&
    ) WHERE (retracted_at IS NULL)
);
GRANT SELECT, INSERT, UPDATE (valid_until, retracted_at) ON hub.residence TO unefois_door;
GRANT SELECT ON hub.residence TO unefois_worker;

-- How a person wants to be reached: what the hub asks of a family it asks once, by this channel.
CREATE TABLE hub.contact (
    contact_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    channel text NOT NULL CHECK (channel IN ('email', 'telephone', 'post', 'counter')),
    value text,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz,
    CHECK ((channel IN ('email', 'telephone')) = (value IS NOT NULL))
);
CREATE UNIQUE INDEX contact_current ON hub.contact (person_id) WHERE retracted_at IS NULL;
GRANT SELECT, INSERT, UPDATE (retracted_at) ON hub.contact TO unefois_door;

-- What a body wanted to ask of a family and was not let: it is held, can be obtained, or may not be asked.
CREATE TABLE hub.spared_ask (
    spared_ask_id uuid PRIMARY KEY,
    siret text NOT NULL CHECK (siret ~ '^\d{14}$'),
    service text NOT NULL,
    requirement text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('held', 'obtainable', 'awaited', 'asked_already', 'not_allowed')),
    spared_at timestamptz NOT NULL
);
CREATE INDEX spared_ask_service ON hub.spared_ask (service, requirement);
GRANT SELECT, INSERT ON hub.spared_ask TO unefois_release;
GRANT SELECT ON hub.ask, hub.spared_ask TO unefois_release, unefois_door;
GRANT INSERT ON hub.ask TO unefois_release;
GRANT SELECT ON hub.family_link, hub.civil_status TO unefois_release;
