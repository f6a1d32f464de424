//! How long jobs are kept, and which of them have ended: what a purge looks at before it acts.

use crate::{
    codec::read_ids,
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    unit::{
        history::job_keys,
        purge::{held, references, referred_trees},
    },
    value::{Rows, values},
};
use esteira_model::{AccountId, ArtifactId, JobId};
use esteira_store::{Held, Removed, Result, Tree};
use std::collections::{HashMap, HashSet};

/// Jobs whose tasks are read at once.
const JOBS_MAX: usize = 256;

/// See [`esteira_store::Reader::projects`].
pub(super) async fn projects(connection: &mut Connection, account: &AccountId) -> Result<Vec<String>> {
    const SQL: &str = "SELECT project FROM plan WHERE account = $1 UNION SELECT project FROM retention WHERE account = $1 ORDER BY project";
    connection.fetch(SQL, values![account]).await?.iter().map(|row| row.cells().string()).collect()
}

/// See [`esteira_store::Reader::trees`]. A job of a plan that is not known is of the default project.
pub(super) async fn trees(connection: &mut Connection, after: Option<JobId>, limit: usize) -> Result<Vec<Tree>> {
    const SQL: &str = "SELECT j.job_id, j.account, coalesce(p.project, 'default'), j.data_class, j.end_time FROM job j \
                       LEFT JOIN plan_version v ON v.plan_version_id = j.plan_version_id LEFT JOIN plan p ON p.plan_id = v.plan_id \
                       WHERE j.parent_job_id IS NULL AND j.job_id > $1 ORDER BY j.job_id LIMIT $2";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Tree {
            root: JobId(cells.uuid()?),
            account: cells.account()?,
            project: cells.string()?,
            data_class: cells.parse()?,
            end_time: cells.opt_time()?,
        })
    };
    // Every id is greater than no bytes.
    let after = after.map_or_else(Vec::new, |job| job.0.as_bytes().to_vec());
    connection.fetch(SQL, values![after, limit]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::held_trees`].
pub(super) async fn held_trees(connection: &mut Connection, roots: &[JobId]) -> Result<Vec<(JobId, Held)>> {
    let mut found = held(connection, roots).await?;
    let referred = referred_trees(connection, roots).await?;
    let is_free = |root: &JobId| !found.iter().any(|(other, _)| other == root);
    let more: Vec<_> = referred.into_iter().filter(is_free).map(|root| (root, Held::Referred)).collect();
    found.extend(more);
    found.sort_unstable_by_key(|(root, _)| *root);
    Ok(found)
}

/// See [`esteira_store::Reader::trees_size`].
pub(super) async fn trees_size(connection: &mut Connection, roots: &[JobId]) -> Result<Removed> {
    let jobs = jobs_of(connection, roots).await?;
    let mut size =
        Size { removed: Removed { jobs: jobs.len() as u64, ..Removed::default() }, contents: HashMap::new() };
    for some in jobs.chunks(JOBS_MAX) {
        let ids: Vec<JobId> = some.iter().map(|(job, _)| *job).collect();
        let mut made: HashSet<ArtifactId> = some.iter().map(|(_, input)| *input).collect();
        for reference in references(connection, &ids, usize::MAX).await? {
            size.removed.tasks += 1;
            made.extend(reference.made);
        }
        made.extend(appended(connection, &ids).await?);
        // What another job made is counted with it.
        size.artifacts(connection, made, &ids).await?;
    }
    size.blobs(connection).await?;
    Ok(size.removed)
}

/// All jobs of these trees, with their inputs.
async fn jobs_of(connection: &mut Connection, roots: &[JobId]) -> Result<Vec<(JobId, ArtifactId)>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT r.job_id, r.input FROM k CROSS JOIN job r WHERE r.job_id = k1 AND r.parent_job_id IS NULL UNION ALL \
              SELECT c.job_id, c.input FROM k CROSS JOIN job c WHERE c.root_job_id = k1 AND c.parent_job_id IS NOT NULL",
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), ArtifactId(cells.i64()?)))
    };
    connection.find(&FIND, job_keys(roots)).await?.iter().map(read).collect()
}

/// What was sent in chunks.
async fn appended(connection: &mut Connection, jobs: &[JobId]) -> Result<Vec<ArtifactId>> {
    static FIND: Keyed =
        Keyed { key: &[Type::Blob], sql: "SELECT items FROM k CROSS JOIN append_chunk WHERE job_id = k1" };
    let mut items = Vec::new();
    for row in connection.find(&FIND, job_keys(jobs)).await? {
        items.append(&mut read_ids(row.cells().blob()?));
    }
    Ok(items)
}

/// A sum, and the references to each large body that were met.
struct Size {
    removed: Removed,
    contents: HashMap<[u8; 32], i64>,
}

impl Size {
    async fn artifacts(
        &mut self,
        connection: &mut Connection,
        made: HashSet<ArtifactId>,
        jobs: &[JobId],
    ) -> Result<()> {
        static FIND: Keyed = Keyed {
            key: &[Type::I64],
            sql: "SELECT a.job_id, a.place, a.sha256, coalesce(length(a.body), 0) FROM k CROSS JOIN artifact a WHERE a.artifact_id = k1",
        };
        let mut keys = Rows::with_capacity(1, made.len());
        for id in made {
            keys.push(id.0);
        }
        for row in connection.find(&FIND, keys).await? {
            let mut cells = row.cells();
            let (job, place, sha256) = (JobId(cells.uuid()?), cells.text()?, cells.bytes()?);
            if !jobs.contains(&job) {
                continue;
            }
            self.removed.artifacts += 1;
            self.removed.bytes += cells.int::<u64>()?;
            if place == "BLOB" {
                *self.contents.entry(sha256).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Adds the bodies to which nothing else refers.
    async fn blobs(&mut self, connection: &mut Connection) -> Result<()> {
        static FIND: Keyed = Keyed {
            key: &[Type::Blob],
            sql: "SELECT b.sha256, length(b.body), (SELECT count(*) FROM artifact a WHERE a.place = 'BLOB' AND a.sha256 = b.sha256) \
                  + (SELECT count(*) FROM outbox o WHERE o.place = 'BLOB' AND o.sha256 = b.sha256) FROM k CROSS JOIN blob b WHERE b.sha256 = k1",
        };
        let mut keys = Rows::with_capacity(1, self.contents.len());
        for sha256 in self.contents.keys() {
            keys.push(*sha256);
        }
        for row in connection.find(&FIND, keys).await? {
            let mut cells = row.cells();
            let (sha256, bytes, referred): ([u8; 32], u64, i64) = (cells.bytes()?, cells.int()?, cells.i64()?);
            if self.contents.get(&sha256) == Some(&referred) {
                self.removed.bytes += bytes;
            }
        }
        Ok(())
    }
}
