//! `esteira lastresort`: what a coordinator holds that its database had not taken, and the way back for it: of one that runs, by its calls
//! (`running.rs`); of one that is gone, by its folder.

mod running;

use super::{Failure, Outcome, OutputFormat, Session, output};
use clap::Subcommand;
use esteira_coordinator::{
    Clock, Coordinator, Settings, SystemClock,
    last_resort::{Folder, LastResort, shelf, shelf::Entry},
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long an ingest may go on without the store taking anything.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_PERIOD: Duration = Duration::from_millis(100);
/// The least reserve: nothing is written but what comes from lines.
const RESERVE_BYTES: u64 = 64 << 20;

/// Commands on the last resort of the coordinator that is asked, or on a folder that no coordinator has open.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show how much waits, what there is room for, and what came back
    Status,
    /// List the records that wait, and those that were set aside
    List {
        /// A folder that no coordinator has open
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Show what one record says, without the data
    Show {
        /// A folder that no coordinator has open
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Its number
        sequence: u64,
    },
    /// Put what waits into the store, as the coordinator itself does when it can
    Ingest {
        /// A folder that no coordinator has open
        #[arg(long)]
        dir: Option<PathBuf>,
        /// A file with the lines of a coordinator's standard error
        #[arg(long)]
        lines: Option<PathBuf>,
        /// The store that the folder or the lines belong to
        #[arg(long, env = "ESTEIRA_DATABASE")]
        database: Option<String>,
    },
}

/// Runs a command.
pub async fn run(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Status => running::status(session).await,
        Command::List { dir: None } => running::list(session).await,
        Command::List { dir: Some(dir) } => list(session, &dir),
        Command::Show { dir: None, sequence } => running::show(session, sequence).await,
        Command::Show { dir: Some(dir), sequence } => show(session, &dir, sequence),
        Command::Ingest { dir: None, lines: None, .. } => running::ingest(session).await,
        Command::Ingest { dir, lines, database } => {
            let database =
                database.ok_or_else(|| usage("name the store of the folder or the lines with --database"))?;
            ingest(session, dir.as_deref(), lines.as_deref(), &database).await
        }
    }
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn list(session: &Session, dir: &Path) -> Outcome {
    let entries = shelf::read_folder(dir).map_err(usage)?;
    let text = match session.format {
        OutputFormat::Json => {
            let records: Vec<_> = entries.iter().map(value).collect();
            json!({ "records": records }).to_string()
        }
        OutputFormat::Id => entries.iter().map(|entry| entry.sequence.to_string()).collect::<Vec<_>>().join("\n"),
        OutputFormat::Table => {
            let row = |entry: &Entry| {
                vec![
                    entry.sequence.to_string(),
                    entry.kind().to_owned(),
                    output::time(Some(&time(entry))),
                    entry.text("plan").to_owned(),
                    entry.text("job").to_owned(),
                    entry.bytes.to_string(),
                    entry.set_aside.clone().map_or_else(|| "waits".to_owned(), |reason| format!("set aside: {reason}")),
                ]
            };
            let headings = ["number", "kind", "written", "plan", "job", "bytes", ""];
            output::rows(&headings, entries.iter().map(row).collect())
        }
    };
    Ok(output::put(text)?)
}

fn show(session: &Session, dir: &Path, sequence: u64) -> Outcome {
    let entries = shelf::read_folder(dir).map_err(usage)?;
    let found = entries.iter().find(|entry| entry.sequence == sequence);
    let entry = found.ok_or_else(|| usage(format!("no record {sequence} lies in {}", dir.display())))?;
    let value = value(entry);
    let text = match session.format {
        OutputFormat::Json => value.to_string(),
        OutputFormat::Id => sequence.to_string(),
        OutputFormat::Table => format!("{value:#}"),
    };
    Ok(output::put(text)?)
}

fn time(entry: &Entry) -> prost_types::Timestamp {
    output::timestamp(entry.time)
}

fn value(entry: &Entry) -> serde_json::Value {
    json!({
        "sequence": entry.sequence,
        "time": time(entry).to_string(),
        "kind": entry.kind(),
        "bytes": entry.bytes,
        "state": if entry.set_aside.is_some() { "SET_ASIDE" } else { "WAITING" },
        "reason": entry.set_aside.clone().unwrap_or_default(),
        "record": entry.head,
    })
}

async fn ingest(session: &Session, dir: Option<&Path>, lines: Option<&Path>, database: &str) -> Outcome {
    let text = lines.map(|path| std::fs::read(path).map_err(|error| usage(format!("{}: {error}", path.display()))));
    let text = text.transpose()?;
    let temporary = tempfile::tempdir()?;
    let path = dir.unwrap_or(temporary.path()).to_owned();
    shelf::read_folder(&path).map_err(usage)?;
    let before = shelf::count_set_aside(&path).map_err(usage)?;
    let store = esteira_store_sql::open(database, esteira_store_sql::Options::default()).await.map_err(usage)?;
    let folder = Folder { path: path.clone(), in_memory: false, reserve_bytes: RESERVE_BYTES };
    let resort = Arc::new(LastResort::open(vec![folder], SystemClock.now()).map_err(usage)?);
    let (_, lost) = match &text {
        Some(text) => resort.take_lines(&String::from_utf8_lossy(text)).await,
        None => (0, 0),
    };
    let records = resort.waiting();
    let settings = Settings { last_resort: Some(resort.clone()), ..Settings::default() };
    let (coordinator, running) =
        Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), settings).await.map_err(usage)?;
    let end = Instant::now() + PATIENCE;
    while resort.waiting() > 0 && Instant::now() < end {
        sleep(LOOK_PERIOD).await;
    }
    drop(coordinator);
    running.drained().await;
    let left = resort.waiting();
    let aside = shelf::count_set_aside(&path).map_err(usage)? - before;
    let done = json!({"records": records, "left": left, "set_aside": aside, "unreadable": lost});
    output::put(match session.format {
        OutputFormat::Json => done.to_string(),
        _ => {
            format!("{records} records: {} in the store, {aside} set aside, {left} left", records - left - aside as u64)
        }
    })?;
    if temporary.path() == path && left > 0 {
        output::note("esteira: the lines are still the only copy of what is left");
    }
    if left > 0 || lost > 0 { Err(Failure::Outcome) } else { Ok(()) }
}
