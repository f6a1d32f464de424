-- Who did what: one row for each call by which an operator changed something, read data, or was refused. Rows are inserted,
-- never updated (INV-APPEND). The row of a change is in the transaction of the change.

-- `record_id` rises with time, as the ids of artifacts do. `account` and `user_id` are empty where the caller is not known.
CREATE TABLE audit_record (
    record_id      BIGINT           NOT NULL PRIMARY KEY,
    account        TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    credential_id  TEXT COLLATE "C" NOT NULL,
    action         TEXT COLLATE "C" NOT NULL,
    resource       TEXT COLLATE "C" NOT NULL,
    reason         TEXT             NOT NULL,
    request_digest BYTEA,
    decision       TEXT COLLATE "C" NOT NULL CHECK (decision IN ('ALLOWED', 'DENIED')),
    result         TEXT COLLATE "C" NOT NULL,
    start_time     BIGINT           NOT NULL,
    latency        BIGINT           NOT NULL,
    client_address TEXT COLLATE "C" NOT NULL,
    data_class     TEXT COLLATE "C" CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    -- 16 random bytes: the leaf's commitments to the reason and the address are made with them.
    salt           BYTEA            NOT NULL,
    leaf_page      BIGINT,
    leaf_ordinal   BIGINT
);
CREATE INDEX audit_record_by_account ON audit_record (account, record_id);
-- "Who touched this job?"
CREATE INDEX audit_record_by_resource ON audit_record (account, resource, record_id);
