//! Artifacts without their bytes.

use crate::{
    connection::Connection,
    row::{Cells, Row},
    statement::{Keyed, Type},
    value::Rows,
};
use esteira_model::{ArtifactId, JobId};
use esteira_store::{ArtifactHead, Result};

/// What [`read_head`] reads, of `artifact a` and its `blob b`. The length of a body is known without reading it.
macro_rules! head_columns {
    () => {
        "a.artifact_id, a.job_id, a.place, a.body_kind, a.content_type, a.schema_id, a.sha256, \
         CAST(coalesce(length(a.body), length(b.body), 0) AS BIGINT)"
    };
}

/// Reads `head_columns!`.
fn read_head(cells: &mut Cells<'_>) -> Result<ArtifactHead> {
    Ok(ArtifactHead {
        id: ArtifactId(cells.i64()?),
        job: JobId(cells.uuid()?),
        removed: cells.text()? == "PURGED",
        has_body: cells.text()? != "NONE",
        content_type: cells.string()?,
        schema: cells.string()?,
        sha256: cells.bytes()?,
        size_bytes: cells.i64()?,
    })
}

/// See [`esteira_store::Reader::artifact_heads`].
pub(super) async fn artifact_heads(connection: &mut Connection, ids: &[ArtifactId]) -> Result<Vec<ArtifactHead>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: concat!(
            "SELECT ",
            head_columns!(),
            " FROM k CROSS JOIN artifact a LEFT JOIN blob b ON a.place = 'BLOB' AND b.sha256 = a.sha256 WHERE a.artifact_id = k1"
        ),
    };
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut keys = Rows::with_capacity(1, ids.len());
    for id in ids {
        keys.push(id.0);
    }
    connection.find(&FIND, keys).await?.iter().map(|row: &Row| read_head(&mut row.cells())).collect()
}
