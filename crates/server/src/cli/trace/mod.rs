//! `esteira trace`: where a job comes from and what became of it.

mod job;
mod show;

use super::{Failure, Outcome, Session};
use clap::Args;

/// What to trace.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A job's id
    target: String,
    /// Tasks that are shown one by one at most; of the others there are counts
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    tasks: u32,
}

/// Runs the command.
pub async fn run(session: &Session, arguments: Arguments) -> Outcome {
    match Target::parse(&arguments.target)? {
        Target::Job(id) => job::trace(session, id, arguments.tasks as usize).await,
    }
}

/// What a person may name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Job(String),
}

impl Target {
    fn parse(text: &str) -> Result<Self, Failure> {
        match text.parse::<esteira_model::Uuid>() {
            Ok(id) => Ok(Self::Job(id.to_string())),
            Err(_) => Err(Failure::Usage(format!("trace: `{text}` is not the id of a job"))),
        }
    }
}
