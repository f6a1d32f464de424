-- The tables of esteira. Numbers and names are the same in migrations/sqlite. Forward only: never edit, add the next one.
--
-- Ids are 16-byte BYTEAs, times are microseconds since the epoch from the coordinator's clock, enums are TEXT + CHECK,
-- JSON text stands in one column and is never looked into by SQL. There are no foreign keys: what refers to what is
-- decided by the engine in the same transaction, and a check would cost one more lookup a row in every hot table.
--
-- All integers are BIGINT, as SQLite has only one kind. What is a key, is sorted by or is filtered by is COLLATE "C": the
-- order of bytes, which is SQLite's, is the cheapest, and does not change with the server's operating system.

-- --- settings and requests ------------------------------------------------------------------------------------------

CREATE TABLE setting (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA            NOT NULL
);

CREATE TABLE queue_setting (
    account TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    paused  BIGINT           NOT NULL CHECK (paused IN (0, 1)),
    PRIMARY KEY (account, name)
);

CREATE TABLE request (
    account     TEXT COLLATE "C" NOT NULL,
    request_id  TEXT COLLATE "C" NOT NULL,
    digest      BYTEA            NOT NULL,
    answer      BYTEA            NOT NULL,
    answer_time BIGINT           NOT NULL,
    PRIMARY KEY (account, request_id)
);
CREATE INDEX request_by_time ON request (answer_time);

-- --- plans ----------------------------------------------------------------------------------------------------------

CREATE TABLE plan (
    plan_id         BYTEA            NOT NULL PRIMARY KEY,
    account         TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    display_name    TEXT             NOT NULL,
    aggregate_type  TEXT COLLATE "C" NOT NULL,
    labels          TEXT             NOT NULL,
    default_version BIGINT           NOT NULL,
    latest_version  BIGINT           NOT NULL,
    create_time     BIGINT           NOT NULL,
    update_time     BIGINT           NOT NULL,
    revision        BIGINT           NOT NULL
);
CREATE UNIQUE INDEX plan_by_name ON plan (account, name);

CREATE TABLE plan_label (
    plan_id     BYTEA            NOT NULL,
    label_key   TEXT COLLATE "C" NOT NULL,
    label_value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (plan_id, label_key)
);

CREATE TABLE plan_version (
    plan_version_id BYTEA            NOT NULL PRIMARY KEY,
    plan_id         BYTEA            NOT NULL,
    account         TEXT COLLATE "C" NOT NULL,
    plan_name       TEXT COLLATE "C" NOT NULL,
    version         BIGINT           NOT NULL,
    definition      TEXT             NOT NULL,
    sha256          BYTEA            NOT NULL,
    sub_plans       BYTEA            NOT NULL,
    published_by    TEXT             NOT NULL,
    publish_time    BIGINT           NOT NULL,
    retire_time     BIGINT,
    retire_reason   TEXT             NOT NULL
);
CREATE UNIQUE INDEX plan_version_by_number ON plan_version (plan_id, version);

-- --- jobs -----------------------------------------------------------------------------------------------------------

CREATE TABLE job (
    job_id            BYTEA            NOT NULL PRIMARY KEY,
    account           TEXT COLLATE "C" NOT NULL,
    plan_version_id   BYTEA            NOT NULL,
    data_class        TEXT COLLATE "C" NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    actor             TEXT             NOT NULL,
    headers           TEXT             NOT NULL,
    labels            TEXT             NOT NULL,
    aggregate_kind    TEXT COLLATE "C",
    aggregate_id      TEXT COLLATE "C",
    aggregate_version BIGINT,
    input             BIGINT           NOT NULL,
    priority          BIGINT           NOT NULL,
    lineage_kind      TEXT COLLATE "C" NOT NULL CHECK (lineage_kind IN ('DIRECT', 'SUB_PLAN')),
    root_job_id       BYTEA            NOT NULL,
    parent_job_id     BYTEA,
    parent_task_id    BYTEA,
    depth             BIGINT           NOT NULL,
    create_time       BIGINT           NOT NULL,
    start_after       BIGINT,
    deadline          BIGINT,
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('PENDING', 'RUNNING', 'PAUSED', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT')),
    flow              TEXT             NOT NULL,
    start_time        BIGINT,
    end_time          BIGINT,
    cancel_time       BIGINT,
    failure           TEXT,
    note              TEXT             NOT NULL,
    revision          BIGINT           NOT NULL
);
CREATE INDEX job_by_account ON job (account, job_id);
-- The rest are partial and stay small: a direct job without a deadline that succeeds is in none of them.
CREATE INDEX job_by_bad_end ON job (account, state, job_id) WHERE state IN ('FAILED', 'CANCELLED', 'TIMED_OUT');
CREATE INDEX job_by_parent ON job (parent_job_id) WHERE parent_job_id IS NOT NULL;
CREATE INDEX job_by_root ON job (root_job_id) WHERE parent_job_id IS NOT NULL;
CREATE INDEX job_by_deadline ON job (deadline) WHERE end_time IS NULL AND deadline IS NOT NULL;
CREATE INDEX job_by_cancel ON job (cancel_time) WHERE end_time IS NULL AND cancel_time IS NOT NULL;

CREATE TABLE job_label (
    account     TEXT COLLATE "C" NOT NULL,
    label_key   TEXT COLLATE "C" NOT NULL,
    label_value TEXT COLLATE "C" NOT NULL,
    job_id      BYTEA            NOT NULL,
    PRIMARY KEY (account, label_key, label_value, job_id)
);

-- --- bytes ----------------------------------------------------------------------------------------------------------

-- `place`: INLINE = in `body`; BLOB = in the table `blob` under `sha256`; PURGED = gone, the digest stays (INV-APPEND).
CREATE TABLE artifact (
    artifact_id  BIGINT           NOT NULL PRIMARY KEY,
    job_id       BYTEA            NOT NULL,
    data_class   TEXT COLLATE "C" NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    place        TEXT COLLATE "C" NOT NULL CHECK (place IN ('INLINE', 'BLOB', 'PURGED')),
    body_kind    TEXT COLLATE "C" NOT NULL CHECK (body_kind IN ('JSON', 'BINARY', 'NONE')),
    content_type TEXT             NOT NULL,
    schema_id    TEXT             NOT NULL,
    sha256       BYTEA            NOT NULL,
    body         BYTEA
);
CREATE INDEX artifact_by_blob ON artifact (sha256) WHERE place = 'BLOB';

-- Not compressed: a body of some MiB would keep the committer busy for as long as a hundred rounds.
CREATE TABLE blob (
    sha256 BYTEA NOT NULL PRIMARY KEY,
    body   BYTEA NOT NULL
);
ALTER TABLE blob ALTER COLUMN body SET STORAGE EXTERNAL;

-- --- live tasks: rows are inserted and deleted ----------------------------------------------------------------------
--
-- Each row of a hot table is dead within moments, so vacuum must come by their number and not by a share of the table, must
-- not pause, and must not take the table's exclusive lock to give pages back: the next rows need them at once.

CREATE TABLE queue (
    task_id           BYTEA            NOT NULL,
    job_id            BYTEA            NOT NULL,
    step              BIGINT           NOT NULL,
    item_path         BYTEA            NOT NULL,
    parent_task_id    BYTEA,
    input             BIGINT,
    aggregate_kind    TEXT COLLATE "C",
    aggregate_id      TEXT COLLATE "C",
    aggregate_version BIGINT,
    attempts          BIGINT           NOT NULL,
    failures          BIGINT           NOT NULL,
    expiries          BIGINT           NOT NULL,
    fence             BIGINT           NOT NULL,
    checkpoint        BIGINT,
    create_time       BIGINT           NOT NULL,
    start_time        BIGINT,
    lane              TEXT COLLATE "C" NOT NULL,
    rank              BIGINT           NOT NULL,
    PRIMARY KEY (lane, rank, task_id)
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);
CREATE UNIQUE INDEX queue_by_task ON queue (job_id, task_id);

-- `parked_id` rises with each row, so it is the order in which tasks began to wait.
CREATE TABLE parked (
    parked_id         BIGINT           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id           BYTEA            NOT NULL,
    job_id            BYTEA            NOT NULL,
    step              BIGINT           NOT NULL,
    item_path         BYTEA            NOT NULL,
    parent_task_id    BYTEA,
    input             BIGINT,
    aggregate_kind    TEXT COLLATE "C",
    aggregate_id      TEXT COLLATE "C",
    aggregate_version BIGINT,
    attempts          BIGINT           NOT NULL,
    failures          BIGINT           NOT NULL,
    expiries          BIGINT           NOT NULL,
    fence             BIGINT           NOT NULL,
    checkpoint        BIGINT,
    create_time       BIGINT           NOT NULL,
    start_time        BIGINT,
    reason            TEXT COLLATE "C" NOT NULL CHECK (reason IN ('NO_WORKER', 'RETRY_BACKOFF', 'CONCURRENCY', 'PAUSED', 'JOIN', 'DELAYED', 'AGGREGATE_BUSY', 'SUB_PLAN', 'QUEUE_PAUSED')),
    due               BIGINT,
    behind            TEXT COLLATE "C"
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);
CREATE UNIQUE INDEX parked_by_task ON parked (job_id, task_id);
CREATE INDEX parked_by_due ON parked (due) WHERE due IS NOT NULL;
CREATE INDEX parked_by_behind ON parked (behind) WHERE behind IS NOT NULL;

-- No index on the times: a lease lives for one attempt, so there are as many rows as workers, and the reaper reads them all.
-- A heartbeat updates columns that no index has: with room left in the page, the new version of the row stays there and
-- touches no index.
CREATE TABLE lease (
    task_id           BYTEA            NOT NULL,
    job_id            BYTEA            NOT NULL,
    step              BIGINT           NOT NULL,
    item_path         BYTEA            NOT NULL,
    parent_task_id    BYTEA,
    input             BIGINT,
    aggregate_kind    TEXT COLLATE "C",
    aggregate_id      TEXT COLLATE "C",
    aggregate_version BIGINT,
    attempts          BIGINT           NOT NULL,
    failures          BIGINT           NOT NULL,
    expiries          BIGINT           NOT NULL,
    fence             BIGINT           NOT NULL,
    checkpoint        BIGINT,
    create_time       BIGINT           NOT NULL,
    start_time        BIGINT,
    lane              TEXT COLLATE "C" NOT NULL,
    rank              BIGINT           NOT NULL,
    worker_id         TEXT COLLATE "C" NOT NULL,
    request_id        TEXT COLLATE "C" NOT NULL,
    function_version  TEXT             NOT NULL,
    ttl               BIGINT           NOT NULL,
    grant_time        BIGINT           NOT NULL,
    expire_time       BIGINT           NOT NULL,
    timeout_time      BIGINT,
    PRIMARY KEY (job_id, task_id)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

-- A key's row stays when nobody holds it, so that fences rise (INV-FENCE). Who waits is in `parked`, behind the key.
CREATE TABLE aggregate_lock (
    aggregate_key  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fence          BIGINT           NOT NULL,
    holder_job_id  BYTEA,
    holder_task_id BYTEA
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

-- --- history: rows are inserted, never updated (INV-APPEND) ---------------------------------------------------------

CREATE TABLE task (
    task_id           BYTEA            NOT NULL,
    job_id            BYTEA            NOT NULL,
    step              BIGINT           NOT NULL,
    item_path         BYTEA            NOT NULL,
    parent_task_id    BYTEA,
    input             BIGINT,
    aggregate_kind    TEXT COLLATE "C",
    aggregate_id      TEXT COLLATE "C",
    aggregate_version BIGINT,
    attempts          BIGINT           NOT NULL,
    failures          BIGINT           NOT NULL,
    expiries          BIGINT           NOT NULL,
    fence             BIGINT           NOT NULL,
    checkpoint        BIGINT,
    create_time       BIGINT           NOT NULL,
    start_time        BIGINT,
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED')),
    end_time          BIGINT           NOT NULL,
    outputs           BYTEA            NOT NULL,
    leaf              BIGINT           NOT NULL CHECK (leaf IN (0, 1)),
    verdicts          TEXT,
    failure           TEXT,
    PRIMARY KEY (job_id, task_id)
);

CREATE TABLE attempt (
    job_id            BYTEA            NOT NULL,
    task_id           BYTEA            NOT NULL,
    number            BIGINT           NOT NULL,
    fence             BIGINT           NOT NULL,
    worker_id         TEXT COLLATE "C" NOT NULL,
    function_version  TEXT             NOT NULL,
    start_time        BIGINT           NOT NULL,
    end_time          BIGINT           NOT NULL,
    worker_start_time BIGINT,
    worker_end_time   BIGINT,
    failure           TEXT,
    cpu_micros        BIGINT           NOT NULL,
    wall_micros       BIGINT           NOT NULL,
    peak_rss_bytes    BIGINT           NOT NULL,
    bytes_read        BIGINT           NOT NULL,
    bytes_written     BIGINT           NOT NULL,
    report_digest     BYTEA            NOT NULL,
    PRIMARY KEY (job_id, task_id, number)
);

CREATE TABLE arrival (
    job_id      BYTEA  NOT NULL,
    join_step   BIGINT NOT NULL,
    item_path   BYTEA  NOT NULL,
    from_step   BIGINT NOT NULL,
    from_task   BYTEA  NOT NULL,
    artifact_id BIGINT NOT NULL,
    PRIMARY KEY (job_id, join_step, item_path, from_step, from_task)
);

-- `items`: 8 bytes an artifact id, so that a chunk of 1,000 is one row.
CREATE TABLE append_chunk (
    job_id      BYTEA  NOT NULL,
    task_id     BYTEA  NOT NULL,
    fence       BIGINT NOT NULL,
    chunk_index BIGINT NOT NULL,
    first_item  BIGINT NOT NULL,
    items       BYTEA  NOT NULL,
    PRIMARY KEY (job_id, task_id, fence, chunk_index)
);

-- --- outbox ---------------------------------------------------------------------------------------------------------

-- `sequence` orders the messages of one key and is no cursor (INV-OUTBOX).
CREATE TABLE outbox (
    sequence     BIGINT           NOT NULL PRIMARY KEY,
    account      TEXT COLLATE "C" NOT NULL,
    topic        TEXT COLLATE "C" NOT NULL,
    message_key  TEXT COLLATE "C" NOT NULL,
    job_id       BYTEA            NOT NULL,
    task_id      BYTEA            NOT NULL,
    commit_time  BIGINT           NOT NULL,
    headers      TEXT             NOT NULL,
    place        TEXT COLLATE "C" NOT NULL CHECK (place IN ('INLINE', 'BLOB')),
    body_kind    TEXT COLLATE "C" NOT NULL CHECK (body_kind IN ('JSON', 'BINARY', 'NONE')),
    content_type TEXT             NOT NULL,
    schema_id    TEXT             NOT NULL,
    sha256       BYTEA            NOT NULL,
    body         BYTEA
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);
CREATE INDEX outbox_by_key ON outbox (account, topic, message_key, sequence);

-- One row for each key that has messages. A lease moves `ready_time` to its end, a nack to the retry: what is ready is
-- found by state in one index, oldest first, whatever the number of keys that are leased, nacked or parked.
-- `run`: 12 bytes a message that was leased and is not acknowledged: sequence, then how often it was leased.
CREATE TABLE outbox_key (
    account         TEXT COLLATE "C" NOT NULL,
    topic           TEXT COLLATE "C" NOT NULL,
    message_key     TEXT COLLATE "C" NOT NULL,
    ready_time      BIGINT           NOT NULL,
    parked          BIGINT           NOT NULL CHECK (parked IN (0, 1)),
    fence           BIGINT           NOT NULL,
    worker_id       TEXT COLLATE "C",
    request_id      TEXT COLLATE "C",
    run             BYTEA            NOT NULL,
    run_length      BIGINT           NOT NULL,
    failed_sequence BIGINT,
    failure         TEXT             NOT NULL,
    PRIMARY KEY (account, topic, message_key)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);
CREATE INDEX outbox_key_by_time ON outbox_key (account, topic, ready_time) WHERE parked = 0;
CREATE INDEX outbox_key_by_request ON outbox_key (worker_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE outbox_delivered (
    sequence     BIGINT           NOT NULL PRIMARY KEY,
    account      TEXT COLLATE "C" NOT NULL,
    topic        TEXT COLLATE "C" NOT NULL,
    message_key  TEXT COLLATE "C" NOT NULL,
    job_id       BYTEA            NOT NULL,
    task_id      BYTEA            NOT NULL,
    commit_time  BIGINT           NOT NULL,
    sha256       BYTEA            NOT NULL,
    deliver_time BIGINT           NOT NULL,
    fence        BIGINT           NOT NULL
);
