//! What lies in a last resort, on the wire.

use crate::convert::time;
use esteira_contract::v1::{
    self,
    last_resort_record::{Kind, State},
};
use esteira_coordinator::last_resort::{Figures, IngestedNow, shelf::Entry};
use esteira_model::Time;
use std::time::Duration;

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A record, without what it carries.
pub fn record_out(entry: &Entry) -> v1::LastResortRecord {
    let kind = match entry.kind() {
        "report" => Kind::Report,
        "start" => Kind::Start,
        _ => Kind::Unspecified,
    };
    let state = if entry.set_aside.is_some() { State::SetAside } else { State::Waiting };
    v1::LastResortRecord {
        sequence: count(entry.sequence),
        kind: kind as i32,
        state: state as i32,
        reason: entry.set_aside.clone().unwrap_or_default(),
        write_time: Some(time::instant_out(entry.time)),
        bytes: i64::try_from(entry.bytes).unwrap_or(i64::MAX),
        job_id: entry.text("job").to_owned(),
        task_id: entry.text("task").to_owned(),
        fence: entry.fence(),
        plan_name: entry.text("plan").to_owned(),
    }
}

/// Figures at this time.
pub fn figures_out(figures: &Figures, now: Time) -> v1::LastResortInfo {
    let small = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let age = |oldest: Time| Duration::from_micros((now.0 - oldest.0).max(0).unsigned_abs());
    v1::LastResortInfo {
        records: count(figures.waiting),
        bytes: count(figures.waiting_bytes),
        oldest_record_age: figures.oldest.map(|oldest| time::duration_out(age(oldest))),
        reserve_bytes: count(figures.reserve_bytes),
        room_bytes: count(figures.room_bytes),
        ingested: count(figures.ingested),
        already_applied: count(figures.already),
        set_aside: count(figures.set_aside),
        damaged: count(figures.damaged),
        on_standard_error: count(figures.told),
        folders: small(figures.folders),
        failed_folders: small(figures.failed_folders),
    }
}

/// What became of what waited.
pub fn ingested_out(done: &IngestedNow) -> v1::IngestLastResortResponse {
    v1::IngestLastResortResponse {
        ingested: count(done.ingested),
        already_applied: count(done.already),
        set_aside: count(done.set_aside),
        left: count(done.left),
    }
}
