//! AwaitJob: a long-poll for a job's end.

use super::view::{read_job, view_job};
use crate::{
    convert::{at::At, check, payload::Bodies, time},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::hub::Change;
use esteira_model::JobId;
use std::time::Duration;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};

pub async fn await_job(edge: &Edge, caller: &Caller, request: v1::AwaitJobRequest) -> Answer<v1::AwaitJobResponse> {
    let id: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    let wait = time::wait(request.wait, At::Top("wait"))?;
    // Listening before looking: what is committed in between is news.
    let mut changes = edge.coordinator.hub().listen(id);
    let mut job = read_job(edge, caller, id).await?;
    let over = Instant::now() + wait;
    while !job.state.is_terminal() && Instant::now() < over && !edge.drain.is_cancelled() {
        // What another coordinator commits is no news here: look by itself.
        let look = if edge.coordinator.is_shared() { LOOK_PERIOD } else { wait };
        ended(edge, &mut changes, look.min(over - Instant::now())).await;
        job = read_job(edge, caller, id).await?;
    }
    let completed = job.state.is_terminal();
    Ok(v1::AwaitJobResponse { job: Some(view_job(edge, caller, &job, Bodies::Sent).await?), completed })
}

/// How often the end of a job is looked for that another coordinator may bring.
const LOOK_PERIOD: Duration = Duration::from_millis(500);

/// Until the job ends, or the time is over, or the server drains.
async fn ended(edge: &Edge, changes: &mut Receiver<Change>, wait: Duration) {
    let news = async {
        loop {
            match changes.recv().await {
                Ok(Change::JobEnded) | Err(RecvError::Closed) => return,
                // The end of a job is the last of its changes: it is never the one that was missed.
                Ok(Change::Job | Change::Task(_)) | Err(RecvError::Lagged(_)) => {}
            }
        }
    };
    tokio::select! {
        () = news => {}
        () = tokio::time::sleep(wait) => {}
        () = edge.drain.cancelled() => {}
    }
}
