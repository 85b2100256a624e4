-- Files that partners leave for us: what a folder showed, what was taken in of each file, and which lines were left aside.
-- No person is in it: a file is named as its format prescribes, a line by its number, a reason by a word of ours.

CREATE TABLE hub.file_seen (
    binding text NOT NULL,
    name text NOT NULL CHECK (name ~ '^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$'),
    size bigint NOT NULL CHECK (size >= 0),
    modified bigint NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (binding, name)
);
COMMENT ON TABLE hub.file_seen IS 'What the last look at a partner''s folder showed; a file that still grows is not taken';
COMMENT ON COLUMN hub.file_seen.modified IS 'Seconds, by the partner''s clock: compared, never believed';
COMMENT ON COLUMN hub.file_seen.since IS 'Since when it has been shown with this size and time';

CREATE TABLE hub.file_in (
    exchange_id uuid PRIMARY KEY REFERENCES hub.exchange,
    binding text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    lines integer NOT NULL CHECK (lines >= 0),
    taken integer NOT NULL CHECK (taken BETWEEN 0 AND lines),
    refused_for text,
    amends uuid REFERENCES hub.file_in,
    received_at timestamptz NOT NULL,
    told_at timestamptz,
    UNIQUE (binding, sha256),
    CHECK (refused_for IS NULL OR taken = 0)
);
COMMENT ON TABLE hub.file_in IS 'One row per file that was taken in or refused, by its bytes; kept as long as its exchange';
COMMENT ON COLUMN hub.file_in.name IS 'As the format prescribes it: what, whose, which day, how manieth';
COMMENT ON COLUMN hub.file_in.refused_for IS 'Why nothing of it was taken: its frame is broken; nothing where its lines were read';
COMMENT ON COLUMN hub.file_in.amends IS 'The file of the same name and other bytes that came before it';
COMMENT ON COLUMN hub.file_in.told_at IS 'When the partner was told what became of it, line by line';
CREATE INDEX file_in_name ON hub.file_in (binding, name, received_at);

CREATE TABLE hub.file_line (
    exchange_id uuid NOT NULL REFERENCES hub.file_in,
    part text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    why text NOT NULL,
    PRIMARY KEY (exchange_id, part, number)
);
COMMENT ON TABLE hub.file_line IS 'A line that was left aside: where it stands in the partner''s file, and why; never what it says';

GRANT SELECT, INSERT, UPDATE (size, modified, since), DELETE ON hub.file_seen TO unefois_pipelines;
GRANT SELECT, INSERT, UPDATE (told_at) ON hub.file_in TO unefois_pipelines;
GRANT SELECT, INSERT ON hub.file_line TO unefois_pipelines;
GRANT SELECT ON hub.file_seen, hub.file_in, hub.file_line TO unefois_worker;
