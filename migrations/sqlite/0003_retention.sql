-- Projects, how long the history of their jobs is kept, and who does what must be done once among several coordinators.

-- A plan never changes its project, so what is kept of its jobs is decided by a policy alone.
ALTER TABLE plan ADD COLUMN project TEXT NOT NULL DEFAULT 'default';

-- How long jobs are kept after their end. Without a row the coordinator's own default holds; NULL = for ever.
CREATE TABLE retention (
    account      TEXT    NOT NULL,
    project      TEXT    NOT NULL,
    data_class   TEXT    NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    keep_seconds INTEGER,
    PRIMARY KEY (account, project, data_class)
) STRICT;

-- The coordinator that leads in a task. One SQLite file serves one process, which writes no row here.
CREATE TABLE leader (
    task        TEXT    NOT NULL PRIMARY KEY,
    instance    BLOB    NOT NULL,
    expire_time INTEGER NOT NULL
) STRICT;

-- A job with undelivered messages is not removed, and a body that a message still refers to is not either.
CREATE INDEX outbox_by_job ON outbox (job_id);
CREATE INDEX outbox_by_blob ON outbox (sha256) WHERE place = 'BLOB';
CREATE INDEX outbox_delivered_by_job ON outbox_delivered (job_id);
