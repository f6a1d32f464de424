//! AwaitJob: a long-poll for a job's end.

use super::view::{read_job, view_job};
use crate::{
    convert::{at::At, check, payload::Bodies, time},
    edge::Edge,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::hub::{EndOf, Ended};
use esteira_model::{Job, JobId};
use esteira_store::Stored;
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

pub async fn await_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::AwaitJobRequest,
) -> Answer<v1::AwaitJobResponse> {
    let id: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{id}"));
    let until = Instant::now() + time::wait(request.wait, At::Top("wait"))?;
    let (job, _) = await_end(edge, caller, id, until, None).await?;
    deed.of_class(job.data_class);
    let completed = job.state.is_terminal();
    let shown = view_job(edge, caller, &job, Bodies::Sent).await?;
    if shown.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::AwaitJobResponse { job: Some(shown), completed })
}

/// The job when it has ended, with its results where they are known; or as it is when the time is over or the server drains.
/// `end`: listens already, to a job that had not ended then.
pub async fn await_end(
    edge: &Edge,
    caller: &Caller,
    id: JobId,
    until: Instant,
    mut end: Option<EndOf>,
) -> Answer<(Job, Option<Vec<Stored>>)> {
    loop {
        if let Some(end) = &mut end
            && let Some(ended) = ended(edge, end, until).await
        {
            return Ok((ended.job.clone(), ended.results.clone()));
        }
        // Listening before looking: what is committed in between is news.
        let listening = edge.coordinator.hub().end_of(id);
        let job = read_job(edge, caller, id).await?;
        listening.saw(job.revision);
        end = Some(listening);
        if job.state.is_terminal() || Instant::now() >= until || edge.drain.is_cancelled() {
            return Ok((job, None));
        }
    }
}

/// The end of the job, if it came here; none when it is time to look: it may have come at another coordinator.
pub async fn ended(edge: &Edge, end: &mut EndOf, until: Instant) -> Option<Arc<Ended>> {
    tokio::select! {
        biased;
        ended = end.wait() => ended,
        () = sleep_until(until) => None,
        () = edge.drain.cancelled() => None,
    }
}
