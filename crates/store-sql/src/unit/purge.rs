//! Removing what is kept no longer, in bounded steps. A job's own row goes last: what was begun is found again.
//!
//! No index leads from a job to its artifacts: each step would pay for it. All that a job made is found from its tasks.

use crate::{
    codec::read_ids,
    connection::Connection,
    row::Row,
    statement::{Keyed, Lock, Type},
    unit::{digests::forget_digests, history::job_keys},
    value::{Rows, values},
};
use esteira_model::{ArtifactId, JobId, TaskId};
use esteira_store::{Begun, Held, Part, Purged, Removed, Result};
use std::collections::BTreeSet;

/// Jobs that one step works on at most: one list of keys.
const JOBS_MAX: usize = 256;
/// Artifact ids in one chunk of appended outputs, at most.
const CHUNK_ITEMS_MAX: usize = 1_000;

/// See [`esteira_store::Unit::purge_trees`].
pub(super) async fn purge_trees(
    connection: &mut Connection,
    roots: &[JobId],
    part: Option<Part>,
    limit: usize,
    dropped_below: Option<JobId>,
) -> Result<Purged> {
    let (removed, begun) = (Removed::default(), Vec::new());
    let mut step = Step { connection, limit: limit.max(1), dropped_below, removed, begun };
    let progress = step.run(roots, part).await?;
    let (complete, part) = match progress {
        Progress::Done => (true, None),
        Progress::More(part) => (false, part),
    };
    Ok(Purged { removed: step.removed, begun: step.begun, part, complete })
}

/// What a step leaves to do.
enum Progress {
    /// Nothing.
    Done,
    /// More; of one task a part is gone.
    More(Option<Part>),
}

/// What an ended task refers to.
pub(crate) struct Reference {
    pub(crate) job: JobId,
    pub(crate) task: TaskId,
    /// Its outputs, its input and its checkpoint, whichever job made them.
    pub(crate) made: Vec<ArtifactId>,
}

fn reference(row: &Row) -> Result<Reference> {
    let mut cells = row.cells();
    let (job, task) = (JobId(cells.uuid()?), TaskId(cells.uuid()?));
    let mut made = read_ids(cells.blob()?);
    made.extend([cells.opt_i64()?, cells.opt_i64()?].into_iter().flatten().map(ArtifactId));
    Ok(Reference { job, task, made })
}

/// Ended tasks of these jobs, at most so many.
pub(crate) async fn references(connection: &mut Connection, jobs: &[JobId], limit: usize) -> Result<Vec<Reference>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT t.job_id, t.task_id, t.outputs, t.input, t.checkpoint FROM k CROSS JOIN task t WHERE t.job_id = k1 LIMIT $last",
    };
    connection.find_with(&FIND, job_keys(jobs), limit.into()).await?.iter().map(reference).collect()
}

async fn reference_of(connection: &mut Connection, part: Part) -> Result<Option<Reference>> {
    const SQL: &str = "SELECT job_id, task_id, outputs, input, checkpoint FROM task WHERE job_id = $1 AND task_id = $2";
    connection.fetch_one(SQL, values![part.job.0, part.task.0]).await?.map(|row| reference(&row)).transpose()
}

/// Ended jobs of trees whose root has ended, with their inputs.
static SUB_PLANS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "SELECT c.job_id, c.input FROM k CROSS JOIN job c WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL AND c.end_time IS NOT NULL \
          AND EXISTS (SELECT 1 FROM job r WHERE r.job_id = k1 AND r.end_time IS NOT NULL) LIMIT $last",
};
/// Ended roots whose sub-plans are all gone.
static ROOTS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "SELECT r.job_id, r.input FROM k CROSS JOIN job r WHERE r.job_id = k1 AND r.parent_job_id IS NULL AND r.end_time IS NOT NULL \
          AND NOT EXISTS (SELECT 1 FROM job c WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL) LIMIT $last",
};

/// Those of these trees that a job outside of them goes on from.
pub(crate) async fn referred_trees(connection: &mut Connection, roots: &[JobId]) -> Result<BTreeSet<JobId>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT k1 FROM k CROSS JOIN job d WHERE d.source_job_id = k1 AND d.root_job_id <> k1 UNION \
              SELECT k1 FROM k CROSS JOIN job c CROSS JOIN job d WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL \
              AND d.source_job_id = c.job_id AND d.root_job_id <> k1",
    };
    connection.find(&FIND, job_keys(roots)).await?.iter().map(|row| Ok(JobId(row.cells().uuid()?))).collect()
}

/// Those of these trees of which a job has not ended, or a message was not delivered.
pub(crate) async fn held(connection: &mut Connection, roots: &[JobId]) -> Result<Vec<(JobId, Held)>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT k1, CAST(CASE WHEN EXISTS (SELECT 1 FROM job r WHERE r.job_id = k1 AND r.end_time IS NULL) \
              OR EXISTS (SELECT 1 FROM job c WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL AND c.end_time IS NULL) THEN 1 \
              WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.job_id = k1) \
              OR EXISTS (SELECT 1 FROM job c JOIN outbox o ON o.job_id = c.job_id WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL) THEN 2 \
              ELSE 0 END AS BIGINT) FROM k WHERE k1 IS NOT NULL",
    };
    let mut held = Vec::new();
    for row in connection.find(&FIND, job_keys(roots)).await? {
        let mut cells = row.cells();
        let root = JobId(cells.uuid()?);
        match cells.i64()? {
            1 => held.push((root, Held::Open)),
            2 => held.push((root, Held::Undelivered)),
            _ => {}
        }
    }
    Ok(held)
}

async fn ended(
    connection: &mut Connection,
    keyed: &'static Keyed,
    roots: &[JobId],
) -> Result<Vec<(JobId, ArtifactId)>> {
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), ArtifactId(cells.i64()?)))
    };
    connection.find_with(keyed, job_keys(roots), JOBS_MAX.into()).await?.iter().map(read).collect()
}

static ATTEMPTS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM attempt WHERE (job_id, task_id, number) IN \
          (SELECT a.job_id, a.task_id, a.number FROM k CROSS JOIN attempt a WHERE a.job_id = k1 LIMIT $last) RETURNING number",
};
/// Of jobs whose partition is dropped, those attempts that are in the default one.
static REST: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM attempt_rest WHERE (job_id, task_id, number) IN \
          (SELECT a.job_id, a.task_id, a.number FROM k CROSS JOIN attempt_rest a WHERE a.job_id = k1 LIMIT $last) RETURNING number",
};
static ARRIVALS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM arrival WHERE (job_id, join_step, item_path, from_step, from_task) IN \
          (SELECT a.job_id, a.join_step, a.item_path, a.from_step, a.from_task FROM k CROSS JOIN arrival a WHERE a.job_id = k1 LIMIT $last) \
          RETURNING join_step",
};
static CARRIED: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM carried WHERE (job_id, task_id) IN \
          (SELECT c.job_id, c.task_id FROM k CROSS JOIN carried c WHERE c.job_id = k1 LIMIT $last) RETURNING from_job_id",
};
static REPROCESSES: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM reprocess WHERE job_id IN (SELECT k1 FROM k) RETURNING input, job_id",
};
static DELIVERED: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM outbox_delivered WHERE sequence IN \
          (SELECT d.sequence FROM k CROSS JOIN outbox_delivered d WHERE d.job_id = k1 LIMIT $last) RETURNING sequence",
};
/// The key begins with the account, the name and the value: they are taken from the job.
pub(super) static LABELS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM job_label WHERE (account, label_key, label_value, job_id) IN \
          (SELECT l.account, l.label_key, l.label_value, l.job_id FROM k CROSS JOIN job j CROSS JOIN job_label l \
          WHERE j.job_id = k1 AND l.account = j.account AND l.job_id = j.job_id) RETURNING label_key",
};
static JOBS: Keyed = Keyed {
    key: &[Type::Blob],
    sql: "DELETE FROM job WHERE job_id IN (SELECT k1 FROM k) AND end_time IS NOT NULL RETURNING revision",
};

/// What one unit removes.
struct Step<'c> {
    connection: &'c mut Connection,
    limit: usize,
    /// Attempts of jobs below this one go with their partition.
    dropped_below: Option<JobId>,
    removed: Removed,
    begun: Vec<Begun>,
}

impl Step<'_> {
    async fn run(&mut self, roots: &[JobId], part: Option<Part>) -> Result<Progress> {
        if let Some(part) = part
            && let Some(reference) = reference_of(self.connection, part).await?
        {
            return self.part(&reference, part.skip).await;
        }
        let roots = &self.free_of_references(roots).await?;
        let (jobs, are_roots) = match ended(self.connection, &SUB_PLANS, roots).await? {
            jobs if jobs.is_empty() => (ended(self.connection, &ROOTS, roots).await?, true),
            jobs => (jobs, false),
        };
        let ids: Vec<JobId> = jobs.iter().map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            self.begin(&ids).await?;
        }
        if self.chunks(&ids).await? {
            return Ok(Progress::More(None));
        }
        if let Progress::More(part) = self.tasks(&ids).await? {
            return Ok(Progress::More(part));
        }
        let (left, attempted): (Vec<JobId>, Vec<JobId>) =
            ids.iter().partition(|id| self.dropped_below.is_some_and(|below| **id < below));
        for (keyed, jobs) in
            [(&ATTEMPTS, &attempted), (&REST, &left), (&ARRIVALS, &ids), (&CARRIED, &ids), (&DELIVERED, &ids)]
        {
            if self.rows(keyed, jobs).await? {
                return Ok(Progress::More(None));
            }
        }
        let mut made: Vec<_> = jobs.into_iter().map(|(job, input)| (input, job)).collect();
        for row in self.connection.change_each(&REPROCESSES, job_keys(&ids)).await? {
            let mut cells = row.cells();
            let (input, job) = (cells.opt_i64()?, JobId(cells.uuid()?));
            made.extend(input.map(|input| (ArtifactId(input), job)));
        }
        self.artifacts(made.into_iter()).await?;
        self.connection.change_each(&LABELS, job_keys(&ids)).await?;
        self.removed.jobs = self.connection.change_each(&JOBS, job_keys(&ids)).await?.len() as u64;
        Ok(if are_roots { Progress::Done } else { Progress::More(None) })
    }

    /// Notes which jobs are whole until now, and are not from here on: those of this step, and their roots with them, so that
    /// nobody goes on from a tree of which a part is gone.
    async fn begin(&mut self, jobs: &[JobId]) -> Result<()> {
        static ROOTS: Keyed =
            Keyed { key: &[Type::Blob], sql: "SELECT j.root_job_id FROM k CROSS JOIN job j WHERE j.job_id = k1" };
        static WHOLE: Keyed = Keyed {
            key: &[Type::Blob],
            sql: "SELECT j.job_id, j.account, j.data_class FROM k CROSS JOIN job j WHERE j.job_id = k1 \
                  AND NOT EXISTS (SELECT 1 FROM removal r WHERE r.job_id = k1 AND r.cause <> 'ERASURE')",
        };
        let mut all = jobs.to_vec();
        for row in self.connection.find(&ROOTS, job_keys(jobs)).await? {
            all.push(JobId(row.cells().uuid()?));
        }
        for row in self.connection.find(&WHOLE, job_keys(&all)).await? {
            let mut cells = row.cells();
            let (job, account) = (JobId(cells.uuid()?), cells.account()?);
            self.begun.push(Begun { job, account, data_class: cells.parse()? });
        }
        Ok(())
    }

    /// Those of these trees that no job outside of them goes on from. They are locked first, in a statement of its own: whoever
    /// goes on from one has committed by then, or waits for this unit and finds it due.
    async fn free_of_references(&mut self, roots: &[JobId]) -> Result<Vec<JobId>> {
        const LOCK: Lock = Lock(" ORDER BY job_id FOR UPDATE OF job");
        static FIND: Keyed = Keyed { key: &[Type::Blob], sql: "SELECT job_id FROM k CROSS JOIN job WHERE job_id = k1" };
        self.connection.find_locked(&FIND, LOCK, job_keys(roots)).await?;
        let referred = referred_trees(self.connection, roots).await?;
        Ok(roots.iter().copied().filter(|root| !referred.contains(root)).collect())
    }

    /// Removes rows of one table; whether there may be more.
    async fn rows(&mut self, keyed: &'static Keyed, jobs: &[JobId]) -> Result<bool> {
        let removed = self.connection.change_each_with(keyed, job_keys(jobs), self.limit.into()).await?;
        Ok(removed.len() >= self.limit)
    }

    /// Removes outputs that were sent in chunks; whether there may be more.
    async fn chunks(&mut self, jobs: &[JobId]) -> Result<bool> {
        static CHUNKS: Keyed = Keyed {
            key: &[Type::Blob],
            sql: "DELETE FROM append_chunk WHERE (job_id, task_id, fence, chunk_index) IN \
                  (SELECT a.job_id, a.task_id, a.fence, a.chunk_index FROM k CROSS JOIN append_chunk a WHERE a.job_id = k1 LIMIT $last) \
                  RETURNING job_id, items",
        };
        let chunks_max = self.limit.div_ceil(CHUNK_ITEMS_MAX);
        let rows = self.connection.change_each_with(&CHUNKS, job_keys(jobs), chunks_max.into()).await?;
        let mut made = Vec::new();
        for row in &rows {
            let mut cells = row.cells();
            let job = JobId(cells.uuid()?);
            made.extend(read_ids(cells.blob()?).into_iter().map(|id| (id, job)));
        }
        self.artifacts(made.into_iter()).await?;
        Ok(rows.len() >= chunks_max)
    }

    /// Removes ended tasks and what they made; what is left to do, if anything is.
    async fn tasks(&mut self, jobs: &[JobId]) -> Result<Progress> {
        let found = references(self.connection, jobs, self.limit).await?;
        let is_last = found.len() < self.limit;
        let (mut whole, mut made) = (Rows::with_capacity(2, found.len()), Vec::new());
        for reference in &found {
            if made.len() + reference.made.len() > self.limit {
                if whole.is_empty() {
                    return self.part(reference, 0).await;
                }
                self.tasks_with(whole, made).await?;
                return Ok(Progress::More(None));
            }
            whole.push(reference.job.0).push(reference.task.0);
            made.extend(reference.made.iter().map(|id| (*id, reference.job)));
        }
        self.tasks_with(whole, made).await?;
        Ok(if is_last { Progress::Done } else { Progress::More(None) })
    }

    /// Removes a part of what one task made; the task itself with the last part.
    async fn part(&mut self, reference: &Reference, skip: usize) -> Result<Progress> {
        let made = reference.made.iter().skip(skip).take(self.limit).map(|id| (*id, reference.job)).collect();
        let mut whole = Rows::with_capacity(2, 1);
        let skip = skip + self.limit;
        if skip < reference.made.len() {
            self.tasks_with(whole, made).await?;
            return Ok(Progress::More(Some(Part { job: reference.job, task: reference.task, skip })));
        }
        whole.push(reference.job.0).push(reference.task.0);
        self.tasks_with(whole, made).await?;
        Ok(Progress::More(None))
    }

    async fn tasks_with(&mut self, tasks: Rows, made: Vec<(ArtifactId, JobId)>) -> Result<()> {
        static TASKS: Keyed = Keyed {
            key: &[Type::Blob, Type::Blob],
            sql: "DELETE FROM task WHERE (job_id, task_id) IN (SELECT k1, k2 FROM k) RETURNING step",
        };
        self.artifacts(made.into_iter()).await?;
        self.removed.tasks += self.connection.change_each(&TASKS, tasks).await?.len() as u64;
        Ok(())
    }

    /// Removes artifacts of their jobs, and bodies that nothing refers to any more.
    async fn artifacts(&mut self, made: impl Iterator<Item = (ArtifactId, JobId)>) -> Result<()> {
        static ARTIFACTS: Keyed = Keyed {
            key: &[Type::I64, Type::Blob],
            sql: "DELETE FROM artifact WHERE artifact_id IN (SELECT k1 FROM k) AND job_id IN (SELECT k2 FROM k) \
                  RETURNING place, sha256, coalesce(length(body), 0), artifact_id",
        };
        let made: BTreeSet<_> = made.collect();
        let mut keys = Rows::with_capacity(2, made.len());
        for (artifact, job) in made {
            keys.push(artifact.0).push(job.0);
        }
        let (mut contents, mut forgotten) = (BTreeSet::new(), Vec::new());
        for row in self.connection.change_each(&ARTIFACTS, keys).await? {
            let mut cells = row.cells();
            let (place, sha256) = (cells.text()?, cells.bytes::<32>()?);
            self.removed.artifacts += 1;
            self.removed.bytes += cells.int::<u64>()?;
            forgotten.push(ArtifactId(cells.i64()?));
            if place == "BLOB" {
                contents.insert(sha256);
            }
        }
        forget_digests(self.connection, &forgotten).await?;
        self.removed.bytes += release_blobs(self.connection, &contents).await?;
        Ok(())
    }
}

/// Removes bodies that nothing refers to; answers how many bytes they had. They are locked first, in a statement of its own: whoever
/// refers to one anew has committed by then, or waits for this unit and stores the body again.
pub(super) async fn release_blobs(connection: &mut Connection, contents: &BTreeSet<[u8; 32]>) -> Result<u64> {
    const LOCK: Lock = Lock(" ORDER BY sha256 FOR UPDATE OF blob");
    static FIND: Keyed = Keyed { key: &[Type::Blob], sql: "SELECT sha256 FROM k CROSS JOIN blob WHERE sha256 = k1" };
    static BLOBS: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "DELETE FROM blob WHERE sha256 IN (SELECT k1 FROM k) \
              AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.place = 'BLOB' AND a.sha256 = blob.sha256) \
              AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.place = 'BLOB' AND o.sha256 = blob.sha256) \
              RETURNING length(body)",
    };
    let keys = || {
        let mut keys = Rows::with_capacity(1, contents.len());
        for sha256 in contents {
            keys.push(*sha256);
        }
        keys
    };
    connection.find_locked(&FIND, LOCK, keys()).await?;
    let mut bytes = 0;
    for row in connection.change_each(&BLOBS, keys()).await? {
        bytes += row.cells().int::<u64>()?;
    }
    Ok(bytes)
}
