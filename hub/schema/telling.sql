-- What partners are told, each in an order of its own that it can follow; how their webhooks are; and what families and
-- partners' contacts are written.

-- An event for one partner: an entry of its feed, and what its webhook is to be sent.
DROP INDEX hub.delivery_due;
ALTER TABLE hub.delivery
    DROP CONSTRAINT delivery_state_check,
    -- « listed »: in the feed only, where the partner has no webhook.
    ADD CONSTRAINT delivery_state_check CHECK (state IN ('listed', 'due', 'delivered', 'abandoned')),
    ADD COLUMN subject uuid,
    ADD COLUMN service text,
    -- The order in which rows were written, which is not the order in which they were committed.
    ADD COLUMN noted bigint GENERATED ALWAYS AS IDENTITY,
    -- The place in the partner's feed, given once the row is committed: what has a place follows only what has one.
    ADD COLUMN place bigint,
    ADD COLUMN leased_until timestamptz;
UPDATE hub.delivery SET subject = (body ->> 'subject')::uuid, service = body -> 'data' ->> 'service';
ALTER TABLE hub.delivery ALTER COLUMN subject SET NOT NULL, ALTER COLUMN service SET NOT NULL;
CREATE INDEX delivery_unplaced ON hub.delivery (noted) WHERE place IS NULL;
CREATE UNIQUE INDEX delivery_place ON hub.delivery (siret, place) WHERE place IS NOT NULL;
CREATE INDEX delivery_due ON hub.delivery (siret, next_attempt_at) WHERE state = 'due';
CREATE INDEX delivery_subject ON hub.delivery (siret, subject, place) WHERE state = 'due';
CREATE INDEX delivery_age ON hub.delivery (created_at);

CREATE TABLE hub.feed (
    siret text PRIMARY KEY REFERENCES hub.partner,
    last_place bigint NOT NULL CHECK (last_place >= 0),
    -- Up to here nothing is kept any more.
    pruned_to bigint NOT NULL DEFAULT 0 CHECK (pruned_to <= last_place)
);

-- How a partner's webhook is, and what its notifications are signed with beside the secret on hub.partner.
CREATE TABLE hub.webhook (
    siret text PRIMARY KEY REFERENCES hub.partner,
    -- Ed25519 (Standard Webhooks « v1a »), the private half under the master key.
    signing_key_wrapped bytea NOT NULL,
    verifying_key text NOT NULL CHECK (verifying_key LIKE 'whpk\_%'),
    -- During a rotation the ones before sign beside the new ones.
    previous_secret_wrapped bytea,
    previous_signing_key_wrapped bytea,
    previous_verifying_key text,
    previous_until timestamptz,
    -- Failed attempts in a row, whatever was sent, and since when.
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since timestamptz,
    -- Nothing is sent before.
    open_at timestamptz NOT NULL,
    taken_at timestamptz,
    disabled_at timestamptz,
    disabled_for text CHECK (disabled_for IN ('gone', 'failing')),
    recorded_at timestamptz NOT NULL,
    CHECK ((disabled_at IS NULL) = (disabled_for IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK ((previous_until IS NULL) = (previous_signing_key_wrapped IS NULL)),
    CHECK ((previous_until IS NULL) = (previous_verifying_key IS NULL))
);

GRANT SELECT ON hub.feed TO unefois_worker, unefois_release;
GRANT INSERT, UPDATE (last_place, pruned_to) ON hub.feed TO unefois_worker;
GRANT UPDATE (place, leased_until), DELETE ON hub.delivery TO unefois_worker;
-- The partners' door reads the feed out, and has sent again what a partner asks for.
GRANT SELECT, UPDATE (state, attempts, next_attempt_at, settled_at) ON hub.delivery TO unefois_release;
GRANT SELECT ON hub.webhook TO unefois_worker, unefois_release;
GRANT UPDATE (failures, failing_since, open_at, taken_at, disabled_at, disabled_for) ON hub.webhook TO unefois_worker;
GRANT UPDATE (failures, failing_since, open_at, disabled_at, disabled_for) ON hub.webhook TO unefois_release;
