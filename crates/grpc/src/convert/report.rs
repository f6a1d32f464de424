//! What workers say of their tasks: reports, heartbeats, chunks of outputs.

use crate::{
    convert::{
        at::At,
        check, failure, job_packet,
        payload::{self, json},
        time,
    },
    digest,
    status::{Answer, Refusal},
};
use esteira_contract::v1::{self, completion::Output as Wire, task_report::Outcome};
use esteira_coordinator::{
    Reason,
    token::{TaskToken, Tokens},
    work::{Append, HeartBeat, Report, Reported, ReportedOutput},
};
use esteira_model::{Emit, Payload, limits};

/// Reads the token of a task's lease.
pub fn task_token(tokens: &Tokens, text: &str, at: At<'_>) -> Answer<TaskToken> {
    if text.is_empty() {
        return Err(Refusal::field(at, "is required"));
    }
    tokens.read_task(text).ok_or_else(|| Refusal::new(Reason::LeaseLost, "the token is not of a lease that is held"))
}

/// One report. What is wrong with it is its own outcome and fails no other.
pub fn report(tokens: &Tokens, report: v1::TaskReport, digest: [u8; 16], at: At<'_>) -> (String, Answer<Report>) {
    let v1::TaskReport { lease_token, outcome, usage, start_time, end_time, capsule } = report;
    let read = || {
        Ok(Report {
            token: task_token(tokens, &lease_token, at.field("lease_token"))?,
            outcome: reported(check::required(outcome, at.field("outcome"))?, at)?,
            usage: failure::usage(usage, at.field("usage"))?,
            worker_start_time: time::instant(start_time, at.field("start_time"))?,
            worker_end_time: time::instant(end_time, at.field("end_time"))?,
            digest,
            capsule: capsule.to_vec(),
        })
    };
    let read = read();
    (lease_token, read)
}

fn reported(outcome: Outcome, at: At<'_>) -> Answer<Reported> {
    match outcome {
        Outcome::Completed(completion) => completed(completion, at.field("completed")),
        Outcome::Failed(v1::Failing { failure: why, checkpoint }) => {
            let at = at.field("failed");
            let why = failure::failure(check::required(why, at.field("failure"))?, at.field("failure"))?;
            Ok(Reported::Failed(why, payload::optional(checkpoint, at.field("checkpoint"))?))
        }
        Outcome::Released(v1::Release { reason }) => {
            let reason = check::reason(reason, at.field("released").field("reason"))?;
            tracing::debug!(reason, "released");
            Ok(Reported::Released)
        }
    }
}

fn completed(completion: v1::Completion, at: At<'_>) -> Answer<Reported> {
    let v1::Completion { output, aggregate_after, emit, verdicts } = completion;
    let output = match check::required(output, at.field("output"))? {
        Wire::Single(single) => ReportedOutput::Single(payload::payload(single, at.field("single"))?),
        Wire::Multiple(outputs) => ReportedOutput::Multiple(items(
            outputs.items,
            at.field("multiple").field("items"),
            0,
            limits::FAN_OUT_ITEMS_MAX,
        )?),
        Wire::None(()) => ReportedOutput::None,
        Wire::AppendedItems(count) => {
            let max = limits::FAN_OUT_ITEMS_MAX as i64;
            ReportedOutput::Appended(check::int(count, at.field("appended_items"), 0, max)?)
        }
    };
    let aggregate_after =
        aggregate_after.map(|after| job_packet::aggregate_ref(after, at.field("aggregate_after"))).transpose()?;
    check::count(emit.len(), at.field("emit"), 0, limits::EMIT_MAX)?;
    check::count(verdicts.len(), at.field("verdicts"), 0, limits::VERDICTS_MAX)?;
    let emits = emit
        .into_iter()
        .enumerate()
        .map(|(index, emit)| message(emit, at.field("emit").index(index)))
        .collect::<Answer<_>>()?;
    let verdict = |(index, verdict)| failure::verdict(verdict, at.field("verdicts").index(index));
    let verdicts = verdicts.into_iter().enumerate().map(verdict).collect::<Answer<_>>()?;
    Ok(Reported::Completed { output, aggregate_after, emits, verdicts })
}

/// Items of a MULTIPLE output.
fn items(items: Vec<v1::Payload>, at: At<'_>, min: usize, max: usize) -> Answer<Vec<Payload>> {
    check::count(items.len(), at, min, max)?;
    items.into_iter().enumerate().map(|(index, item)| payload::payload(item, at.index(index))).collect()
}

/// A message for the outbox.
fn message(emit: v1::OutboxEmit, at: At<'_>) -> Answer<Emit> {
    let v1::OutboxEmit { topic, key, payload: data, headers } = emit;
    check::name_of(&topic, at.field("topic"), limits::TOPIC_BYTES_MAX)?;
    Ok(Emit {
        topic,
        key: check::line(key, at.field("key"), limits::TEXT_CHARS_MAX)?,
        payload: data.map_or(Ok(Payload::none()), |data| payload::payload(data, at.field("payload")))?,
        headers: check::headers(headers, at.field("headers"))?,
    })
}

/// A heartbeat; none when its token is not one of a lease.
pub fn beat(tokens: &Tokens, beat: v1::LeaseBeat, at: At<'_>) -> Answer<Option<HeartBeat>> {
    let v1::LeaseBeat { lease_token, checkpoint, lease_ttl } = beat;
    if lease_token.is_empty() {
        return Err(Refusal::field(at.field("lease_token"), "is required"));
    }
    let checkpoint = payload::optional(checkpoint, at.field("checkpoint"))?;
    let ttl = time::lease_ttl(lease_ttl, at.field("lease_ttl"))?;
    Ok(tokens.read_task(&lease_token).map(|token| HeartBeat { token, checkpoint, ttl }))
}

/// A chunk of outputs.
pub fn append(tokens: &Tokens, request: v1::AppendOutputsRequest) -> Answer<Append> {
    let v1::AppendOutputsRequest { lease_token, chunk_index, items: chunk } = request;
    let token = task_token(tokens, &lease_token, At::Top("lease_token"))?;
    let chunk_index = check::int(i64::from(chunk_index), At::Top("chunk_index"), 0, limits::FAN_OUT_ITEMS_MAX as i64)?;
    Ok(Append { token, chunk_index, items: items(chunk, At::Top("items"), 1, limits::APPEND_ITEMS_MAX)? })
}

/// Digests of reports, in order: the first 16 bytes of the SHA-256 of each as encoded (INV-REPLAY).
pub fn digests(reports: &mut [v1::TaskReport]) -> Vec<[u8; 16]> {
    let mut buffer = Vec::new();
    let first_half = |report: &mut v1::TaskReport| {
        // What proves the lease is no part of what is said.
        let capsule = std::mem::take(&mut report.capsule);
        let digest = digest::of("TaskReport", report, &mut buffer);
        report.capsule = capsule;
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        half
    };
    reports.iter_mut().map(first_half).collect()
}

/// A configuration or definition: JSON text of bounded size.
pub fn document(text: &str, at: At<'_>, bytes_max: usize) -> Answer<()> {
    if text.is_empty() {
        return Err(Refusal::field(at, "is required"));
    }
    if text.len() > bytes_max {
        return Err(Refusal::at(
            Reason::PayloadTooLarge,
            at,
            format!("has {} bytes; at most {bytes_max} are taken", text.len()),
        ));
    }
    json(text, at)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
