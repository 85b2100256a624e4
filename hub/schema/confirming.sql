-- What two guardians have to agree on, what families declare of their lives, and who has died.

-- A request is instructed whatever stands here; only its effect waits (code civil 372-2, CRPA L.114-5-1).
CREATE TABLE hub.confirmation (
    confirmation_id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES hub.request,
    guardian_id uuid NOT NULL REFERENCES hub.person,
    -- lifted and upheld: what an agent decided about an objection
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'objected', 'lifted', 'upheld')),
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    CHECK ((state = 'waiting') = (answered_at IS NULL)),
    UNIQUE (request_id, guardian_id)
);
CREATE INDEX confirmation_guardian ON hub.confirmation (guardian_id);
GRANT SELECT, INSERT, UPDATE (state, answered_at) ON hub.confirmation TO unefois_door;
GRANT SELECT, UPDATE (state, answered_at) ON hub.confirmation TO unefois_worker;
GRANT SELECT ON hub.confirmation TO unefois_release;

ALTER TABLE hub.review DROP CONSTRAINT review_kind_check;
ALTER TABLE hub.review ADD CONSTRAINT review_kind_check CHECK (kind IN ('family_link', 'fit', 'objection'));
ALTER TABLE hub.review ADD CHECK (kind <> 'objection' OR (line_id IS NOT NULL AND body IS NOT NULL));
-- An objection, and a death, go to an agent in the transaction in which they are said.
GRANT INSERT ON hub.review TO unefois_door;
GRANT UPDATE (document_id) ON hub.review TO unefois_worker;

-- What was declared once; what followed of it is in lines, requests, claims and reviews.
CREATE TABLE hub.life_event (
    life_event_id uuid PRIMARY KEY,
    adult_id uuid NOT NULL REFERENCES hub.person,
    event text NOT NULL CHECK (event IN ('birth', 'separation', 'job_loss', 'move', 'death')),
    happened_on date NOT NULL,
    declared_at timestamptz NOT NULL
);
CREATE INDEX life_event_adult ON hub.life_event (adult_id);
GRANT SELECT, INSERT ON hub.life_event TO unefois_door;

-- Nobody writes to the dead, and nobody signs in for them.
CREATE TABLE hub.death (
    person_id uuid PRIMARY KEY REFERENCES hub.person,
    died_on date NOT NULL,
    source_review uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON hub.death TO unefois_worker;
GRANT SELECT ON hub.death TO unefois_door, unefois_release;
GRANT SELECT, UPDATE (retracted_at) ON hub.contact TO unefois_worker;
