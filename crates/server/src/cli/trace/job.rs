//! A job's trace: read in pages, printed as one.

use super::show;
use crate::cli::{Failure, Outcome, OutputFormat, Session, output, tree::Paint};
use esteira_contract::v1;
use serde_json::{Value, json};

/// Rows of one call.
const PAGE: usize = 500;
/// Tasks that did not succeed, of a job with more tasks than are shown.
const UNUSUAL_MAX: usize = 20;

/// A job with those of its tasks that are shown.
pub struct Traced {
    /// The job.
    pub trace: v1::JobTrace,
    /// Its tasks: all, or of a large job those that failed.
    pub tasks: Vec<v1::TaskTrace>,
}

/// Prints a job's trace.
pub async fn trace(session: &Session, job_id: String, tasks_max: usize) -> Outcome {
    let traced = read(session, job_id, tasks_max).await?;
    match session.format {
        OutputFormat::Table => output::put(show::job(&traced, Paint::for_output()))?,
        OutputFormat::Json => output::put(document(&traced)?)?,
        OutputFormat::Id => output::put(&traced.trace.job_id)?,
    }
    let count: i64 = traced.trace.task_counts.values().sum();
    if (traced.tasks.len() as i64) < count {
        let shown = traced.tasks.len();
        output::note(format_args!("… {shown} of {count} tasks are shown one by one; take --tasks {count} for all"));
    }
    Ok(())
}

async fn read(session: &Session, job_id: String, tasks_max: usize) -> Result<Traced, Failure> {
    let request = v1::TraceJobRequest { job_id: job_id.clone() };
    let trace = session.client.traces().trace_job(request).await?.trace.unwrap_or_default();
    let count: i64 = trace.task_counts.values().sum();
    let tasks = match usize::try_from(count).unwrap_or(usize::MAX) <= tasks_max {
        true => list(session, &job_id, "", tasks_max).await?,
        // What failed is what is asked for first.
        false => list(session, &job_id, "state = FAILED", UNUSUAL_MAX.min(tasks_max)).await?,
    };
    Ok(Traced { trace, tasks })
}

async fn list(session: &Session, job_id: &str, filter: &str, max: usize) -> Result<Vec<v1::TaskTrace>, Failure> {
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    while tasks.len() < max {
        let request = v1::ListTaskTracesRequest {
            job_id: job_id.to_owned(),
            page_size: (max - tasks.len()).min(PAGE) as i32,
            page_token,
            filter: filter.to_owned(),
        };
        let answer = session.client.traces().list_task_traces(request).await?;
        tasks.extend(answer.tasks);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(tasks)
}

/// The messages of the contract, in one document.
fn document(traced: &Traced) -> Result<String, Failure> {
    let broken = |error: serde_json::Error| Failure::Usage(format!("cannot print the trace as JSON: {error}"));
    let value = |text: String| serde_json::from_str::<Value>(&text).map_err(broken);
    let tasks = traced.tasks.iter().map(|task| value(output::json("TaskTrace", task)?));
    let document = json!({
        "trace": value(output::json("JobTrace", &traced.trace)?)?,
        "tasks": tasks.collect::<Result<Vec<_>, _>>()?,
    });
    serde_json::to_string_pretty(&document).map_err(broken)
}
