//! What was removed, and where it is certified.

use crate::{
    codec::{ids_bytes, read_ids, read_leaf_at},
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables,
    unit::history::job_keys,
    value::{Rows, Value, values},
};
use esteira_model::{ArtifactId, JobId};
use esteira_store::{Error, Kind, Removal, Result};

/// See [`esteira_store::Unit::removals`].
pub(crate) async fn removals(connection: &mut Connection, jobs: &[JobId]) -> Result<Vec<Removal>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT job_id, cause, number, artifacts, data_class, removal_time, leaf_page, leaf_ordinal FROM k CROSS JOIN removal WHERE job_id = k1",
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Removal {
            job: JobId(cells.uuid()?),
            cause: cells
                .text()?
                .parse()
                .map_err(|()| Error::new(Kind::Defect, "a stored removal has no known cause"))?,
            number: cells.int()?,
            artifacts: read_ids(cells.blob()?),
            data_class: cells.parse()?,
            time: cells.time()?,
            leaf_at: read_leaf_at(&mut cells)?
                .ok_or_else(|| Error::new(Kind::Defect, "a stored removal has no certificate"))?,
        })
    };
    let mut found = connection.find(&FIND, job_keys(jobs)).await?.iter().map(read).collect::<Result<Vec<Removal>>>()?;
    found.sort_unstable_by_key(|removal| (removal.job, removal.cause, removal.number));
    Ok(found)
}

/// See [`esteira_store::Unit::put_removals`].
pub(super) async fn put_removals(connection: &mut Connection, removals: &[Removal]) -> Result<()> {
    let mut rows = Rows::with_capacity(tables::REMOVAL.width(), removals.len());
    for removal in removals {
        rows.push(removal.job.0).push(Value::Fixed(removal.cause.as_str())).push(removal.number);
        rows.push(ids_bytes(&removal.artifacts)).push(Value::Fixed(removal.data_class.as_str())).push(removal.time);
        rows.push(removal.leaf_at.page.0).push(removal.leaf_at.ordinal);
    }
    connection.insert(&tables::REMOVAL, rows).await.map(drop)
}

/// See [`esteira_store::Reader::artifacts_from`].
pub(crate) async fn artifacts_from(
    connection: &mut Connection,
    after: ArtifactId,
    limit: usize,
) -> Result<Vec<(ArtifactId, JobId)>> {
    const SQL: &str = "SELECT artifact_id, job_id FROM artifact WHERE artifact_id > $1 ORDER BY artifact_id LIMIT $2";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((ArtifactId(cells.i64()?), JobId(cells.uuid()?)))
    };
    connection.fetch(SQL, values![after.0, limit]).await?.iter().map(read).collect()
}
