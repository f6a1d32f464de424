//! StartJob.

use super::{
    await_job::{self, await_end},
    view::{read_project, read_version, view_ended},
};
use crate::{
    convert::{
        at::At,
        check,
        durability::durability,
        job::{self, JobView},
        payload::{self, Bodies},
        plan, time,
    },
    digest,
    edge::Edge,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1::{self, Durability};
use esteira_coordinator::{audit::Deed, hub::EndOf, work::Started};
use esteira_model::{Payload, limits};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub async fn start_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::StartJobRequest,
) -> Answer<v1::StartJobResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let wait = time::duration(request.wait.take(), At::Top("wait"), Duration::ZERO, limits::WAIT_MAX)?;
    let until = wait.filter(|wait| !wait.is_zero()).map(|wait| Instant::now() + wait);
    let digest = digest::digest("StartJob", &mut request);
    let key = (!request_id.is_empty()).then(|| digest::key(&caller.principal, request_id, digest));
    deed.asked(digest);
    let ask = job::start(key, digest, request, &caller.principal, edge.now())?;
    deed.on(plan::resource(&ask.plan));
    let span = tracing::Span::current();
    let Some(until) = until else {
        // Cheap to clone: the bytes are shared.
        let input = ask.packet.data.clone();
        let started = edge.coordinator.start_job(&caller.principal, ask).await?;
        span.record("job_id", tracing::field::display(started.job.id));
        return answer(edge, caller, &started, input).await;
    };
    let input = ask.packet.data.clone();
    let (started, end) = edge.coordinator.start_job_to_await(&caller.principal, ask).await?;
    span.record("job_id", tracing::field::display(started.job.id));
    if started.held.is_some() {
        return answer_held(edge, caller, started, input, until, end).await;
    }
    let Started { job, deduplicated, .. } = started;
    let (job, results) = await_end(edge, caller, job.id, until, end).await?;
    let shown = view_ended(edge, caller, &job, results).await?;
    // Results that a start brings are covered by the start; those that it finds there are a read.
    if deduplicated && shown.reveals() {
        deed.on(format!("jobs/{}", job.id));
        deed.of_class(job.data_class);
        edge.reveal(deed).await?;
    }
    let durability = Durability::Committed as i32;
    Ok(v1::StartJobResponse { job: Some(shown), deduplicated, completed: job.state.is_terminal(), durability })
}

/// The answer to a start that the last resort holds: its end, when the store comes back in time; else the job as it was
/// accepted.
async fn answer_held(
    edge: &Edge,
    caller: &Caller,
    started: Started,
    input: Payload,
    until: Instant,
    end: Option<EndOf>,
) -> Answer<v1::StartJobResponse> {
    let mut end = end.unwrap_or_else(|| edge.coordinator.hub().end_of(started.job.id));
    if let Some(ended) = await_job::ended(edge, &mut end, until).await {
        let shown = view_ended(edge, caller, &ended.job, ended.results.clone()).await?;
        let durability = Durability::Committed as i32;
        return Ok(v1::StartJobResponse { job: Some(shown), deduplicated: false, completed: true, durability });
    }
    answer(edge, caller, &started, input).await
}

async fn answer(edge: &Edge, caller: &Caller, started: &Started, input: Payload) -> Answer<v1::StartJobResponse> {
    let compiled = read_version(edge, caller, &started.job).await?;
    let project = read_project(edge, caller, &started.job, &compiled.record).await;
    let project = match project {
        // Without the store it may not be known; the start is taken all the same.
        Err(_) if started.held.is_some() => "".into(),
        project => project?,
    };
    let view = JobView {
        job: &started.job,
        version: &compiled.record,
        project: &project,
        // A repetition has the same input: its digest says so.
        input: Some((input.clone(), payload::sha256(&input))),
        results: Vec::new(),
        result_count: 0,
        task_counts: Vec::new(),
        wait_reason: None,
        reason: String::new(),
    };
    Ok(v1::StartJobResponse {
        job: Some(job::job_out(&view, Bodies::Omitted)),
        deduplicated: started.deduplicated,
        completed: false,
        durability: durability(started.held) as i32,
    })
}
