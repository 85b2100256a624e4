-- What the hub writes to families and to partners' contacts. No row holds an address or a word about anybody: the
-- address is looked up when a message is sent, and every message says the same.

CREATE TABLE hub.message (
    message_id uuid PRIMARY KEY,
    person_id uuid REFERENCES hub.person,
    siret text REFERENCES hub.partner,
    kind text NOT NULL CHECK (kind IN ('ask', 'reminder', 'webhook_off')),
    -- The message that a reminder reminds of.
    about uuid REFERENCES hub.message,
    -- « in_doubt »: it was being sent when the sender died, or the connection broke; nobody sends it again by itself.
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sending', 'sent', 'in_doubt', 'cancelled', 'refused')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    not_before timestamptz NOT NULL,
    leased_until timestamptz,
    last_outcome text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((person_id IS NULL) <> (siret IS NULL)),
    CHECK ((kind = 'reminder') = (about IS NOT NULL)),
    CHECK ((kind = 'webhook_off') = (siret IS NOT NULL))
);
CREATE INDEX message_due ON hub.message (not_before) WHERE state IN ('due', 'sending');
CREATE INDEX message_person ON hub.message (person_id, kind, created_at);
CREATE INDEX message_about ON hub.message (about) WHERE about IS NOT NULL;

-- The message by which a family was told of an ask; several asks share one.
ALTER TABLE hub.ask ADD COLUMN message_id uuid REFERENCES hub.message;
CREATE INDEX ask_untold ON hub.ask (asked_at) WHERE message_id IS NULL;
CREATE INDEX ask_message ON hub.ask (message_id) WHERE message_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE (state, attempts, not_before, leased_until, last_outcome, settled_at) ON hub.message
    TO unefois_worker;
GRANT UPDATE (message_id) ON hub.ask TO unefois_worker;
GRANT SELECT ON hub.contact, hub.death TO unefois_worker;
