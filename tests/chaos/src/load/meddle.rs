//! Operators: they look at jobs, pause, resume, cancel and terminate them, have failed tasks tried again and jobs processed again.

use super::{Known, reprocess};
use crate::{
    call::{Caller, Heard},
    history::{Answer, Said, is_terminal},
};
use esteira_contract::v1::{self, JobAction, job_service_client::JobServiceClient};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::sleep;

/// Between two deeds of one operator.
const PACE_MS: (u64, u64) = (40, 140);
/// Of the jobs that are meddled with, those that were started last.
const RECENT: usize = 12;

/// Meddles until the others are calm; then resumes all that it paused.
pub(crate) async fn run(mut caller: Caller, known: Arc<Known>) {
    let mut paused: Vec<String> = Vec::new();
    let (mut retried, mut ended) = (HashSet::new(), Vec::new());
    let mut deeds = 0_u64;
    while !caller.mood.is_calm() {
        let pace = caller.draws.millis(PACE_MS.0, PACE_MS.1);
        sleep(pace).await;
        let jobs = known.since(0);
        if jobs.is_empty() {
            continue;
        }
        deeds += 1;
        let recent = jobs[jobs.len().saturating_sub(1 + caller.draws.below(RECENT))..][0].clone();
        match caller.draws.below(100) {
            0..50 => {
                let any = jobs[caller.draws.below(jobs.len())].0.clone();
                if read(&mut caller, &any).await.is_some_and(|state| is_terminal(&state)) {
                    ended.push(any);
                }
            }
            50..58 => {
                let may_be_paused = control(&mut caller, &recent.0, JobAction::Pause, deeds).await;
                paused.extend(may_be_paused.then_some(recent.0));
            }
            58..75 if !paused.is_empty() => {
                let job = paused.swap_remove(caller.draws.below(paused.len()));
                resume(&mut caller, &job, deeds).await;
            }
            75..79 => {
                control(&mut caller, &recent.0, JobAction::Cancel, deeds).await;
            }
            79..81 => {
                control(&mut caller, &recent.0, JobAction::Terminate, deeds).await;
            }
            // Nothing may come of it.
            81..86 if !ended.is_empty() => {
                let job = ended[caller.draws.below(ended.len())].clone();
                let action = if caller.draws.percent(50) { JobAction::Cancel } else { JobAction::Terminate };
                control(&mut caller, &job, action, deeds).await;
            }
            86..92 if !known.ended().is_empty() => reprocess::run(&mut caller, &known.ended(), deeds).await,
            81..100 => retry(&mut caller, &jobs, &mut retried, deeds).await,
            _ => {}
        }
    }
    for (number, job) in paused.into_iter().enumerate() {
        resume(&mut caller, &job, deeds + 1 + number as u64).await;
    }
}

/// Resumes a job, however long that takes: it was paused by nobody else.
async fn resume(caller: &mut Caller, job: &str, number: u64) {
    while !control(caller, job, JobAction::Resume, number).await && !caller.mood.is_over() {}
}

/// The state that a job is in.
async fn read(caller: &mut Caller, job: &str) -> Option<String> {
    let request = v1::GetJobRequest { job_id: job.into(), omit_payloads: true };
    let call = async move |channel| JobServiceClient::new(channel).get_job(request).await;
    let said = Said::Read { job: job.into() };
    let heard = caller.ask(said, Duration::ZERO, call, |answer: &v1::GetJobResponse| seen(answer.job.as_ref())).await;
    match heard {
        Heard::Answered(answer) => Some(state_of(answer.job.as_ref())),
        Heard::Refused(_) | Heard::Unknown => None,
    }
}

fn state_of(job: Option<&v1::Job>) -> String {
    job.map_or("", |job| job.state().as_str_name().trim_start_matches("JOB_STATE_")).into()
}

fn seen(job: Option<&v1::Job>) -> Answer {
    Answer::Job { state: state_of(job) }
}

/// Whether the coordinator has decided.
async fn control(caller: &mut Caller, job: &str, action: JobAction, number: u64) -> bool {
    let name = action.as_str_name().trim_start_matches("JOB_ACTION_").to_owned();
    let id = format!("{}-{name}-{number}", caller.log.client);
    let request = v1::ControlJobRequest {
        request_id: id.clone(),
        job_id: job.into(),
        action: action.into(),
        reason: "chaos".into(),
        ..Default::default()
    };
    let call = async move |channel| JobServiceClient::new(channel).control_job(request).await;
    let said = Said::Control { request: id, job: job.into(), action: name };
    let heard =
        caller.ask(said, Duration::ZERO, call, |answer: &v1::ControlJobResponse| seen(answer.job.as_ref())).await;
    match heard {
        Heard::Answered(_) => true,
        // The same deed is done again by whoever wants it done; a pause whose outcome is unknown must be resumed too.
        Heard::Unknown => action == JobAction::Pause,
        Heard::Refused(_) => action != JobAction::Pause,
    }
}

/// Has the failed tasks of a job tried again; now and then twice with the same bytes.
async fn retry(caller: &mut Caller, jobs: &[(String, usize)], retried: &mut HashSet<String>, number: u64) {
    let is_broken = |(_, number): &&(String, usize)| super::plans::request(*number).0 == "broken";
    let recent: Vec<_> = jobs.iter().rev().filter(is_broken).take(5).collect();
    if recent.is_empty() {
        return;
    }
    let job = recent[caller.draws.below(recent.len())].0.clone();
    let listed = list_failed(caller, &job).await;
    let Some(failed) = listed.into_iter().find(|task| !retried.contains(task)) else { return };
    let id = format!("{}-retry-{number}", caller.log.client);
    let times = 1 + usize::from(caller.draws.percent(40));
    for time in 0..times.max(1) {
        if time > 0 {
            caller.log.own("duplicate call", &caller.log.client, crate::clock::now(), crate::clock::now());
        }
        let request = v1::RetryTasksRequest {
            request_id: id.clone(),
            job_id: job.clone(),
            task_ids: vec![failed.clone()],
            reason: "chaos".into(),
        };
        let said = Said::Retry { request: id.clone(), job: job.clone(), tasks: vec![failed.clone()] };
        let call = async move |channel| JobServiceClient::new(channel).retry_tasks(request).await;
        let read = |answer: &v1::RetryTasksResponse| {
            Answer::Retried(answer.tasks.iter().map(|task| task.task_id.clone()).collect())
        };
        let heard = caller.ask(said, Duration::ZERO, call, read).await;
        if !matches!(heard, Heard::Unknown) {
            retried.insert(failed.clone());
        }
    }
}

async fn list_failed(caller: &mut Caller, job: &str) -> Vec<String> {
    let request =
        v1::ListTasksRequest { job_id: job.into(), page_size: 500, omit_payloads: true, ..Default::default() };
    let call = async move |channel| JobServiceClient::new(channel).list_tasks(request).await;
    // What is listed is no promise of its own: it is looked at in the end.
    let said = Said::Read { job: job.into() };
    let heard = caller.ask(said, Duration::ZERO, call, |_: &v1::ListTasksResponse| Answer::Beaten(true)).await;
    let Heard::Answered(answer) = heard else { return Vec::new() };
    let failed = |task: &v1::Task| task.state() == v1::TaskState::Failed;
    answer.tasks.into_iter().filter(failed).map(|task| task.task_id).collect()
}
