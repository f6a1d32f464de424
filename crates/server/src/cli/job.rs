//! `esteira job`: start, watch, show, list, await, control, retry.

use super::{
    Failure, Outcome, Session, output,
    removal::{self, Erase, Purge},
    reprocess::{self, Reprocess},
    watch,
};
use clap::{Args, Subcommand};
use esteira_contract::v1;
use esteira_model::DataClass;

/// Commands on jobs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a job; with --output id it prints the job's id alone
    Start(Box<Start>),
    /// Follow a job until it ends
    Watch {
        /// The job
        job: String,
    },
    /// Show a job with its results
    Show {
        /// The job
        job: String,
    },
    /// List jobs, newest first
    List {
        /// For example: state = FAILED AND plan_name = "orders"
        #[arg(long, default_value = "", hide_default_value = true)]
        filter: String,
        /// PRODUCTION, QA or DEVTEST; without it, and without one in the filter, your own
        #[arg(long)]
        data_class: Option<DataClass>,
        /// Rows at most: 1 to 500
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=500))]
        limit: i32,
    },
    /// Wait until a job ends; exit code 1 when it did not succeed
    Await {
        /// The job
        job: String,
    },
    /// Let running tasks end, start nothing new
    Pause(Control),
    /// Undo a pause
    Resume(Control),
    /// Ask running tasks to stop, start nothing new
    Cancel(Control),
    /// Drop all leases and end the job now
    Terminate(Control),
    /// Process a job again that has ended, or those of a filter: always as new jobs
    Reprocess(Box<Reprocess>),
    /// Remove QA or DEVTEST jobs of a filter that have ended, with their data: first with --dry-run, then with what it says
    Purge(Box<Purge>),
    /// Erase the data of a job that has ended, and of the jobs of its sub-plans; its rows and what was recorded of it stay
    Erase(Erase),
    /// Try failed tasks again while their job still runs
    Retry {
        /// The job
        job: String,
        /// The failed tasks
        #[arg(required = true)]
        tasks: Vec<String>,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
}

/// How a job is started.
#[derive(Debug, Args)]
pub struct Start {
    /// Name of the plan
    #[arg(long)]
    plan: String,
    /// Its version; the default version when absent
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    version: i32,
    /// Input as JSON text, @FILE, or @- for standard input
    #[arg(long)]
    input: Option<String>,
    /// The aggregate to move: TYPE/ID
    #[arg(long)]
    aggregate: Option<String>,
    /// A label to search by: KEY=VALUE
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// Higher runs first
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    priority: i32,
    /// Give the job up after this many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    /// Repeatable: the same id never starts twice
    #[arg(long, default_value = "", hide_default_value = true)]
    request_id: String,
    /// Follow it until it ends
    #[arg(long)]
    watch: bool,
}

/// A job to act on.
#[derive(Debug, Args)]
pub struct Control {
    /// The job
    job: String,
    /// Why; recorded
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    let jobs = session.client.jobs();
    match command {
        Command::Start(start) => {
            let follow = start.watch;
            let answer = jobs.start_job(start.request()?).await?;
            let job_id = answer.job.as_ref().map(|job| job.job_id.clone()).unwrap_or_default();
            if follow {
                output::note(format_args!("job {job_id}"));
                return watch::follow(session, &job_id).await;
            }
            output::print(
                session,
                "StartJobResponse",
                &answer,
                |_| vec![job_id.clone()],
                |answer| format!("{} {job_id}", if answer.deduplicated { "started before:" } else { "started" }),
            )
        }
        Command::Watch { job } => watch::follow(session, &job).await,
        Command::Show { job } => {
            let job =
                jobs.get_job(v1::GetJobRequest { job_id: job, omit_payloads: false }).await?.job.unwrap_or_default();
            print(session, &job)?;
            watch::explain_waiting(session, &job).await
        }
        Command::List { filter, data_class, limit } => {
            let class = data_class.map(|class| format!("data_class = {class}"));
            let terms: Vec<String> = class.into_iter().chain((!filter.is_empty()).then_some(filter)).collect();
            let filter = terms.join(" AND ");
            let answer = jobs.list_jobs(v1::ListJobsRequest { page_size: limit, filter, ..Default::default() }).await?;
            let ids = |answer: &v1::ListJobsResponse| answer.jobs.iter().map(id).collect();
            output::print(session, "ListJobsResponse", &answer, ids, |answer| {
                let row = |job: &v1::Job| {
                    vec![
                        job.job_id.clone(),
                        format!("{}@{}", job.plan_name, job.plan_version),
                        state(job),
                        output::time(job.create_time.as_ref()),
                        output::between(job.start_time.as_ref(), job.end_time.as_ref()),
                    ]
                };
                output::rows(&["job", "plan", "state", "created", "took"], answer.jobs.iter().map(row).collect())
            })?;
            output::note_more(&answer.next_page_token, "take --filter or --limit");
            Ok(())
        }
        Command::Await { job } => {
            let job = jobs.wait(&job).await?;
            print(session, &job)?;
            ended_well(&job)
        }
        Command::Pause(control) => act(session, control, v1::JobAction::Pause).await,
        Command::Resume(control) => act(session, control, v1::JobAction::Resume).await,
        Command::Cancel(control) => act(session, control, v1::JobAction::Cancel).await,
        Command::Terminate(control) => act(session, control, v1::JobAction::Terminate).await,
        Command::Reprocess(command) => reprocess::run(session, *command).await,
        Command::Purge(command) => removal::purge(session, *command).await,
        Command::Erase(command) => removal::erase(session, command).await,
        Command::Retry { job, tasks, reason } => {
            let answer = jobs
                .retry_tasks(v1::RetryTasksRequest { job_id: job, task_ids: tasks, reason, ..Default::default() })
                .await?;
            let ids = |answer: &v1::RetryTasksResponse| answer.tasks.iter().map(|task| task.task_id.clone()).collect();
            output::print(session, "RetryTasksResponse", &answer, ids, |answer| {
                let line = |task: &v1::Task| format!("{} is tried again as {}", task.parent_task_id, task.task_id);
                answer.tasks.iter().map(line).collect::<Vec<_>>().join("\n")
            })
        }
    }
}

async fn act(session: &Session, control: Control, action: v1::JobAction) -> Outcome {
    let request = v1::ControlJobRequest {
        job_id: control.job,
        action: action.into(),
        reason: control.reason,
        ..Default::default()
    };
    let job = session.client.jobs().control_job(request).await?.job.unwrap_or_default();
    output::print(session, "Job", &job, |job| vec![id(job)], |job| format!("job {} is {}", job.job_id, state(job)))
}

fn id(job: &v1::Job) -> String {
    job.job_id.clone()
}

/// Prints a job.
pub fn print(session: &Session, job: &v1::Job) -> Outcome {
    output::print(session, "Job", job, |job| vec![id(job)], show)
}

/// A job's state without its prefix.
pub fn state(job: &v1::Job) -> String {
    output::short(job.state().as_str_name(), "JOB_STATE_")
}

/// Success of a job as success of the command.
pub fn ended_well(job: &v1::Job) -> Outcome {
    if job.state() == v1::JobState::Succeeded { Ok(()) } else { Err(Failure::Outcome) }
}

/// Results that are shown at most.
const RESULTS_SHOWN: usize = 10;

fn show(job: &v1::Job) -> String {
    let actor = job.input.as_ref().and_then(|input| input.actor.clone()).unwrap_or_default();
    let mut counts: Vec<_> = job
        .task_counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    counts.sort();
    let aggregate = job.input.as_ref().and_then(|input| input.aggregate.as_ref());
    let lineage = job.lineage.clone().unwrap_or_default();
    let mut labels: Vec<_> = job.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    labels.sort();
    let fields = output::fields(&[
        ("job", job.job_id.clone()),
        ("plan", format!("{} version {}", job.plan_name, job.plan_version)),
        ("state", state(job)),
        ("waits", output::short(job.wait_reason().as_str_name(), "WAIT_REASON_")),
        ("failure", output::failure(job.failure.as_ref())),
        ("aggregate", aggregate.map(|aggregate| format!("{}/{}", aggregate.r#type, aggregate.id)).unwrap_or_default()),
        ("goes on from", lineage.source_job_id),
        ("because", lineage.reason),
        ("labels", labels.join(", ")),
        ("operator", actor.user_id),
        ("project", job.project.clone()),
        ("data class", output::short(job.data_class().as_str_name(), "DATA_CLASS_")),
        ("tasks", counts.join(", ")),
        ("created", output::time(job.create_time.as_ref())),
        ("ended", output::time(job.end_time.as_ref())),
        ("took", output::between(job.start_time.as_ref(), job.end_time.as_ref())),
        ("results", if job.result_count > 0 { job.result_count.to_string() } else { String::new() }),
    ]);
    let results = job.results.iter().take(RESULTS_SHOWN).map(|result| format!("\n  {}", output::payload(Some(result))));
    fields + &results.collect::<String>()
}

/// JSON text as it stands, of a file, or of standard input.
pub fn input(given: Option<&str>) -> Result<Option<v1::Payload>, Failure> {
    let text = match given {
        None => return Ok(None),
        Some("@-") => {
            std::io::read_to_string(std::io::stdin()).map_err(|error| Failure::Usage(format!("--input: {error}")))?
        }
        Some(text) => match text.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| Failure::Usage(format!("--input: cannot read {file}: {error}")))?,
            None => text.to_owned(),
        },
    };
    Ok(Some(v1::Payload { body: Some(v1::payload::Body::Json(text)), ..Default::default() }))
}

impl Start {
    fn request(self) -> Result<v1::StartJobRequest, Failure> {
        let data = input(self.input.as_deref())?;
        let aggregate = match &self.aggregate {
            None => None,
            Some(text) => {
                let (kind, id) =
                    text.split_once('/').ok_or_else(|| Failure::Usage("--aggregate: expected TYPE/ID".into()))?;
                Some(v1::AggregateRef { r#type: kind.into(), id: id.into(), version: 0 })
            }
        };
        let label = |text: &String| {
            text.split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .ok_or_else(|| Failure::Usage("--label: expected KEY=VALUE".into()))
        };
        Ok(v1::StartJobRequest {
            request_id: self.request_id,
            plan: Some(v1::start_job_request::Plan::PlanName(self.plan)),
            version: self.version,
            packet: Some(v1::DataPacket { data, aggregate, ..Default::default() }),
            labels: self.labels.iter().map(label).collect::<Result<_, _>>()?,
            priority: self.priority,
            job_timeout: self.timeout.map(|seconds| prost_types::Duration { seconds: i64::from(seconds), nanos: 0 }),
            ..Default::default()
        })
    }
}
