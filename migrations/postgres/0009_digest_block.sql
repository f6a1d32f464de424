-- From a digest to artifacts. Made in the background, in the order of the log; an entry goes with its body.

-- `span`: the time in the ids of the artifacts, in units of about a second, so that whoever knows an id knows where its entry is.
-- `entries`: 16 bytes for each artifact: the first 8 bytes of its SHA-256, and its id, big-endian. Rows are added and read through:
-- an index by digest would take a page of the log for each artifact, as its keys come in no order.
CREATE TABLE digest_block (
    span    BIGINT NOT NULL,
    part    BIGINT NOT NULL,
    entries BYTEA  NOT NULL,
    PRIMARY KEY (span, part)
);
ALTER TABLE digest_block ALTER COLUMN entries SET STORAGE EXTERNAL;
