-- What is recorded for ever: leaves, a page for each commit (docs/provenance.md).

-- `leaves`: each leaf as its length (4 bytes, big-endian) and its bytes. One row a commit, whatever the number of its leaves.
-- Hashes do not compress, and trying would take the committer's time.
CREATE TABLE ledger_page (
    page_id BIGINT NOT NULL PRIMARY KEY,
    leaves  BYTEA  NOT NULL
);
ALTER TABLE ledger_page ALTER COLUMN leaves SET STORAGE EXTERNAL;

-- Pages that have no place in the log yet: claimed by state, never by an id greater than the last one seen.
CREATE TABLE ledger_waiting (
    page_id    BIGINT NOT NULL PRIMARY KEY,
    leaf_count BIGINT NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

-- Where a row's leaf is; NULL for what was written before there were leaves.
ALTER TABLE attempt ADD COLUMN leaf_page BIGINT;
ALTER TABLE attempt ADD COLUMN leaf_ordinal BIGINT;
-- `seed`: 32 random bytes of a root job, copied to its sub-plan jobs; the salts of their bodies are made of it.
ALTER TABLE job ADD COLUMN seed BYTEA;
ALTER TABLE job ADD COLUMN request_digest BYTEA;
ALTER TABLE job ADD COLUMN start_leaf_page BIGINT;
ALTER TABLE job ADD COLUMN start_leaf_ordinal BIGINT;
ALTER TABLE job ADD COLUMN end_leaf_page BIGINT;
ALTER TABLE job ADD COLUMN end_leaf_ordinal BIGINT;
-- What leaves say of a body that is gone; NULL while it is there.
ALTER TABLE artifact ADD COLUMN commitment BYTEA;
