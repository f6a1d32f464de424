//! `esteira trace`: where a job, or bytes, come from and what became of them.

mod artifact;
mod errors;
mod job;
mod show;

use super::{Failure, Outcome, Session, output, target::Target};
use clap::Args;
use esteira_contract::v1;
use std::path::{Path, PathBuf};

/// What to trace.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A job's id; the SHA-256 of data; or a file, whose bytes stay here: only their SHA-256 is asked for
    #[arg(value_name = "JOB|DIGEST|FILE")]
    target: String,
    /// Tasks of a job that are shown one by one at most; of the others there are counts
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    tasks: u32,
    /// Show what is known of the job's failed tasks, with the data so far
    #[arg(long, conflicts_with = "export")]
    errors: bool,
    /// Write the job's trace to this file as a signed statement of in-toto, for somebody who has neither the store nor this program;
    /// `-` for standard output
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(session: &Session, arguments: Arguments) -> Outcome {
    match Target::parse(&arguments.target)? {
        Target::Job(id) if arguments.export.is_some() => {
            export(session, id, &arguments.export.unwrap_or_default()).await
        }
        Target::Bytes(_) if arguments.export.is_some() => Err(Failure::Usage("trace: --export is for a job".into())),
        Target::Job(id) if arguments.errors => errors::list(session, id).await,
        Target::Job(id) => job::trace(session, id, arguments.tasks as usize).await,
        Target::Bytes(_) if arguments.errors => Err(Failure::Usage("trace: --errors is for a job".into())),
        Target::Bytes(sha256) => artifact::trace(session, sha256).await,
    }
}

/// Writes the signed statement, and says what it had no room for.
async fn export(session: &Session, job_id: String, file: &Path) -> Outcome {
    let request = v1::ExportStatementRequest { job_id };
    let answer = session.client.traces().export_statement(request).await?;
    if file == Path::new("-") {
        output::put(&answer.envelope_json)?;
    } else {
        std::fs::write(file, answer.envelope_json + "\n")
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", file.display())))?;
    }
    if answer.omitted_task_count > 0 {
        let (omitted, count) = (answer.omitted_task_count, answer.task_count);
        output::note(format_args!("… {omitted} of {count} tasks are not in the statement, which says so"));
    }
    Ok(())
}
