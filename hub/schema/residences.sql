-- What the worker may write of homes and of guardians who were recognised late.

-- A guardian who is linked after a request was made is asked then.
GRANT INSERT ON hub.confirmation TO unefois_worker;

-- A paper that shows where somebody lives raises what they declared; without the paper it is declared again.
GRANT INSERT, UPDATE (valid_until, retracted_at) ON hub.residence TO unefois_worker;

-- A paper that shows another arrondissement than the declared one changes nothing: its holder is asked, once a paper.
CREATE TABLE hub.residence_question (
    document_id uuid PRIMARY KEY REFERENCES vault.document,
    person_id uuid NOT NULL REFERENCES hub.person,
    -- Postcode of the arrondissement that the paper shows, while the question is open; nothing outside Paris.
    sector text CHECK (sector ~ '^750(0[1-9]|1[0-9]|20)$'),
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    CHECK (answered_at IS NULL OR sector IS NULL)
);
CREATE INDEX residence_question_open ON hub.residence_question (person_id) WHERE answered_at IS NULL;
GRANT SELECT, UPDATE (sector, answered_at) ON hub.residence_question TO unefois_door;
GRANT SELECT, INSERT, UPDATE (sector, answered_at) ON hub.residence_question TO unefois_worker;
