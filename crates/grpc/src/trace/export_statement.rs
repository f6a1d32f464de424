//! ExportStatement.

use crate::{
    convert::{at::At, check, verification::count},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_model::JobId;

pub async fn export_statement(
    edge: &Edge,
    caller: &Caller,
    request: v1::ExportStatementRequest,
) -> Answer<v1::ExportStatementResponse> {
    let job: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    let exported = edge.coordinator.export_statement(&caller.principal.account, job).await?;
    Ok(v1::ExportStatementResponse {
        envelope_json: exported.envelope_json,
        task_count: count(exported.tasks),
        omitted_task_count: count(exported.omitted),
    })
}
