-- Projects, how long the history of their jobs is kept, and who does what must be done once among several coordinators.

-- A plan never changes its project, so what is kept of its jobs is decided by a policy alone.
ALTER TABLE plan ADD COLUMN project TEXT COLLATE "C" NOT NULL DEFAULT 'default';

-- How long jobs are kept after their end. Without a row the coordinator's own default holds; NULL = for ever.
CREATE TABLE retention (
    account      TEXT COLLATE "C" NOT NULL,
    project      TEXT COLLATE "C" NOT NULL,
    data_class   TEXT COLLATE "C" NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    keep_seconds BIGINT,
    PRIMARY KEY (account, project, data_class)
);

-- The coordinator that leads in a task.
CREATE TABLE leader (
    task        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    instance    BYTEA            NOT NULL,
    expire_time BIGINT           NOT NULL
);

-- A job with undelivered messages is not removed, and a body that a message still refers to is not either.
CREATE INDEX outbox_by_job ON outbox (job_id);
CREATE INDEX outbox_by_blob ON outbox (sha256) WHERE place = 'BLOB';
CREATE INDEX outbox_delivered_by_job ON outbox_delivered (job_id);
