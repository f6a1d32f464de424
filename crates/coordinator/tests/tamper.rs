//! The tamper drill: edits made straight in the database and its files, each of which must be found with the verdict that is
//! written beside it; and sweeps over an honest store under load, none of which may find anything.
//!
//! `make tamper-drill` runs it with 100 sweeps and writes `docs/tamper-drill.md`; `make test` runs every edit and some sweeps.

#[path = "tamper/edits.rs"]
mod edits;
#[path = "tamper/harness.rs"]
mod harness;
#[path = "tamper/links.rs"]
mod links;
#[path = "tamper/records.rs"]
mod records;
mod world;

use edits::{Act, on_postgres, on_sqlite};
use harness::{Template, found, swept};
use links::LINKS;
use records::RECORDS;
use std::fmt::Write as _;

/// How many clean sweeps are made, unless the drill asks for more.
const SWEEPS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn every_edit_is_found() {
    let template = Template::sqlite().await;
    let untouched = found(&template, &Act::Nothing).await;
    // One of its jobs was erased.
    assert_eq!(untouched, "ERASED", "what nobody touched");
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for edit in on_sqlite().chain(LINKS).chain(RECORDS) {
        let answer = caught(found(&template, &edit.act)).await;
        if !answer.starts_with(edit.expected) {
            wrong.push(format!("{}: expected {}, found {answer}", edit.name, edit.expected));
        }
        rows.push(format!("| SQLite | {} | {} |", edit.name, answer.replace('|', "/")));
    }
    let template = Template::postgres().await;
    assert_eq!(found(&template, &Act::Nothing).await, "ERASED", "what nobody touched");
    for edit in on_postgres().chain(LINKS).chain(RECORDS) {
        let answer = caught(found(&template, &edit.act)).await;
        if !answer.starts_with(edit.expected) {
            wrong.push(format!("PostgreSQL, {}: expected {}, found {answer}", edit.name, edit.expected));
        }
        rows.push(format!("| PostgreSQL | {} | {} |", edit.name, answer.replace('|', "/")));
    }
    write_table(&rows);
    assert!(rows.len() >= 60, "{} edits", rows.len());
    assert!(wrong.is_empty(), "{} of {} edits:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_store_under_load_is_never_accused() {
    let sweeps = std::env::var("ESTEIRA_TAMPER_SWEEPS").ok().map_or(SWEEPS, |text| text.parse().expect("a number"));
    let (jobs, leaves) = swept(sweeps).await;
    assert!(jobs >= sweeps as u64 && leaves > 100, "the store was not under load: {jobs} jobs, {leaves} leaves");
    println!(
        "{sweeps} clean sweeps over a store under load: {jobs} jobs ended meanwhile, {leaves} leaves were looked at"
    );
}

/// What panics says so, and keeps no other edit from being tried.
async fn caught(answer: impl Future<Output = String>) -> String {
    let caught = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(answer)).await;
    caught.unwrap_or_else(|_| "PANICKED".to_owned())
}

/// The table, where the drill wants it.
fn write_table(rows: &[String]) {
    let mut text = format!(
        "# The tamper drill\n\n\
         {} edits made straight in the database and its files, by `make tamper-drill`, each on a copy of one honest store (jobs in a line \
         with a retry and a policy, a fan-out of 200 with its join, a failure, a sub-plan, two that were erased, one that goes on from \
         another; records of calls). The answer is that of the start, or of a \
         verification of the whole store: verdict, check that failed first, and what it is about. Sweeps over \
         an honest store under load (100 in the drill, fewer in `make test`) must find nothing, or the drill fails.\n\n| database | edit | answer |\n| --- | --- | --- |\n",
        rows.len()
    );
    for row in rows {
        writeln!(text, "{row}").expect("a text takes it");
    }
    println!("{text}");
    if let Ok(path) = std::env::var("ESTEIRA_TAMPER_TABLE") {
        std::fs::write(path, text).expect("the table is written");
    }
}
