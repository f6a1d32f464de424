//! The demo, in the order in which it is told: start, publish, run, check, trace, verify, reprocess.

use crate::{
    airports::Data,
    api::Api,
    command::Cli,
    database,
    destination::Destination,
    error::Error,
    job::{self, Jobs},
    plan,
    reprocess::Reprocessed,
    results::Results,
    server::Server,
    text, trace,
    verify::Verified,
};
use esteira_contract::v1::Job;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{process::Command, time::Instant};

/// The item whose trace is shown: Guarulhos, the airport of São Paulo.
const TRACED_ID: i64 = 5910;

/// Leaves of a job that goes on with one task: the link to the old job, its start, its one attempt and its end.
const LINKED_LEAVES: i64 = 4;

/// Everything that runs meanwhile. Dropping it ends it all.
#[derive(Debug)]
pub struct Demo {
    data: Arc<Data>,
    plan: PathBuf,
    database: PathBuf,
    cli: Cli,
    server: Server,
    /// Serves as long as it is there.
    _api: Api,
}

/// What came of it; checked, so it is true.
#[derive(Debug)]
pub struct Outcome {
    /// Records that the API served.
    pub items: usize,
    /// Rows in the database.
    pub written: usize,
    /// Tasks of the job.
    pub tasks: i64,
    /// Leaves of the job and of the one that went on from it, all of them verified.
    pub leaves: i64,
    /// The job, for who wants to look further.
    pub job_id: String,
    /// From the start of the job to the end of the checks.
    pub time: Duration,
}

impl Demo {
    /// Starts the API and the coordinator, and makes the client's database, all in `directory`.
    pub async fn start(directory: &Path) -> Result<Self, Error> {
        let binary = binary()?;
        let data = Arc::new(Data::load()?);
        println!("Which airports can a freight office in São Paulo ship to?\n");
        println!(
            "  {} places in South America, Africa and Europe (OurAirports, public domain) are served by a local API.",
            text::grouped(data.airports.len() as i64)
        );
        println!(
            "  A plan fetches all pages, fans out one task a place, decides, shapes, writes to SQLite, and sums up.\n"
        );
        let api = Api::start(Arc::clone(&data)).await?;
        let plan = plan::prepare(api.address, directory)?;
        let database = directory.join("demo.sqlite");
        database::create(&database).await?;
        println!("1  Start everything: coordinator, functions and store are one process");
        let begin = Instant::now();
        let server = Server::start(dev(&binary, directory, &api, &database), directory).await?;
        println!("     serving on {} after {}\n", server.url, text::span(begin.elapsed()));
        let cli = Cli { binary, server: server.url.clone() };
        Ok(Self { data, plan, database, cli, server, _api: api })
    }

    /// Publishes the plan, runs the job, checks what came of it and shows the trace.
    pub async fn run(&mut self) -> Result<Outcome, Error> {
        let outcome = self.play().await;
        // A coordinator that died explains more than the call that failed because of it.
        outcome.map_err(|error| self.server.ended().unwrap_or(error))
    }

    /// Where the coordinator serves.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// The `esteira` binary.
    pub fn binary(&self) -> &Path {
        &self.cli.binary
    }

    /// Ends everything as an operator would.
    pub async fn stop(self) -> Result<(), Error> {
        self.server.stop().await
    }

    async fn play(&self) -> Result<Outcome, Error> {
        println!("2  Publish the plan and start a job");
        self.cli.run(&["plan", "publish", &self.plan.to_string_lossy()]).await?;
        let begin = Instant::now();
        let job_id = self.start_job().await?;
        let mut jobs = Jobs::connect(&self.server.url).await?;
        let job = jobs.await_end(&job_id, show_progress).await?;
        job::succeeded(&job)?;
        let (tasks, _) = job::progress(&job);
        println!(
            "     job {job_id} succeeded: {} tasks in {}\n",
            text::grouped(tasks),
            text::span(trace::between(job.create_time, job.end_time))
        );

        let results = self.check(&mut jobs, &job, tasks).await?;
        self.trace(&mut jobs, &job).await?;
        // Beside start and end: `fetch`, `shape` and `write` for each that was chosen, `summary`. The engine decides by itself.
        let verified = self.verify(&job_id, 4 + 2 * results.written() as i64).await?;
        let again = self.reprocess(&mut jobs, &job, tasks).await?;
        Ok(Outcome {
            leaves: verified.leaves() + again.leaves(),
            items: self.data.airports.len(),
            written: results.written(),
            tasks,
            job_id,
            time: begin.elapsed(),
        })
    }

    async fn start_job(&self) -> Result<String, Error> {
        let answer = self.cli.run(&["job", "start", "--plan", plan::NAME]).await?;
        let job_id = answer.pointer("/job/job_id").and_then(Value::as_str).map(str::to_owned);
        job_id.ok_or_else(|| Error::Unexpected(format!("`esteira job start` answered without a job_id: {answer}")))
    }

    /// Compares the three places, shows the totals, and fails on any difference.
    async fn check(&self, jobs: &mut Jobs, job: &Job, tasks: i64) -> Result<Results, Error> {
        println!("3  Check: the same count, made in three places");
        let summary = jobs.task_at(&job.job_id, "summary", &[]).await?;
        let results =
            Results::new(&self.data, database::read(&self.database).await?, job::only_output(&summary)?, tasks)?;
        for line in results.table() {
            println!("     {line}");
        }
        let differences = results.differences();
        if !differences.is_empty() {
            return Err(Error::Differs(differences));
        }
        println!(
            "     {} countries agree too ({}, ...), and every row, field by field\n",
            results.countries(),
            results.top_countries(5)
        );
        Ok(results)
    }

    /// Follows one item from the fetched page to the database and on into the summary.
    async fn trace(&self, jobs: &mut Jobs, job: &Job) -> Result<(), Error> {
        let missing = || Error::Unexpected(format!("the data has no destination with id {TRACED_ID}"));
        let position = self.data.position(TRACED_ID).ok_or_else(missing)?;
        let row = Destination::of(&self.data.airports[position]).ok_or_else(missing)?;
        println!(
            "4  One item on its way: {}, {} (item {position} of the fan-out)",
            row.iata,
            row.city.as_deref().unwrap_or(&row.name)
        );
        let write = jobs.task_at(&job.job_id, "write", &[position as i64]).await?;
        let mut tasks = jobs.lineage(write).await?;
        let steps: Vec<&str> = tasks.iter().map(|task| task.step_key.as_str()).collect();
        if steps != ["fetch", "decide", "shape", "write"] {
            return Err(Error::Differs(vec![format!("the trace of {} is {steps:?}", row.iata)]));
        }
        let fetched = tasks[1].input.as_ref().and_then(|packet| packet.data.as_ref()).map(|data| data.sha256.as_ref());
        let line = Sha256::digest(self.data.lines[position].get().as_bytes());
        if fetched != Some(&line[..]) {
            return Err(Error::Differs(vec![format!(
                "the recorded digest of {} is not that of its line in the data file",
                row.iata
            )]));
        }
        tasks.push(jobs.task_at(&job.job_id, "summary", &[]).await?);
        for line in trace::table(&tasks, job.create_time) {
            println!("     {line}");
        }
        println!(
            "     the digest that was recorded for the item is the SHA-256 of its line in the data file: {}...\n",
            text::digest(&line)
        );
        Ok(())
    }

    /// Believes nothing: everything that is recorded of the job is made again and compared.
    async fn verify(&self, job_id: &str, leaves_min: i64) -> Result<Verified, Error> {
        println!("5  Prove it: is what is recorded what happened?");
        let verified = Verified::of(&self.cli.run(&["verify", "job", job_id]).await?, leaves_min)?;
        for line in verified.lines() {
            println!("     {line}");
        }
        println!();
        Ok(verified)
    }

    /// Goes on from the last step, in a new job: the old one stays as it is.
    async fn reprocess(&self, jobs: &mut Jobs, job: &Job, tasks: i64) -> Result<Verified, Error> {
        println!("6  Once more from the last step, without doing the work again");
        let before = jobs.job(&job.job_id).await?;
        let reason = "the office asks for its summary again";
        let command = ["job", "reprocess", &job.job_id, "--from", "summary", "--reason", reason];
        let again = Reprocessed::of(&self.cli.run(&command).await?, "summary", tasks)?;
        let ended = jobs.await_end(&again.job_id, show_progress).await?;
        job::succeeded(&ended)?;
        let first = job::only_digest(&jobs.task_at(&job.job_id, "summary", &[]).await?)?;
        let second = job::only_digest(&jobs.task_at(&again.job_id, "summary", &[]).await?)?;
        if first != second {
            return Err(Error::Differs(vec!["the summary differs from that of the first job".into()]));
        }
        if jobs.job(&job.job_id).await? != before {
            return Err(Error::Differs(vec![format!("job {} is not what it was", job.job_id)]));
        }
        println!("     {}", again.line(trace::between(ended.create_time, ended.end_time), &first));
        let verified = Verified::of(&self.cli.run(&["verify", "job", &again.job_id]).await?, LINKED_LEAVES)?;
        println!(
            "     VALID: its {} leaves too; the first follows from the last of the old job, which is what it was\n",
            verified.leaves()
        );
        Ok(verified)
    }
}

/// The `esteira` that was built together with this program.
fn binary() -> Result<PathBuf, Error> {
    let own = std::env::current_exe().map_err(|source| Error::io("find this program", source))?;
    let binary = own.with_file_name(format!("esteira{}", std::env::consts::EXE_SUFFIX));
    if binary.is_file() { Ok(binary) } else { Err(Error::NoBinary(binary)) }
}

/// `esteira dev`, shown as a person would type it.
fn dev(binary: &Path, directory: &Path, api: &Api, database: &Path) -> Command {
    let connection = format!("demo=sqlite://{}", database.display());
    let allow = api.address.to_string();
    println!("  $ esteira dev --data-dir {} --listen 127.0.0.1:0 \\", directory.display());
    println!("      --allow {allow} --connection {connection}");
    let mut command = Command::new(binary);
    command.arg("dev").arg("--data-dir").arg(directory).args([
        "--listen",
        "127.0.0.1:0",
        "--allow",
        &allow,
        "--connection",
        &connection,
    ]);
    command
}

/// One line that is written over, and only for a person who watches.
fn show_progress(job: &Job) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let (all, over) = job::progress(job);
        // What cannot be shown does not matter: it is only progress.
        let _ = write!(out, "\r     {} of {} tasks\x1b[K\r", text::grouped(over), text::grouped(all))
            .and_then(|()| out.flush());
    }
}
