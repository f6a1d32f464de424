-- Where the leaf is that links a job to the one that it goes on from; NULL for what was written before there was one.
ALTER TABLE reprocess ADD COLUMN leaf_page INTEGER;
ALTER TABLE reprocess ADD COLUMN leaf_ordinal INTEGER;

-- From a leaf to the record that it speaks of.
CREATE INDEX audit_record_by_leaf ON audit_record (leaf_page, leaf_ordinal);
