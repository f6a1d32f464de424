//! `esteira job reprocess`: go on from a job that has ended, or from those of a filter.

use super::{Failure, Outcome, Session, job, output};
use clap::Args;
use esteira_contract::v1;

/// What is processed again, and from where.
#[derive(Debug, Args)]
pub struct Reprocess {
    /// The job that has ended
    #[arg(required_unless_present = "filter", conflicts_with = "filter")]
    job: Option<String>,
    /// All jobs of a filter instead, for example: state = FAILED AND plan_name = "orders"
    #[arg(long)]
    filter: Option<String>,
    /// Go on from this step, with all its items; the last one when absent. May be given several times
    #[arg(long = "from", value_name = "STEP")]
    from: Vec<String>,
    /// Go on with what did not succeed, and run nothing else again
    #[arg(long, conflicts_with = "from")]
    failed_items: bool,
    /// The version of the plan to execute; that of the job when absent
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    version: i32,
    /// In place of the recorded input: JSON text, @FILE, or @- for standard input
    #[arg(long, conflicts_with = "filter")]
    input: Option<String>,
    /// Why; recorded
    #[arg(long)]
    reason: String,
    /// Repeatable: the same id never starts twice
    #[arg(long, default_value = "", hide_default_value = true)]
    request_id: String,
    /// Only say what would be carried over and what would run
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub async fn run(session: &Session, ask: Reprocess) -> Outcome {
    match (ask.job.clone(), ask.filter.clone()) {
        (Some(source), _) => one(session, ask, source).await,
        (None, Some(filter)) => all(session, ask, filter).await,
        (None, None) => Err(Failure::Usage("name a job, or give --filter".into())),
    }
}

async fn one(session: &Session, ask: Reprocess, source: String) -> Outcome {
    let request = v1::ReprocessJobRequest {
        request_id: ask.request_id,
        job_id: source,
        reason: ask.reason,
        from_step_keys: ask.from,
        failed_items: ask.failed_items,
        version: ask.version,
        input: job::input(ask.input.as_deref())?,
        validate_only: ask.dry_run,
    };
    let answer = session.client.jobs().reprocess_job(request).await?;
    let ids = |answer: &v1::ReprocessJobResponse| answer.job.iter().map(|job| job.job_id.clone()).collect();
    output::print(session, "ReprocessJobResponse", &answer, ids, |answer| {
        let head = match &answer.job {
            Some(job) if answer.deduplicated => format!("started before: {}", job.job_id),
            Some(job) => format!("started {}", job.job_id),
            None => "would start a job".to_owned(),
        };
        let row = |step: &v1::ReprocessStep| {
            let inside = if step.inside > 0 { step.inside.to_string() } else { String::new() };
            vec![step.step_key.clone(), step.carried.to_string(), step.begins.to_string(), inside]
        };
        if answer.steps.is_empty() {
            return head;
        }
        let steps = answer.steps.iter().map(row).collect();
        format!("{head}\n{}", output::rows(&["step", "carried", "begins", "inside"], steps))
    })
}

async fn all(session: &Session, ask: Reprocess, filter: String) -> Outcome {
    let mut page = 0;
    let mut all = v1::ReprocessJobsResponse::default();
    loop {
        // Each page is a request of its own.
        let request_id = if ask.request_id.is_empty() { String::new() } else { format!("{}/{page}", ask.request_id) };
        let request = v1::ReprocessJobsRequest {
            request_id,
            filter: filter.clone(),
            reason: ask.reason.clone(),
            from_step_keys: ask.from.clone(),
            failed_items: ask.failed_items,
            version: ask.version,
            validate_only: ask.dry_run,
            page_size: 0,
            page_token: std::mem::take(&mut all.next_page_token),
        };
        let answer = session.client.jobs().reprocess_jobs(request).await?;
        all.outcomes.extend(answer.outcomes);
        if answer.next_page_token.is_empty() {
            break;
        }
        all.next_page_token = answer.next_page_token;
        output::note(format_args!("… {} jobs so far", all.outcomes.len()));
        page += 1;
    }
    let refused = all.outcomes.iter().any(|outcome| !outcome.error_reason.is_empty());
    let ids = |all: &v1::ReprocessJobsResponse| {
        all.outcomes.iter().map(|o| o.job_id.clone()).filter(|id| !id.is_empty()).collect()
    };
    output::print(session, "ReprocessJobsResponse", &all, ids, |all| {
        let row = |outcome: &v1::ReprocessOutcome| {
            let what = match (outcome.error_reason.as_str(), outcome.job_id.as_str()) {
                ("", "") => "would start".to_owned(),
                ("", id) => id.to_owned(),
                (reason, _) => format!("{reason}: {}", outcome.error_message),
            };
            vec![outcome.source_job_id.clone(), what]
        };
        output::rows(&["job", "goes on as"], all.outcomes.iter().map(row).collect())
    })?;
    if refused { Err(Failure::Outcome) } else { Ok(()) }
}
