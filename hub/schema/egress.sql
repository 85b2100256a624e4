-- How often partners that count us are asked, together for every process of this installation. No person is in it: a
-- gate is an address of ours or of a partner, a token stands as its digest.

CREATE TABLE hub.egress_gate (
    gate text PRIMARY KEY,
    closed_until timestamptz NOT NULL
);
COMMENT ON TABLE hub.egress_gate IS 'One row per partner that counts; whoever takes a slot locks it first';
COMMENT ON COLUMN hub.egress_gate.closed_until IS 'Nothing goes out before: the partner said « Retry-After »';

CREATE TABLE hub.egress_slot (
    slot_id uuid PRIMARY KEY,
    gate text NOT NULL REFERENCES hub.egress_gate,
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    there_by timestamptz NOT NULL
);
COMMENT ON TABLE hub.egress_slot IS 'One row per request, kept while it can fall into a window that the partner counts';
COMMENT ON COLUMN hub.egress_slot.there_by IS
    'When it has reached the partner at the latest: the end of its answer, until then the end of its deadline';
CREATE INDEX egress_slot_window ON hub.egress_slot (gate, there_by);

GRANT SELECT, INSERT, UPDATE ON hub.egress_gate TO unefois_door, unefois_worker;
GRANT SELECT, INSERT, UPDATE (there_by), DELETE ON hub.egress_slot TO unefois_door, unefois_worker;
