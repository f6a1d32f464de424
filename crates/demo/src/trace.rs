//! The trace of one item, as a table: what ran, where, when, how long, and the digest of what came of it.

use crate::text;
use esteira_contract::v1::{Attempt, Task};
use std::time::Duration;

/// Columns between two spaces each; the widest cell decides.
const HEADER: [&str; 8] = ["step", "function", "try", "worker", "begins", "takes", "output sha256", ""];

/// The lines of the table; `origin` is the job's start.
pub fn table(tasks: &[Task], origin: Option<prost_types::Timestamp>) -> Vec<String> {
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(tasks.iter().flat_map(|task| task_rows(task, origin)));
    aligned(&rows)
}

/// One row for each attempt; one row for a task that the engine ran itself.
fn task_rows(task: &Task, origin: Option<prost_types::Timestamp>) -> Vec<[String; 8]> {
    let begin = |time| format!("+{}", text::span(between(origin, time)));
    if task.attempts.is_empty() {
        // A step that passes its input on begins when it comes to be.
        let began = task.start_time.or(task.create_time);
        let takes = text::span(between(began, task.end_time));
        return vec![[
            task.step_key.clone(),
            function(task),
            "-".into(),
            "the engine".into(),
            begin(began),
            takes,
            digest(task),
            note(task),
        ]];
    }
    let row = |attempt: &Attempt| {
        let takes = text::span(between(attempt.start_time, attempt.end_time));
        let note = attempt.failure.as_ref().map_or_else(|| note(task), |failure| failure.code.clone());
        let digest = if attempt.failure.is_none() { digest(task) } else { String::new() };
        [
            task.step_key.clone(),
            function(task),
            attempt.number.to_string(),
            shortened(&attempt.worker_id),
            begin(attempt.start_time),
            takes,
            digest,
            note,
        ]
    };
    task.attempts.iter().map(row).collect()
}

fn function(task: &Task) -> String {
    if task.function_name.is_empty() { "-".into() } else { task.function_name.clone() }
}

/// Of what goes on to the next step: its one output, or its input where there is none. A fan-out has a digest for each
/// item, and the next row shows the one that matters here.
fn digest(task: &Task) -> String {
    let input = task.input.as_ref().and_then(|packet| packet.data.as_ref());
    let payload = match task.output_count {
        0 => input,
        1 => task.outputs.first(),
        _ => None,
    };
    payload.map(|payload| text::digest(&payload.sha256)).unwrap_or_default()
}

/// What else there is to say of a task.
fn note(task: &Task) -> String {
    let mut notes = Vec::new();
    if task.output_count > 1 {
        notes.push(format!("{} items", text::grouped(task.output_count)));
    }
    notes.extend(
        task.verdicts
            .iter()
            .map(|verdict| format!("{} {}", verdict.policy, if verdict.passed { "holds" } else { "DOES NOT HOLD" })),
    );
    notes.join(", ")
}

/// Worker ids can be long: their end tells them apart.
fn shortened(id: &str) -> String {
    const SHOWN: usize = 16;
    let skip = id.chars().count().saturating_sub(SHOWN);
    if skip == 0 { id.to_owned() } else { format!("…{}", id.chars().skip(skip).collect::<String>()) }
}

/// Time from one moment to another; nothing when one is not known or they are the wrong way round.
pub fn between(begin: Option<prost_types::Timestamp>, end: Option<prost_types::Timestamp>) -> Duration {
    let nanos = |time: prost_types::Timestamp| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    match (begin, end) {
        (Some(begin), Some(end)) => {
            u64::try_from(nanos(end) - nanos(begin)).map(Duration::from_nanos).unwrap_or_default()
        }
        _ => Duration::ZERO,
    }
}

/// Lines whose columns stand under each other.
fn aligned<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_contract::v1::{DataPacket, Failure, Payload, PolicyVerdict};

    fn at(millis: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds: millis / 1_000, nanos: (millis % 1_000 * 1_000_000) as i32 })
    }

    #[test]
    fn every_attempt_has_its_line() {
        let attempt = |number, begin, end, code: &str| Attempt {
            number,
            worker_id: "dev".into(),
            start_time: at(begin),
            end_time: at(end),
            failure: (!code.is_empty()).then(|| Failure { code: code.into(), ..Failure::default() }),
            ..Attempt::default()
        };
        let fetch = Task {
            step_key: "fetch".into(),
            function_name: "http.request".into(),
            attempts: vec![attempt(1, 1_010, 1_020, "HTTP_503"), attempt(2, 2_020, 3_520, "")],
            outputs: vec![Payload::default(), Payload::default()],
            output_count: 3_145,
            ..Task::default()
        };
        let payload = || Payload { sha256: vec![1; 32].into(), ..Payload::default() };
        let shape = Task {
            step_key: "shape".into(),
            function_name: "transform".into(),
            attempts: vec![attempt(1, 3_610, 3_612, "")],
            outputs: vec![payload()],
            output_count: 1,
            ..Task::default()
        };
        let decide = Task {
            step_key: "decide".into(),
            create_time: at(3_600),
            end_time: at(3_600),
            input: Some(DataPacket { data: Some(payload()), ..DataPacket::default() }),
            verdicts: vec![PolicyVerdict { policy: "iata_code".into(), passed: true, ..PolicyVerdict::default() }],
            ..Task::default()
        };
        let expected = [
            "step    function      try  worker      begins     takes    output sha256",
            "fetch   http.request  1    dev         +10.0 ms   10.0 ms                 HTTP_503",
            "fetch   http.request  2    dev         +1.0 s     1.5 s                   3,145 items",
            "decide  -             -    the engine  +2.6 s     0.0 ms   010101010101   iata_code holds",
            "shape   transform     1    dev         +2.6 s     2.0 ms   010101010101",
        ];
        let found = table(&[fetch, decide, shape], at(1_000));
        let squeeze =
            |line: &str| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect::<Vec<_>>().join("|");
        assert_eq!(found.iter().map(|line| squeeze(line)).collect::<Vec<_>>(), expected.map(squeeze));
    }

    #[test]
    fn long_worker_ids_keep_their_end() {
        assert_eq!(shortened("dev"), "dev");
        assert_eq!(shortened("0197a0b0-1234-7abc-8def-0123456789ab"), "…def-0123456789ab");
    }

    #[test]
    fn spans_never_go_back() {
        assert_eq!(between(at(2_000), at(1_000)), Duration::ZERO);
        assert_eq!(between(None, at(1_000)), Duration::ZERO);
        assert_eq!(between(at(500), at(1_750)), Duration::from_millis(1_250));
    }
}
