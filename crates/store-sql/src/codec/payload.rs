//! Bytes: up to 64 KiB in their row, more in the table `blob` under their SHA-256, once for each content.

use crate::{
    row::Cells,
    value::{Rows, Value},
};
use esteira_model::{Artifact, Body, Payload};
use esteira_store::{Error, Kind, Result};
use std::{collections::BTreeMap, sync::Arc};

/// Bytes beyond this are content-addressed. Below, a row of its own would cost more than the copy.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// Large bodies of a round by their digest: each once, and in one order, as another coordinator's round may hold some of them.
pub(crate) type Blobs = BTreeMap<[u8; 32], Vec<u8>>;

/// Where a payload's bytes go.
pub(crate) struct Stored<'a> {
    payload: &'a Payload,
    sha256: [u8; 32],
}

/// A payload with its digest, ready to be written.
pub(crate) fn stored(payload: &Payload, sha256: [u8; 32]) -> Stored<'_> {
    Stored { payload, sha256 }
}

impl Stored<'_> {
    fn is_inline(&self) -> bool {
        self.payload.bytes().len() <= INLINE_BYTES_MAX
    }

    /// Adds `place, body_kind, content_type, schema_id, sha256, body` to a row, and the bytes to `blobs` when they are large.
    pub(crate) fn push(&self, row: &mut Rows, blobs: &mut Blobs) {
        let bytes = self.payload.bytes();
        let kind = match self.payload.body {
            Body::Json(_) => "JSON",
            Body::Binary(_) => "BINARY",
            Body::None => "NONE",
        };
        row.push(Value::Fixed(if self.is_inline() { "INLINE" } else { "BLOB" })).push(Value::Fixed(kind));
        row.push(&self.payload.content_type).push(&self.payload.schema).push(self.sha256);
        if self.is_inline() {
            // No data is NULL; data of no bytes is an empty value.
            row.push((!matches!(self.payload.body, Body::None)).then_some(bytes));
        } else {
            row.push(Value::Null);
            blobs.entry(self.sha256).or_insert_with(|| bytes.to_vec());
        }
    }
}

/// Adds a row of `artifact` (INV-LABEL: the data class is on it).
pub(crate) fn push_artifact(artifact: &Artifact, sha256: [u8; 32], rows: &mut Rows, blobs: &mut Blobs) {
    rows.push(artifact.id.0).push(artifact.job.0).push(Value::Fixed(artifact.data_class.as_str()));
    stored(&artifact.payload, sha256).push(rows, blobs);
}

/// Reads `body_kind, content_type, schema_id, sha256, body, blob.body`.
pub(crate) fn read_payload(cells: &mut Cells<'_>) -> Result<(Payload, [u8; 32])> {
    let kind = cells.text()?;
    let (content_type, schema) = (cells.shared()?, cells.shared()?);
    let sha256 = cells.bytes()?;
    let (inline, blob) = (cells.opt_blob()?, cells.opt_blob()?);
    let bytes = || inline.or(blob).ok_or_else(|| Error::new(Kind::Defect, "the bytes of a payload are missing"));
    let body = match kind {
        "JSON" => Body::Json(Arc::from(
            std::str::from_utf8(bytes()?).map_err(|_| Error::new(Kind::Defect, "a stored JSON body is not UTF-8"))?,
        )),
        "BINARY" => Body::Binary(Arc::from(bytes()?)),
        _ => Body::None,
    };
    Ok((Payload { body, content_type, schema }, sha256))
}
