-- Who did what: one row for each call by which an operator changed something, read data, or was refused. Rows are inserted,
-- never updated (INV-APPEND). The row of a change is in the transaction of the change.

-- `record_id` rises with time, as the ids of artifacts do. `account` and `user_id` are empty where the caller is not known.
CREATE TABLE audit_record (
    record_id      INTEGER PRIMARY KEY,
    account        TEXT    NOT NULL,
    user_id        TEXT    NOT NULL,
    credential_id  TEXT    NOT NULL,
    action         TEXT    NOT NULL,
    resource       TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    request_digest BLOB,
    decision       TEXT    NOT NULL CHECK (decision IN ('ALLOWED', 'DENIED')),
    result         TEXT    NOT NULL,
    start_time     INTEGER NOT NULL,
    latency        INTEGER NOT NULL,
    client_address TEXT    NOT NULL,
    data_class     TEXT    CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    -- 16 random bytes: the leaf's commitments to the reason and the address are made with them.
    salt           BLOB    NOT NULL,
    leaf_page      INTEGER,
    leaf_ordinal   INTEGER
) STRICT;
CREATE INDEX audit_record_by_account ON audit_record (account, record_id);
-- "Who touched this job?"
CREATE INDEX audit_record_by_resource ON audit_record (account, resource, record_id);
