//! Reads a job with all that is shown of it.

use super::waiting;
use crate::{
    convert::{
        job::{JobView, Stored, job_out},
        payload::Bodies,
    },
    edge::Edge,
    fit::Room,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{Compiled, Reason};
use esteira_model::{ArtifactId, Job, JobId, JobState, LineageKind, limits};
use esteira_store::{JobDetails, PlanVersionRecord};
use prost::Message;
use std::sync::Arc;

/// A job of the caller's.
pub async fn read_job(edge: &Edge, caller: &Caller, id: JobId) -> Answer<Job> {
    let found = edge.coordinator.reader().job(&caller.principal.account, id).await?;
    found.ok_or_else(|| Refusal::new(Reason::JobNotFound, format!("there is no job {id}")))
}

/// What a job executes.
pub async fn read_version(edge: &Edge, caller: &Caller, job: &Job) -> Answer<Arc<Compiled>> {
    let (catalog, reader) = (edge.coordinator.catalog(), edge.coordinator.reader());
    Ok(catalog.version(reader, &caller.principal.account, job.plan_version).await?)
}

/// The project of a job: that of its root's plan.
pub async fn read_project(edge: &Edge, caller: &Caller, job: &Job, version: &PlanVersionRecord) -> Answer<Arc<str>> {
    let (catalog, reader, account) = (edge.coordinator.catalog(), edge.coordinator.reader(), &caller.principal.account);
    let root = match job.lineage.root == job.id {
        true => None,
        false => reader.job(account, job.lineage.root).await?,
    };
    let plan = match root {
        Some(root) => read_version(edge, caller, &root).await?.record.plan,
        None => version.plan,
    };
    Ok(catalog.project(reader, account, plan).await?)
}

/// One artifact; none when it was purged.
pub async fn read_artifact(edge: &Edge, id: ArtifactId) -> Answer<Option<Stored>> {
    let found = edge.coordinator.reader().artifacts(&[id]).await?.pop();
    Ok(found.map(|(_, payload, sha256)| (payload, sha256)))
}

/// Why a job was processed again; "" when it is not one that was.
pub async fn read_reason(edge: &Edge, job: &Job) -> Answer<String> {
    if job.lineage.kind != LineageKind::Reprocess {
        return Ok(String::new());
    }
    let record = edge.coordinator.reader().reprocess(job.id).await?;
    Ok(record.map(|record| record.reason).unwrap_or_default())
}

/// A job as it is shown.
pub async fn view_job(edge: &Edge, caller: &Caller, job: &Job, bodies: Bodies) -> Answer<v1::Job> {
    let compiled = read_version(edge, caller, job).await?;
    let first = if bodies == Bodies::Sent { RESULTS_FIRST } else { 0 };
    let JobDetails { task_counts, input, mut results, result_count } =
        edge.coordinator.reader().job_details(job, first).await?;
    if bodies == Bodies::Sent {
        results = all_that_fit(edge, job.id, results, result_count).await?;
    }
    let project = read_project(edge, caller, job, &compiled.record).await?;
    let wait_reason = waiting::of_job(edge, caller, job, &task_counts).await?;
    let input = input.map(without_id);
    let results = results.into_iter().map(without_id).collect();
    let (version, project) = (&compiled.record, &*project);
    let reason = read_reason(edge, job).await?;
    let view = JobView { job, version, project, input, results, result_count, task_counts, wait_reason, reason };
    Ok(fitting(job_out(&view, bodies)))
}

/// A job at the end of the call that started it: its results, or why it still waits. `known`: its results, where they need
/// not be read.
pub async fn view_ended(
    edge: &Edge,
    caller: &Caller,
    job: &Job,
    known: Option<Vec<esteira_store::Stored>>,
) -> Answer<v1::Job> {
    if !job.state.is_terminal() {
        let mut shown = view_job(edge, caller, job, Bodies::Omitted).await?;
        shown.task_counts.clear();
        if let Some(packet) = &mut shown.input {
            packet.data = None;
        }
        return Ok(shown);
    }
    let compiled = read_version(edge, caller, job).await?;
    let project = read_project(edge, caller, job, &compiled.record).await?;
    let (results, result_count) = match known {
        Some(results) => {
            let count = results.len() as i64;
            (results, count)
        }
        None if job.state == JobState::Succeeded => {
            let (results, count) = edge.coordinator.reader().job_results(job.id, RESULTS_FIRST).await?;
            (all_that_fit(edge, job.id, results, count).await?, count)
        }
        None => (Vec::new(), 0),
    };
    let view = JobView {
        job,
        version: &compiled.record,
        project: &project,
        input: None,
        results: results.into_iter().take(limits::RESULTS_MAX).map(without_id).collect(),
        result_count,
        task_counts: Vec::new(),
        wait_reason: None,
        reason: String::new(),
    };
    Ok(fitting(job_out(&view, Bodies::Sent)))
}

/// The first results, or all of them where they are many and small.
async fn all_that_fit(
    edge: &Edge,
    job: JobId,
    first: Vec<esteira_store::Stored>,
    count: i64,
) -> Answer<Vec<esteira_store::Stored>> {
    let bytes: usize = first.iter().map(|(_, payload, _)| payload.bytes().len()).sum();
    if count > RESULTS_FIRST as i64 && bytes < limits::MESSAGE_BYTES_MAX {
        return Ok(edge.coordinator.reader().job_results(job, limits::RESULTS_MAX).await?.0);
    }
    Ok(first)
}

/// Leaves out the results that the message has no room for.
fn fitting(mut shown: v1::Job) -> v1::Job {
    let mut room = Room::message();
    let results = std::mem::take(&mut shown.results);
    room.take(shown.encoded_len());
    shown.results = results.into_iter().take_while(|result| room.take(result.encoded_len())).collect();
    shown
}

/// Results that are read first: large ones fill an answer soon.
const RESULTS_FIRST: usize = 8;

fn without_id((_, payload, sha256): esteira_store::Stored) -> Stored {
    (payload, sha256)
}
