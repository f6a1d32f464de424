//! AppendOutputs.

use crate::{convert::report, edge::Edge, principal::Caller, status::Answer};
use esteira_contract::v1;

pub async fn append_outputs(
    edge: &Edge,
    _caller: &Caller,
    request: v1::AppendOutputsRequest,
) -> Answer<v1::AppendOutputsResponse> {
    let append = report::append(edge.coordinator.tokens(), request)?;
    tracing::Span::current().record("job_id", tracing::field::display(append.token.job));
    let total = edge.coordinator.append_outputs(append).await?;
    Ok(v1::AppendOutputsResponse { total_items: i64::try_from(total).unwrap_or(i64::MAX) })
}
