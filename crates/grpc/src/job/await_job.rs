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
use tokio::sync::broadcast::{Receiver, error::RecvError};

pub async fn await_job(edge: &Edge, caller: &Caller, request: v1::AwaitJobRequest) -> Answer<v1::AwaitJobResponse> {
    let id: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    let wait = time::wait(request.wait, At::Top("wait"))?;
    // Listening before looking: what is committed in between is news.
    let mut changes = edge.coordinator.hub().listen(id);
    let mut job = read_job(edge, caller, id).await?;
    let over = tokio::time::sleep(wait);
    tokio::pin!(over);
    while !job.state.is_terminal() && !over.is_elapsed() && !edge.drain.is_cancelled() {
        tokio::select! {
            () = &mut over => {}
            () = ended(edge, &mut changes) => {}
        }
        job = read_job(edge, caller, id).await?;
    }
    let completed = job.state.is_terminal();
    Ok(v1::AwaitJobResponse { job: Some(view_job(edge, caller, &job, Bodies::Sent).await?), completed })
}

/// Until the job ends, may have ended at another coordinator, or the server drains.
async fn ended(edge: &Edge, changes: &mut Receiver<Change>) {
    let news = async {
        loop {
            match changes.recv().await {
                Ok(Change::JobEnded | Change::Elsewhere) | Err(RecvError::Closed) => return,
                // The end of a job is the last of its changes: it is never the one that was missed.
                Ok(Change::Job | Change::Task(_)) | Err(RecvError::Lagged(_)) => {}
            }
        }
    };
    tokio::select! {
        () = news => {}
        () = edge.drain.cancelled() => {}
    }
}
