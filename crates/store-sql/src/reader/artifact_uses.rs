//! Which tasks read or produced artifacts. No index leads from an artifact to tasks: each step would pay for it. The jobs in
//! which to look are few, and known.

use crate::{
    codec::read_ids,
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    unit::history::job_keys,
    value::values,
};
use esteira_model::{ArtifactId, ItemPath, JobId, TaskId};
use esteira_store::{ArtifactRole, ArtifactUse, ArtifactUses, Result};
use std::collections::HashSet;

/// Tasks that are in memory at once.
const PAGE: usize = 5_000;

/// What is read of an ended task.
macro_rules! ended {
    () => {
        "SELECT job_id, task_id, step, item_path, input, checkpoint, leaf, outputs FROM "
    };
}
/// What is read of a live one: it has no outputs yet.
macro_rules! live {
    () => {
        "SELECT job_id, task_id, step, item_path, input, checkpoint FROM "
    };
}

/// Where tasks are: the query of several jobs at once, and that of one job by task.
static PLACES: [(&Keyed, &str); 4] = {
    macro_rules! place {
        ($columns:ident, $table:literal) => {{
            static ALL: Keyed = Keyed {
                key: &[Type::Blob],
                sql: concat!($columns!(), "k CROSS JOIN ", $table, " WHERE job_id = k1 LIMIT $last"),
            };
            let one = concat!($columns!(), $table, " WHERE job_id = $1 AND task_id > $2 ORDER BY task_id LIMIT $3");
            (&ALL, one)
        }};
    }
    [place!(ended, "task"), place!(live, "lease"), place!(live, "queue"), place!(live, "parked")]
};

/// See [`esteira_store::Reader::artifact_uses`].
pub(super) async fn artifact_uses(
    connection: &mut Connection,
    jobs: &[JobId],
    artifacts: &[ArtifactId],
    limit: usize,
) -> Result<ArtifactUses> {
    let mut look = Look { wanted: artifacts.iter().copied().collect(), uses: Vec::new(), left: limit };
    let mut is_complete = true;
    for (index, (all, one)) in PLACES.iter().enumerate() {
        let is_ended = index == 0;
        let rows = connection.find_with(all, job_keys(jobs), PAGE.into()).await?;
        if rows.len() < PAGE {
            is_complete &= look.rows(&rows, is_ended)?.is_some();
            continue;
        }
        // So many that they are read job by job, a page at a time.
        for job in jobs {
            is_complete &= look.job(connection, *job, one, is_ended).await?;
        }
    }
    look.uses.sort_unstable_by_key(|one| (one.artifact, one.job, one.task, one.role));
    look.uses.dedup();
    Ok(ArtifactUses { uses: look.uses, is_complete })
}

struct Look {
    wanted: HashSet<ArtifactId>,
    uses: Vec<ArtifactUse>,
    /// Tasks that may still be looked at.
    left: usize,
}

impl Look {
    /// One job in one place; `false` when it was too large to be seen whole.
    async fn job(
        &mut self,
        connection: &mut Connection,
        job: JobId,
        sql: &'static str,
        is_ended: bool,
    ) -> Result<bool> {
        // Every id is greater than no bytes.
        let mut after = Vec::new();
        loop {
            let rows = connection.fetch(sql, values![job.0, after, PAGE]).await?;
            match self.rows(&rows, is_ended)? {
                None => return Ok(false),
                Some(_) if rows.len() < PAGE => return Ok(true),
                Some(last) => after = last,
            }
        }
    }

    /// The last task's id, or none when too much was looked at.
    fn rows(&mut self, rows: &[Row], is_ended: bool) -> Result<Option<Vec<u8>>> {
        let mut last = Vec::new();
        for row in rows {
            let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
            self.left = left;
            last = self.row(row, is_ended)?.0.as_bytes().to_vec();
        }
        Ok(Some(last))
    }

    fn row(&mut self, row: &Row, is_ended: bool) -> Result<TaskId> {
        let mut cells = row.cells();
        let (job, task, step) = (JobId(cells.uuid()?), TaskId(cells.uuid()?), cells.int()?);
        let item_path = cells.blob()?;
        let mut found: Vec<_> = [(cells.opt_i64()?, ArtifactRole::Input), (cells.opt_i64()?, ArtifactRole::Checkpoint)]
            .into_iter()
            .filter_map(|(id, role)| Some((ArtifactId(id?), role)))
            .filter(|(id, _)| self.wanted.contains(id))
            .collect();
        let mut is_leaf = false;
        if is_ended {
            is_leaf = cells.bool()?;
            let outputs = read_ids(cells.blob()?);
            found
                .extend(outputs.into_iter().filter(|id| self.wanted.contains(id)).map(|id| (id, ArtifactRole::Output)));
        }
        for (artifact, role) in found {
            let item_path = ItemPath::from_bytes(item_path);
            self.uses.push(ArtifactUse { artifact, role, job, task, step, item_path, is_leaf });
        }
        Ok(task)
    }
}
