//! Erasing the data of one tree of jobs. Its rows stay, with what leaves say of the bodies.

use crate::{
    codec::{failure_text, labels_text, read_failure, read_verdicts, task::verdicts_text},
    connection::Connection,
    statement::{Keyed, Lock, Type},
    unit::{
        digests::forget_digests,
        history::{job_keys, task_keys},
        purge::{LABELS, held, release_blobs},
    },
    value::{Rows, values},
};
use esteira_model::{ArtifactId, Failure, JobId, TaskId};
use esteira_store::{Held, RemovedBodies, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Stands where a digest was.
const NO_SHA256: [u8; 32] = [0; 32];
const NO_REPORT: [u8; 16] = [0; 16];

/// See [`esteira_store::Unit::lock_tree`]. A purge and a reprocess hold the root as well.
pub(super) async fn lock_tree(connection: &mut Connection, root: JobId) -> Result<Option<Held>> {
    const LOCK: Lock = Lock(" FOR UPDATE OF job");
    const ROOT: &str = "SELECT job_id FROM job WHERE job_id = $1";
    const REFERRED: &str = "SELECT d.job_id FROM job d WHERE d.root_job_id <> $1 \
        AND NOT EXISTS (SELECT 1 FROM removal r WHERE r.job_id = d.job_id AND r.cause = 'ERASURE') \
        AND d.source_job_id IN (SELECT c.job_id FROM job c WHERE c.job_id = $1 UNION ALL \
        SELECT c.job_id FROM job c WHERE c.root_job_id = $1 AND c.parent_job_id IS NOT NULL) LIMIT 1";
    connection.fetch_locked(ROOT, LOCK, values![root.0]).await?;
    if let Some((_, why)) = held(connection, &[root]).await?.pop() {
        return Ok(Some(why));
    }
    Ok(connection.fetch_one(REFERRED, values![root.0]).await?.map(|_| Held::Referred))
}

/// See [`esteira_store::Unit::remove_bodies`].
pub(super) async fn remove_bodies(
    connection: &mut Connection,
    bodies: &[(ArtifactId, [u8; 32])],
) -> Result<RemovedBodies> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT artifact_id, place, sha256, coalesce(length(body), 0) FROM k CROSS JOIN artifact WHERE artifact_id = k1 AND place <> 'PURGED'",
    };
    static REMOVE: Keyed = Keyed {
        key: &[Type::I64, Type::Blob, Type::Blob],
        sql: "UPDATE artifact SET place = 'PURGED', body = NULL, commitment = k2, sha256 = k3 FROM k \
              WHERE artifact_id = k1 AND place <> 'PURGED' RETURNING artifact_id",
    };
    let bodies: BTreeMap<ArtifactId, [u8; 32]> = bodies.iter().copied().collect();
    let mut ids = Rows::with_capacity(1, bodies.len());
    for id in bodies.keys() {
        ids.push(id.0);
    }
    let (mut removed, mut contents, mut forgotten) = (RemovedBodies::default(), BTreeSet::new(), Vec::new());
    for row in connection.find(&FIND, ids).await? {
        let mut cells = row.cells();
        let (id, place, sha256) = (ArtifactId(cells.i64()?), cells.text()?, cells.bytes::<32>()?);
        if place == "BLOB" {
            contents.insert(sha256);
        }
        removed.bytes += cells.int::<u64>()?;
        forgotten.push(id);
    }
    let mut keys = Rows::with_capacity(3, bodies.len());
    for (id, commitment) in bodies {
        keys.push(id.0).push(commitment).push(NO_SHA256);
    }
    removed.artifacts = connection.change_each(&REMOVE, keys).await?.len() as u64;
    forget_digests(connection, &forgotten).await?;
    removed.bytes += release_blobs(connection, &contents).await?;
    Ok(removed)
}

/// What a failure says that names no data.
fn mark(failure: Failure) -> Failure {
    Failure { message: String::new(), stack_trace: String::new(), details: None, ..failure }
}

/// The text of a stored failure without what may be data.
fn marked(text: Option<&str>) -> Result<Option<String>> {
    Ok(failure_text(read_failure(text)?.map(mark).as_ref()))
}

/// See [`esteira_store::Unit::erase_texts`].
pub(super) async fn erase_texts(
    connection: &mut Connection,
    job: JobId,
    after: Option<TaskId>,
    limit: usize,
) -> Result<Option<TaskId>> {
    const TASKS: &str =
        "SELECT task_id, verdicts, failure FROM task WHERE job_id = $1 AND task_id > $2 ORDER BY task_id LIMIT $3";
    static CHANGE: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob, Type::Text, Type::Text],
        sql: "UPDATE task SET verdicts = k3, failure = k4 FROM k WHERE job_id = k1 AND task_id = k2 RETURNING step",
    };
    // Every id is greater than no bytes.
    let after = after.map_or_else(Vec::new, |task| task.0.as_bytes().to_vec());
    let (mut tasks, mut keys) = (Vec::new(), Rows::with_capacity(4, 0));
    for row in connection.fetch(TASKS, values![job.0, after, limit.max(1)]).await? {
        let mut cells = row.cells();
        let (task, verdicts, failure) = (TaskId(cells.uuid()?), cells.opt_text()?, cells.opt_text()?);
        tasks.push((job, task));
        if verdicts.is_some() || failure.is_some() {
            let mut verdicts = read_verdicts(verdicts)?;
            verdicts.iter_mut().for_each(|verdict| verdict.detail.clear());
            keys.push(job.0).push(task.0).push(verdicts_text(&verdicts)).push(marked(failure)?);
        }
    }
    connection.change_each(&CHANGE, keys).await?;
    erase_attempts(connection, &tasks).await?;
    Ok(tasks.last().map(|(_, task)| *task))
}

async fn erase_attempts(connection: &mut Connection, tasks: &[(JobId, TaskId)]) -> Result<()> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT a.job_id, a.task_id, a.number, a.failure FROM k CROSS JOIN attempt a WHERE a.job_id = k1 AND a.task_id = k2",
    };
    static CHANGE: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob, Type::I64, Type::Text, Type::Blob],
        sql: "UPDATE attempt SET failure = k4, report_digest = k5 FROM k WHERE job_id = k1 AND task_id = k2 AND number = k3 RETURNING number",
    };
    let mut keys = Rows::with_capacity(5, tasks.len());
    for row in connection.find(&FIND, task_keys(tasks)).await? {
        let mut cells = row.cells();
        keys.push(cells.uuid()?).push(cells.uuid()?).push(cells.i64()?);
        keys.push(marked(cells.opt_text()?)?).push(NO_REPORT);
    }
    connection.change_each(&CHANGE, keys).await.map(drop)
}

/// See [`esteira_store::Unit::erase_job`].
pub(super) async fn erase_job(connection: &mut Connection, job: JobId, limit: usize) -> Result<bool> {
    const MESSAGES: &str = "UPDATE outbox_delivered SET sha256 = $2 WHERE sequence IN \
        (SELECT sequence FROM outbox_delivered WHERE job_id = $1 AND sha256 <> $2 LIMIT $3)";
    const FAILURE: &str = "SELECT failure FROM job WHERE job_id = $1 AND end_time IS NOT NULL";
    const CHANGE: &str = "UPDATE job SET seed = NULL, headers = $2, labels = $2, failure = $3, note = '', revision = revision + 1 \
        WHERE job_id = $1 AND end_time IS NOT NULL";
    let limit = limit.max(1);
    if connection.execute(MESSAGES, values![job.0, NO_SHA256, limit]).await? >= limit as u64 {
        return Ok(false);
    }
    let Some(row) = connection.fetch_one(FAILURE, values![job.0]).await? else { return Ok(true) };
    let failure = marked(row.cells().opt_text()?)?;
    connection.change_each(&LABELS, job_keys(&[job])).await?;
    connection.execute(CHANGE, values![job.0, labels_text(&BTreeMap::new()), failure]).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::{FailureKind, Payload};

    #[test]
    fn a_marked_failure_says_what_happened_and_no_data() {
        let failure = Failure {
            kind: FailureKind::Retryable,
            code: "NO_FUNDS".into(),
            message: "account 4711 is empty".into(),
            stack_trace: "at 4711".into(),
            retry_after: None,
            details: Some(Payload::json("4711")),
            source: "f".into(),
        };
        let text = marked(failure_text(Some(&failure)).as_deref()).expect("reads").expect("a failure");
        assert!(text.contains("NO_FUNDS") && text.contains("RETRYABLE") && !text.contains("4711"), "{text}");
        assert_eq!(marked(None).expect("reads"), None);
    }
}
