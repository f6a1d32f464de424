-- Jobs that go on from one that has ended.

-- One kind more. A CHECK cannot be changed in place everywhere, so the column is made anew.
ALTER TABLE job RENAME COLUMN lineage_kind TO lineage_kind_before;
ALTER TABLE job ADD COLUMN lineage_kind TEXT COLLATE "C" NOT NULL DEFAULT 'DIRECT' CHECK (lineage_kind IN ('DIRECT', 'SUB_PLAN', 'REPROCESS'));
UPDATE job SET lineage_kind = lineage_kind_before WHERE lineage_kind_before <> 'DIRECT';
ALTER TABLE job DROP COLUMN lineage_kind_before;
-- The ended job that it goes on from: that one is kept for as long as this one.
ALTER TABLE job ADD COLUMN source_job_id BYTEA;
CREATE INDEX job_by_source ON job (source_job_id) WHERE source_job_id IS NOT NULL;

-- What an operator asked for when a job was processed again. `steps`: the named steps, as a JSON list.
CREATE TABLE reprocess (
    job_id         BYTEA NOT NULL PRIMARY KEY,
    source_job_id  BYTEA NOT NULL,
    point          TEXT COLLATE "C" NOT NULL CHECK (point IN ('LAST_STEP', 'STEPS', 'FAILED_ITEMS')),
    steps          TEXT COLLATE "C" NOT NULL,
    reason         TEXT COLLATE "C" NOT NULL,
    actor          TEXT COLLATE "C" NOT NULL,
    input          BIGINT,
    reprocess_time BIGINT NOT NULL
);

-- Tasks that stand for tasks of another job, which executed them.
CREATE TABLE carried (
    job_id       BYTEA NOT NULL,
    task_id      BYTEA NOT NULL,
    from_job_id  BYTEA NOT NULL,
    from_task_id BYTEA NOT NULL,
    PRIMARY KEY (job_id, task_id)
);
