//! Following a job until it ends, and saying why it waits.

use super::{Outcome, OutputFormat, Session, job, output};
use esteira_contract::v1;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{IsTerminal, Write},
};
use tokio_stream::StreamExt;

/// Follows a job: on a terminal one line that changes, elsewhere a line for each change of its state.
pub async fn follow(session: &Session, job_id: &str) -> Outcome {
    let jobs = session.client.jobs();
    let mut last = String::new();
    let live = std::io::stderr().is_terminal();
    if let Ok(mut changes) = jobs.watch_jobs(v1::WatchJobsRequest { job_ids: vec![job_id.to_owned()] }).await {
        while let Some(Ok(change)) = changes.next().await {
            let Some(v1::watch_jobs_response::Item::Job(job)) = change.item else { continue };
            let line = progress(&job);
            if line != last {
                if live {
                    let mut terminal = std::io::stderr();
                    // The line is for the eye; without it the command does what it is for.
                    let _ = write!(terminal, "\r\x1b[K{line}").and_then(|()| terminal.flush());
                } else if job::state(&job) != last.split(' ').next().unwrap_or_default() {
                    output::note(&line);
                }
                last = line;
            }
        }
    }
    if live && !last.is_empty() {
        output::note("");
    }
    // The stream is for the eye; the answer is the job itself.
    let ended = jobs.wait(job_id).await?;
    job::print(session, &ended)?;
    job::ended_well(&ended)
}

fn progress(job: &v1::Job) -> String {
    let counts: BTreeMap<_, _> = job.task_counts.iter().filter(|(_, count)| **count > 0).collect();
    let counts: Vec<String> =
        counts.into_iter().map(|(name, count)| format!("{count} {}", name.to_lowercase())).collect();
    format!("{} {}", job::state(job), counts.join(", "))
}

/// Says for which functions tasks wait without a worker.
pub async fn explain_waiting(session: &Session, job: &v1::Job) -> Outcome {
    if session.format != OutputFormat::Table || job.end_time.is_some() {
        return Ok(());
    }
    let request = v1::ListTasksRequest {
        job_id: job.job_id.clone(),
        page_size: 500,
        filter: "state = READY".into(),
        omit_payloads: true,
        ..Default::default()
    };
    let tasks = session.client.jobs().list_tasks(request).await?.tasks;
    let unserved: Vec<_> = tasks.iter().filter(|task| task.wait_reason() == v1::WaitReason::NoWorker).collect();
    for function in unserved.iter().map(|task| &task.function_name).collect::<BTreeSet<_>>() {
        let count = unserved.iter().filter(|task| task.function_name == *function).count();
        let wait = if count == 1 { "task waits" } else { "tasks wait" };
        output::put(format_args!("no worker serves `{function}`; {count} {wait} for it"))?;
    }
    Ok(())
}
