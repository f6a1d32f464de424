//! ReprocessJobs.

use super::{
    list_jobs::jobs_filter,
    reprocess_job::{point, reason, steps_out},
};
use crate::{
    convert::{at::At, check, plan},
    digest::request_key,
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{self, Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    audit::Deed,
    error::Error,
    reprocess::{ReprocessJobs, Reprocessed},
};
use esteira_model::{JobId, limits};

pub async fn reprocess_jobs(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    mut request: v1::ReprocessJobsRequest,
) -> Answer<v1::ReprocessJobsResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "ReprocessJobs", request_id, &mut request);
    if request.filter.trim().is_empty() {
        return Err(Refusal::field(At::Top("filter"), "is required: say which jobs"));
    }
    let list = List { rpc: "ReprocessJobs", principal: &caller.principal, within: "", filter: &request.filter };
    let mut page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    page.size = page.size.min(limits::BATCH_MAX);
    let ask = ReprocessJobs {
        request: key,
        filter: jobs_filter(edge, caller, &request.filter, caller.principal.data_class).await?,
        page,
        point: point(&request.from_step_keys, request.failed_items)?,
        version: plan::version(request.version, At::Top("version"))?,
        reason: reason(request.reason)?,
        dry_run: request.validate_only,
    };
    deed.because(&ask.reason);
    deed.choose(if ask.dry_run { "DRY_RUN" } else { "" });
    edge.coordinator.record_begin(deed).await?;
    let done = edge.coordinator.reprocess_jobs(&caller.principal, ask).await?;
    tracing::info!(jobs = done.outcomes.len(), user = caller.principal.user_id, "jobs are processed again");
    Ok(v1::ReprocessJobsResponse {
        outcomes: done.outcomes.into_iter().map(|(source, outcome)| outcome_out(source, outcome)).collect(),
        next_page_token: edge.pages.next(&list, done.next.as_deref()),
    })
}

fn outcome_out(source: JobId, outcome: Result<Reprocessed, Error>) -> v1::ReprocessOutcome {
    let mut out = v1::ReprocessOutcome { source_job_id: source.to_string(), ..Default::default() };
    match outcome {
        Ok(done) => {
            out.steps = steps_out(&done.steps);
            if let Some(started) = done.started {
                out.job_id = started.job.id.to_string();
                out.deduplicated = started.deduplicated;
            }
        }
        Err(error) => {
            out.error_reason = status::row(error.reason).1.to_owned();
            out.error_message = error.message;
        }
    }
    out
}
