-- What is recorded for ever: leaves, a page for each commit (docs/provenance.md).

-- `leaves`: each leaf as its length (4 bytes, big-endian) and its bytes. One row a commit, whatever the number of its leaves.
CREATE TABLE ledger_page (
    page_id INTEGER PRIMARY KEY,
    leaves  BLOB NOT NULL
) STRICT;

-- Pages that have no place in the log yet: claimed by state, never by an id greater than the last one seen.
CREATE TABLE ledger_waiting (
    page_id    INTEGER PRIMARY KEY,
    leaf_count INTEGER NOT NULL
) STRICT;

-- Where a row's leaf is; NULL for what was written before there were leaves.
ALTER TABLE attempt ADD COLUMN leaf_page INTEGER;
ALTER TABLE attempt ADD COLUMN leaf_ordinal INTEGER;
-- `seed`: 32 random bytes of a root job, copied to its sub-plan jobs; the salts of their bodies are made of it.
ALTER TABLE job ADD COLUMN seed BLOB;
ALTER TABLE job ADD COLUMN request_digest BLOB;
ALTER TABLE job ADD COLUMN start_leaf_page INTEGER;
ALTER TABLE job ADD COLUMN start_leaf_ordinal INTEGER;
ALTER TABLE job ADD COLUMN end_leaf_page INTEGER;
ALTER TABLE job ADD COLUMN end_leaf_ordinal INTEGER;
-- What leaves say of a body that is gone; NULL while it is there.
ALTER TABLE artifact ADD COLUMN commitment BLOB;
