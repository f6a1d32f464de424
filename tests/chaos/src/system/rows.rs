//! The rows of jobs that have ended, as the tables have them.

use super::{System, tables::Tables};
use crate::{call::digest, history::Rows};
use std::collections::BTreeMap;

/// Tables with rows of jobs that nothing changes after the job's end. Messages are delivered after it.
const TABLES: [&str; 9] =
    ["job", "job_label", "task", "attempt", "artifact", "arrival", "append_chunk", "reprocess", "carried"];

/// The rows of each job that has ended, by its id. What it took over of others is among them.
pub(crate) async fn of_ended(system: &System) -> Result<BTreeMap<String, Rows>, String> {
    let tables = Tables::open(system)?;
    let mut jobs: BTreeMap<String, Rows> = BTreeMap::new();
    // Ended ones first: one that ends while the rest is read is left out.
    for job in tables.ask(tables.ended()).await? {
        jobs.insert(name(&job)?, Rows::new());
    }
    for table in TABLES {
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in tables.ask(&tables.rows_of(table).await?).await? {
            let (job, row) = line.split_once('|').ok_or_else(|| format!("a row of {table} is {line:?}"))?;
            texts.entry(name(job)?).or_default().push(row.to_owned());
        }
        for (job, mut rows) in texts {
            rows.sort_unstable();
            if let Some(own) = jobs.get_mut(&job) {
                own.insert(table.to_owned(), digest(&rows.join("\n")));
            }
        }
    }
    Ok(jobs)
}

/// The id as calls write it.
fn name(hex: &str) -> Result<String, String> {
    if hex.len() != 32 || !hex.is_ascii() {
        return Err(format!("a job's id is {hex:?}"));
    }
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    Ok(format!("{a}-{b}-{c}-{d}-{e}"))
}
