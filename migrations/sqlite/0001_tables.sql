-- The tables of esteira. Numbers and names are the same in migrations/postgres. Forward only: never edit, add the next one.
--
-- Ids are 16-byte BLOBs, times are microseconds since the epoch from the coordinator's clock, enums are TEXT + CHECK,
-- JSON text stands in one column and is never looked into by SQL. There are no foreign keys: what refers to what is
-- decided by the engine in the same transaction, and a check would cost one more lookup a row in every hot table.

-- --- settings and requests ------------------------------------------------------------------------------------------

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_setting (
    account TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    paused  INTEGER NOT NULL CHECK (paused IN (0, 1)),
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
    account     TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    answer_time INTEGER NOT NULL,
    PRIMARY KEY (account, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_by_time ON request (answer_time);

-- --- plans ----------------------------------------------------------------------------------------------------------

CREATE TABLE plan (
    plan_id         BLOB    NOT NULL PRIMARY KEY,
    account         TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    display_name    TEXT    NOT NULL,
    aggregate_type  TEXT    NOT NULL,
    labels          TEXT    NOT NULL,
    default_version INTEGER NOT NULL,
    latest_version  INTEGER NOT NULL,
    create_time     INTEGER NOT NULL,
    update_time     INTEGER NOT NULL,
    revision        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX plan_by_name ON plan (account, name);

CREATE TABLE plan_label (
    plan_id     BLOB NOT NULL,
    label_key   TEXT NOT NULL,
    label_value TEXT NOT NULL,
    PRIMARY KEY (plan_id, label_key)
) STRICT, WITHOUT ROWID;

-- Documents are up to 1 MiB, so this one is a rowid table: large rows make a poor index.
CREATE TABLE plan_version (
    plan_version_id BLOB    NOT NULL PRIMARY KEY,
    plan_id         BLOB    NOT NULL,
    account         TEXT    NOT NULL,
    plan_name       TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    definition      TEXT    NOT NULL,
    sha256          BLOB    NOT NULL,
    sub_plans       BLOB    NOT NULL,
    published_by    TEXT    NOT NULL,
    publish_time    INTEGER NOT NULL,
    retire_time     INTEGER,
    retire_reason   TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX plan_version_by_number ON plan_version (plan_id, version);

-- --- jobs -----------------------------------------------------------------------------------------------------------

CREATE TABLE job (
    job_id            BLOB    NOT NULL PRIMARY KEY,
    account           TEXT    NOT NULL,
    plan_version_id   BLOB    NOT NULL,
    data_class        TEXT    NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    actor             TEXT    NOT NULL,
    headers           TEXT    NOT NULL,
    labels            TEXT    NOT NULL,
    aggregate_kind    TEXT,
    aggregate_id      TEXT,
    aggregate_version INTEGER,
    input             INTEGER NOT NULL,
    priority          INTEGER NOT NULL,
    lineage_kind      TEXT    NOT NULL CHECK (lineage_kind IN ('DIRECT', 'SUB_PLAN')),
    root_job_id       BLOB    NOT NULL,
    parent_job_id     BLOB,
    parent_task_id    BLOB,
    depth             INTEGER NOT NULL,
    create_time       INTEGER NOT NULL,
    start_after       INTEGER,
    deadline          INTEGER,
    state             TEXT    NOT NULL CHECK (state IN ('PENDING', 'RUNNING', 'PAUSED', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT')),
    flow              TEXT    NOT NULL,
    start_time        INTEGER,
    end_time          INTEGER,
    cancel_time       INTEGER,
    failure           TEXT,
    note              TEXT    NOT NULL,
    revision          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_account ON job (account, job_id);
-- The rest are partial and stay small: a direct job without a deadline that succeeds is in none of them.
CREATE INDEX job_by_bad_end ON job (account, state, job_id) WHERE state IN ('FAILED', 'CANCELLED', 'TIMED_OUT');
CREATE INDEX job_by_parent ON job (parent_job_id) WHERE parent_job_id IS NOT NULL;
CREATE INDEX job_by_root ON job (root_job_id) WHERE parent_job_id IS NOT NULL;
CREATE INDEX job_by_deadline ON job (deadline) WHERE end_time IS NULL AND deadline IS NOT NULL;
CREATE INDEX job_by_cancel ON job (cancel_time) WHERE end_time IS NULL AND cancel_time IS NOT NULL;

CREATE TABLE job_label (
    account     TEXT NOT NULL,
    label_key   TEXT NOT NULL,
    label_value TEXT NOT NULL,
    job_id      BLOB NOT NULL,
    PRIMARY KEY (account, label_key, label_value, job_id)
) STRICT, WITHOUT ROWID;

-- --- bytes ----------------------------------------------------------------------------------------------------------

-- `place`: INLINE = in `body`; BLOB = in the table `blob` under `sha256`; PURGED = gone, the digest stays (INV-APPEND).
CREATE TABLE artifact (
    artifact_id  INTEGER PRIMARY KEY,
    job_id       BLOB NOT NULL,
    data_class   TEXT NOT NULL CHECK (data_class IN ('PRODUCTION', 'QA', 'DEVTEST')),
    place        TEXT NOT NULL CHECK (place IN ('INLINE', 'BLOB', 'PURGED')),
    body_kind    TEXT NOT NULL CHECK (body_kind IN ('JSON', 'BINARY', 'NONE')),
    content_type TEXT NOT NULL,
    schema_id    TEXT NOT NULL,
    sha256       BLOB NOT NULL,
    body         BLOB
) STRICT;
CREATE INDEX artifact_by_blob ON artifact (sha256) WHERE place = 'BLOB';

CREATE TABLE blob (
    sha256 BLOB NOT NULL PRIMARY KEY,
    body   BLOB NOT NULL
) STRICT;

-- --- live tasks: rows are inserted and deleted ----------------------------------------------------------------------

CREATE TABLE queue (
    task_id           BLOB    NOT NULL,
    job_id            BLOB    NOT NULL,
    step              INTEGER NOT NULL,
    item_path         BLOB    NOT NULL,
    parent_task_id    BLOB,
    input             INTEGER,
    aggregate_kind    TEXT,
    aggregate_id      TEXT,
    aggregate_version INTEGER,
    attempts          INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    expiries          INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    checkpoint        INTEGER,
    create_time       INTEGER NOT NULL,
    start_time        INTEGER,
    lane              TEXT    NOT NULL,
    rank              INTEGER NOT NULL,
    PRIMARY KEY (lane, rank, task_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX queue_by_task ON queue (job_id, task_id);

-- `parked_id` is the rowid: it rises with each row, so it is the order in which tasks began to wait.
CREATE TABLE parked (
    parked_id         INTEGER PRIMARY KEY,
    task_id           BLOB    NOT NULL,
    job_id            BLOB    NOT NULL,
    step              INTEGER NOT NULL,
    item_path         BLOB    NOT NULL,
    parent_task_id    BLOB,
    input             INTEGER,
    aggregate_kind    TEXT,
    aggregate_id      TEXT,
    aggregate_version INTEGER,
    attempts          INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    expiries          INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    checkpoint        INTEGER,
    create_time       INTEGER NOT NULL,
    start_time        INTEGER,
    reason            TEXT    NOT NULL CHECK (reason IN ('NO_WORKER', 'RETRY_BACKOFF', 'CONCURRENCY', 'PAUSED', 'JOIN', 'DELAYED', 'AGGREGATE_BUSY', 'SUB_PLAN', 'QUEUE_PAUSED')),
    due               INTEGER,
    behind            TEXT
) STRICT;
CREATE UNIQUE INDEX parked_by_task ON parked (job_id, task_id);
CREATE INDEX parked_by_due ON parked (due) WHERE due IS NOT NULL;
CREATE INDEX parked_by_behind ON parked (behind) WHERE behind IS NOT NULL;

-- No index on the times: a lease lives for one attempt, so there are as many rows as workers, and the reaper reads them all.
CREATE TABLE lease (
    task_id           BLOB    NOT NULL,
    job_id            BLOB    NOT NULL,
    step              INTEGER NOT NULL,
    item_path         BLOB    NOT NULL,
    parent_task_id    BLOB,
    input             INTEGER,
    aggregate_kind    TEXT,
    aggregate_id      TEXT,
    aggregate_version INTEGER,
    attempts          INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    expiries          INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    checkpoint        INTEGER,
    create_time       INTEGER NOT NULL,
    start_time        INTEGER,
    lane              TEXT    NOT NULL,
    rank              INTEGER NOT NULL,
    worker_id         TEXT    NOT NULL,
    request_id        TEXT    NOT NULL,
    function_version  TEXT    NOT NULL,
    ttl               INTEGER NOT NULL,
    grant_time        INTEGER NOT NULL,
    expire_time       INTEGER NOT NULL,
    timeout_time      INTEGER,
    PRIMARY KEY (job_id, task_id)
) STRICT, WITHOUT ROWID;

-- A key's row stays when nobody holds it, so that fences rise (INV-FENCE). Who waits is in `parked`, behind the key.
CREATE TABLE aggregate_lock (
    aggregate_key  TEXT    NOT NULL PRIMARY KEY,
    fence          INTEGER NOT NULL,
    holder_job_id  BLOB,
    holder_task_id BLOB
) STRICT, WITHOUT ROWID;

-- --- history: rows are inserted, never updated (INV-APPEND) ---------------------------------------------------------

CREATE TABLE task (
    task_id           BLOB    NOT NULL,
    job_id            BLOB    NOT NULL,
    step              INTEGER NOT NULL,
    item_path         BLOB    NOT NULL,
    parent_task_id    BLOB,
    input             INTEGER,
    aggregate_kind    TEXT,
    aggregate_id      TEXT,
    aggregate_version INTEGER,
    attempts          INTEGER NOT NULL,
    failures          INTEGER NOT NULL,
    expiries          INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    checkpoint        INTEGER,
    create_time       INTEGER NOT NULL,
    start_time        INTEGER,
    state             TEXT    NOT NULL CHECK (state IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED')),
    end_time          INTEGER NOT NULL,
    outputs           BLOB    NOT NULL,
    leaf              INTEGER NOT NULL CHECK (leaf IN (0, 1)),
    verdicts          TEXT,
    failure           TEXT,
    PRIMARY KEY (job_id, task_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    job_id            BLOB    NOT NULL,
    task_id           BLOB    NOT NULL,
    number            INTEGER NOT NULL,
    fence             INTEGER NOT NULL,
    worker_id         TEXT    NOT NULL,
    function_version  TEXT    NOT NULL,
    start_time        INTEGER NOT NULL,
    end_time          INTEGER NOT NULL,
    worker_start_time INTEGER,
    worker_end_time   INTEGER,
    failure           TEXT,
    cpu_micros        INTEGER NOT NULL,
    wall_micros       INTEGER NOT NULL,
    peak_rss_bytes    INTEGER NOT NULL,
    bytes_read        INTEGER NOT NULL,
    bytes_written     INTEGER NOT NULL,
    report_digest     BLOB    NOT NULL,
    PRIMARY KEY (job_id, task_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrival (
    job_id      BLOB    NOT NULL,
    join_step   INTEGER NOT NULL,
    item_path   BLOB    NOT NULL,
    from_step   INTEGER NOT NULL,
    from_task   BLOB    NOT NULL,
    artifact_id INTEGER NOT NULL,
    PRIMARY KEY (job_id, join_step, item_path, from_step, from_task)
) STRICT, WITHOUT ROWID;

-- `items`: 8 bytes an artifact id, so that a chunk of 1,000 is one row.
CREATE TABLE append_chunk (
    job_id      BLOB    NOT NULL,
    task_id     BLOB    NOT NULL,
    fence       INTEGER NOT NULL,
    chunk_index INTEGER NOT NULL,
    first_item  INTEGER NOT NULL,
    items       BLOB    NOT NULL,
    PRIMARY KEY (job_id, task_id, fence, chunk_index)
) STRICT;

-- --- outbox ---------------------------------------------------------------------------------------------------------

-- `sequence` is the rowid; it orders the messages of one key and is no cursor (INV-OUTBOX).
CREATE TABLE outbox (
    sequence     INTEGER PRIMARY KEY,
    account      TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    message_key  TEXT    NOT NULL,
    job_id       BLOB    NOT NULL,
    task_id      BLOB    NOT NULL,
    commit_time  INTEGER NOT NULL,
    headers      TEXT    NOT NULL,
    place        TEXT    NOT NULL CHECK (place IN ('INLINE', 'BLOB')),
    body_kind    TEXT    NOT NULL CHECK (body_kind IN ('JSON', 'BINARY', 'NONE')),
    content_type TEXT    NOT NULL,
    schema_id    TEXT    NOT NULL,
    sha256       BLOB    NOT NULL,
    body         BLOB
) STRICT;
CREATE INDEX outbox_by_key ON outbox (account, topic, message_key, sequence);

-- One row for each key that has messages. A lease moves `ready_time` to its end, a nack to the retry: what is ready is
-- found by state in one index, oldest first, whatever the number of keys that are leased, nacked or parked.
-- `run`: 12 bytes a message that was leased and is not acknowledged: sequence, then how often it was leased.
CREATE TABLE outbox_key (
    account         TEXT    NOT NULL,
    topic           TEXT    NOT NULL,
    message_key     TEXT    NOT NULL,
    ready_time      INTEGER NOT NULL,
    parked          INTEGER NOT NULL CHECK (parked IN (0, 1)),
    fence           INTEGER NOT NULL,
    worker_id       TEXT,
    request_id      TEXT,
    run             BLOB    NOT NULL,
    run_length      INTEGER NOT NULL,
    failed_sequence INTEGER,
    failure         TEXT    NOT NULL,
    PRIMARY KEY (account, topic, message_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_key_by_time ON outbox_key (account, topic, ready_time) WHERE parked = 0;
CREATE INDEX outbox_key_by_request ON outbox_key (worker_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE outbox_delivered (
    sequence     INTEGER PRIMARY KEY,
    account      TEXT    NOT NULL,
    topic        TEXT    NOT NULL,
    message_key  TEXT    NOT NULL,
    job_id       BLOB    NOT NULL,
    task_id      BLOB    NOT NULL,
    commit_time  INTEGER NOT NULL,
    sha256       BLOB    NOT NULL,
    deliver_time INTEGER NOT NULL,
    fence        INTEGER NOT NULL
) STRICT;
