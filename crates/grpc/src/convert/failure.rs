//! Failures, resources used, and what policies said.

use crate::{
    convert::{
        at::At,
        check, enums,
        payload::{self, Bodies},
        time,
    },
    status::{Answer, Refusal, cut},
};
use esteira_contract::v1;
use esteira_model::{Failure, Usage, Verdict, limits};
use std::time::Duration;

/// A worker's failure. Too long a message or trace is cut, never refused.
pub fn failure(failure: v1::Failure, at: At<'_>) -> Answer<Failure> {
    let v1::Failure { kind, code: named, message, stack_trace, retry_after, details, source } = failure;
    Ok(Failure {
        kind: enums::failure_kind(kind, at.field("kind"))?,
        code: code(named, at.field("code"))?,
        message: kept(message, limits::FAILURE_MESSAGE_BYTES_MAX),
        stack_trace: kept(stack_trace, limits::FAILURE_STACK_BYTES_MAX),
        retry_after: time::duration(retry_after, at.field("retry_after"), Duration::ZERO, limits::RETRY_AFTER_MAX)?,
        details: payload::optional(details, at.field("details"))?,
        source: check::line(source, at.field("source"), limits::ID_CHARS_MAX)?,
    })
}

fn code(code: String, at: At<'_>) -> Answer<String> {
    if code.is_empty() {
        return Err(Refusal::field(at, "is required"));
    }
    let tail = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let fits =
        code.len() <= limits::CODE_BYTES_MAX && code.as_bytes()[0].is_ascii_uppercase() && code.bytes().all(tail);
    if fits { Ok(code) } else { Err(Refusal::field(at, "is not of the form [A-Z][A-Z0-9_]{0,63}")) }
}

/// Cut to its limit. A NUL, which not every database can hold, becomes U+FFFD.
fn kept(mut text: String, bytes_max: usize) -> String {
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    text.truncate(cut(&text, bytes_max).len());
    text
}

/// What an attempt used.
pub fn usage(usage: Option<v1::ResourceUsage>, at: At<'_>) -> Answer<Usage> {
    let Some(v1::ResourceUsage { cpu_time, wall_time, peak_rss_bytes, bytes_read, bytes_written }) = usage else {
        return Ok(Usage::default());
    };
    let span = |value, name| -> Answer<Duration> {
        Ok(time::duration(value, at.field(name), Duration::ZERO, limits::JOB_TIME_MAX)?.unwrap_or_default())
    };
    let bytes = |value, name| check::int(value, at.field(name), 0, i64::MAX);
    Ok(Usage {
        cpu_time: span(cpu_time, "cpu_time")?,
        wall_time: span(wall_time, "wall_time")?,
        peak_rss_bytes: bytes(peak_rss_bytes, "peak_rss_bytes")?,
        bytes_read: bytes(bytes_read, "bytes_read")?,
        bytes_written: bytes(bytes_written, "bytes_written")?,
    })
}

/// What a policy said that the worker checked.
pub fn verdict(verdict: v1::PolicyVerdict, at: At<'_>) -> Answer<Verdict> {
    let v1::PolicyVerdict { policy, version, passed, detail } = verdict;
    if policy.is_empty() {
        return Err(Refusal::field(at.field("policy"), "is required"));
    }
    Ok(Verdict {
        policy: check::line(policy, at.field("policy"), limits::ID_CHARS_MAX)?,
        version: check::line(version, at.field("version"), limits::VERSION_CHARS_MAX)?,
        passed,
        detail: check::reason(detail, at.field("detail"))?,
    })
}

/// On the wire. `source` is who says so when the failure does not tell.
pub fn failure_out(failure: &Failure, source: &str, bodies: Bodies) -> v1::Failure {
    v1::Failure {
        kind: enums::failure_kind_out(failure.kind) as i32,
        code: failure.code.clone(),
        message: failure.message.clone(),
        stack_trace: failure.stack_trace.clone(),
        retry_after: failure.retry_after.map(time::duration_out),
        details: failure
            .details
            .as_ref()
            .map(|details| payload::payload_out(details, &payload::sha256(details), bodies)),
        source: if failure.source.is_empty() { source.to_owned() } else { failure.source.clone() },
    }
}

/// On the wire; none when nothing was measured.
pub fn usage_out(usage: &Usage) -> Option<v1::ResourceUsage> {
    let measured = |span: Duration| (!span.is_zero()).then(|| time::duration_out(span));
    (*usage != Usage::default()).then(|| v1::ResourceUsage {
        cpu_time: measured(usage.cpu_time),
        wall_time: measured(usage.wall_time),
        peak_rss_bytes: usage.peak_rss_bytes,
        bytes_read: usage.bytes_read,
        bytes_written: usage.bytes_written,
    })
}

/// On the wire.
pub fn verdict_out(verdict: &Verdict) -> v1::PolicyVerdict {
    let Verdict { policy, version, passed, detail } = verdict.clone();
    v1::PolicyVerdict { policy, version, passed, detail }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
