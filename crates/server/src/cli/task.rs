//! `esteira task`: the tasks of a job, and their attempts.

use super::{Outcome, Session, output};
use clap::Subcommand;
use esteira_contract::v1;

/// Commands on tasks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the tasks of a job, oldest first
    List {
        /// The job
        job: String,
        /// For example: state = FAILED
        #[arg(long, default_value = "", hide_default_value = true)]
        filter: String,
        /// Rows at most: 1 to 500
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=500))]
        limit: i32,
    },
    /// Show one task with its attempts
    Show {
        /// The job
        job: String,
        /// The task
        task: String,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let jobs = session.client.jobs();
    match command {
        Command::List { job, filter, limit } => {
            let request = v1::ListTasksRequest {
                job_id: job,
                page_size: limit,
                filter,
                omit_payloads: true,
                ..Default::default()
            };
            let answer = jobs.list_tasks(request).await?;
            let ids = |answer: &v1::ListTasksResponse| answer.tasks.iter().map(|task| task.task_id.clone()).collect();
            output::print(session, "ListTasksResponse", &answer, ids, |answer| {
                output::rows(
                    &["task", "step", "item", "state", "waits", "attempts", "took", "failure"],
                    answer.tasks.iter().map(row).collect(),
                )
            })?;
            output::note_more(&answer.next_page_token, "take --filter or --limit");
            Ok(())
        }
        Command::Show { job, task } => {
            let task = jobs.get_task(v1::GetTaskRequest { job_id: job, task_id: task }).await?.task.unwrap_or_default();
            output::print(session, "Task", &task, |task| vec![task.task_id.clone()], show)
        }
    }
}

fn item(task: &v1::Task) -> String {
    task.item_path.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
}

fn failure(failure: Option<&v1::Failure>) -> String {
    failure.map(|failure| failure.code.clone()).unwrap_or_default()
}

fn row(task: &v1::Task) -> Vec<String> {
    vec![
        task.task_id.clone(),
        task.step_key.clone(),
        item(task),
        output::short(task.state().as_str_name(), "TASK_STATE_"),
        output::short(task.wait_reason().as_str_name(), "WAIT_REASON_"),
        task.attempts.len().to_string(),
        output::between(task.start_time.as_ref(), task.end_time.as_ref()),
        failure(task.failure.as_ref()),
    ]
}

/// Outputs that are shown at most.
const OUTPUTS_SHOWN: usize = 10;

fn show(task: &v1::Task) -> String {
    let input = task.input.as_ref().and_then(|packet| packet.data.as_ref());
    let mut fields: Vec<(String, String)> = [
        ("task", task.task_id.clone()),
        ("job", task.job_id.clone()),
        ("step", task.step_key.clone()),
        ("function", task.function_name.clone()),
        ("item", item(task)),
        ("state", output::short(task.state().as_str_name(), "TASK_STATE_")),
        ("waits", output::short(task.wait_reason().as_str_name(), "WAIT_REASON_")),
        ("next try", output::time(task.next_attempt_time.as_ref())),
        ("child job", task.child_job_id.clone()),
        ("created", output::time(task.create_time.as_ref())),
        ("started", output::time(task.start_time.as_ref())),
        ("ended", output::time(task.end_time.as_ref())),
        ("input", output::payload(input)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for (index, payload) in task.outputs.iter().take(OUTPUTS_SHOWN).enumerate() {
        fields.push((format!("output {index}"), output::payload(Some(payload))));
    }
    fields.push(("failure".into(), output::failure(task.failure.as_ref())));
    let fields = output::fields(&fields);
    if task.attempts.is_empty() {
        return fields;
    }
    let headings = ["attempt", "worker", "started", "took", "cpu", "failure"];
    let attempts = output::rows(&headings, task.attempts.iter().map(attempt).collect());
    format!("{fields}\n\n{attempts}")
}

fn attempt(attempt: &v1::Attempt) -> Vec<String> {
    let usage = attempt.usage.unwrap_or_default();
    vec![
        attempt.number.to_string(),
        attempt.worker_id.clone(),
        output::time(attempt.start_time.as_ref()),
        output::between(attempt.start_time.as_ref(), attempt.end_time.as_ref()),
        output::duration(usage.cpu_time.as_ref()),
        failure(attempt.failure.as_ref()),
    ]
}
