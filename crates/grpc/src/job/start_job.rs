//! StartJob.

use crate::{
    convert::{
        at::At,
        check,
        job::{self, JobView},
        payload::{self, Bodies},
    },
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn start_job(edge: &Edge, caller: &Caller, mut request: v1::StartJobRequest) -> Answer<v1::StartJobResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "StartJob", request_id, &mut request);
    let ask = job::start(key, request, &caller.principal, edge.now())?;
    // Cheap to clone: the bytes are shared.
    let input = ask.packet.data.clone();
    let started = edge.coordinator.start_job(&caller.principal, ask).await?;
    tracing::Span::current().record("job_id", tracing::field::display(started.job.id));
    let compiled = super::view::read_version(edge, caller, &started.job).await?;
    let view = JobView {
        job: &started.job,
        version: &compiled.record,
        // A repetition has the same input: its digest says so.
        input: Some((input.clone(), payload::sha256(&input))),
        results: Vec::new(),
        result_count: 0,
        task_counts: Vec::new(),
        wait_reason: None,
    };
    Ok(v1::StartJobResponse { job: Some(job::job_out(&view, Bodies::Omitted)), deduplicated: started.deduplicated })
}
