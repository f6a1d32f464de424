//! Hands in the items of a large MULTIPLE output, chunk by chunk, ahead of the report.

use crate::{
    client::reason,
    worker::{report::refused, rpc::Rpc},
};
use esteira_contract::v1::{self, task_report::Outcome as WireOutcome};

/// Appends all chunks. None when the lease is lost; otherwise what to report: the completion, or why it is refused.
pub(crate) async fn append(
    rpc: &Rpc,
    token: &str,
    chunks: Vec<Vec<v1::Payload>>,
    completion: v1::Completion,
) -> Option<WireOutcome> {
    for (chunk_index, items) in (0..).zip(chunks) {
        let request = v1::AppendOutputsRequest { lease_token: token.into(), chunk_index, items };
        if let Err(status) = rpc.append(request).await {
            return match reason(&status).as_str() {
                "LEASE_LOST" => None,
                reason => Some(refused(reason, status.message())),
            };
        }
    }
    Some(WireOutcome::Completed(completion))
}
