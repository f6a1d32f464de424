//! Printing: tables for people, messages of the contract as JSON or ids alone for scripts.

use super::{Failure, Outcome, OutputFormat, Session};
use comfy_table::{Cell, Table, presets};
use esteira_contract::v1;
use esteira_model::Time;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use prost_types::{Duration, Timestamp};
use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    sync::LazyLock,
};

static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(esteira_contract::FILE_DESCRIPTOR_SET).expect("the contract describes itself")
});

/// Prints an answer: as the table makes it, as JSON, or its ids, one a line.
pub fn print<M: Message>(
    session: &Session,
    name: &str,
    message: &M,
    ids: impl FnOnce(&M) -> Vec<String>,
    table: impl FnOnce(&M) -> String,
) -> Outcome {
    let text = match session.format {
        OutputFormat::Table => table(message),
        OutputFormat::Json => json(name, message)?,
        OutputFormat::Id => ids(message).join("\n"),
    };
    if !text.is_empty() {
        put(text)?;
    }
    Ok(())
}

/// Writes lines to standard output. A reader that went away (`| head -1`) has seen enough: that is no error, where
/// `println!` would panic.
pub fn put(text: impl Display) -> io::Result<()> {
    put_to(io::stdout().lock(), text)
}

fn put_to(mut out: impl Write, text: impl Display) -> io::Result<()> {
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Says something beside the output, whether anybody listens or not.
pub fn note(text: impl Display) {
    // There is nowhere left to say that it cannot be said.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says that a list was cut, and what helps.
pub fn note_more(next_page_token: &str, help: &str) {
    if !next_page_token.is_empty() {
        note(format_args!("… there are more; {help}"));
    }
}

/// A message of the contract as one JSON document.
pub fn json<M: Message>(name: &str, message: &M) -> Result<String, Failure> {
    let broken = |what: String| Failure::Usage(format!("cannot print {name} as JSON: {what}"));
    let descriptor = DESCRIPTORS
        .get_message_by_name(&format!("esteira.v1.{name}"))
        .ok_or_else(|| broken("unknown message".into()))?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .map_err(|error| broken(error.to_string()))?;
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    let mut out = serde_json::Serializer::pretty(Vec::new());
    dynamic.serialize_with_options(&mut out, &options).map_err(|error| broken(error.to_string()))?;
    String::from_utf8(out.into_inner()).map_err(|error| broken(error.to_string()))
}

/// Rows under headings; says so when there is none.
pub fn rows(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return "none".into();
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Names and values, aligned; empty values are left out.
pub fn fields<N: AsRef<str>>(pairs: &[(N, String)]) -> String {
    let shown = || pairs.iter().map(|(name, value)| (name.as_ref(), value)).filter(|(_, value)| !value.is_empty());
    let width = shown().map(|(name, _)| name.len()).max().unwrap_or(0);
    shown().map(|(name, value)| format!("{name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

/// An enum value without its prefix: `JOB_STATE_RUNNING` is `RUNNING`.
pub fn short(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(rest) => rest.to_owned(),
    }
}

/// An instant in UTC to the millisecond, or "". It says that it is UTC, as the reader's clock may be another.
pub fn time(time: Option<&Timestamp>) -> String {
    let Some(time) = time else { return String::new() };
    let text = time.to_string();
    // 2026-01-02T03:04:05.123456Z -> 2026-01-02 03:04:05.123Z
    let (seconds, fraction) = text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
    format!("{}.{:0<3.3}Z", seconds.replace('T', " "), fraction)
}

/// The time between two instants, for a person.
pub fn between(start: Option<&Timestamp>, end: Option<&Timestamp>) -> String {
    match (start, end) {
        (Some(start), Some(end)) => {
            millis((end.seconds - start.seconds) * 1_000 + i64::from(end.nanos - start.nanos) / 1_000_000)
        }
        _ => String::new(),
    }
}

/// A duration, for a person.
pub fn duration(duration: Option<&Duration>) -> String {
    duration
        .map(|duration| millis(duration.seconds * 1_000 + i64::from(duration.nanos) / 1_000_000))
        .unwrap_or_default()
}

fn millis(millis: i64) -> String {
    match millis {
        ..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
        _ => format!("{} h {} min", millis / 3_600_000, millis % 3_600_000 / 60_000),
    }
}

/// A failure's code, and its message when it has one.
pub fn failure(failure: Option<&v1::Failure>) -> String {
    match failure {
        None => String::new(),
        Some(failure) if failure.message.is_empty() => failure.code.clone(),
        Some(failure) => format!("{}: {}", failure.code, failure.message),
    }
}

/// A payload on one line, cut when it is long.
pub fn payload(payload: Option<&v1::Payload>) -> String {
    use v1::payload::Body;
    const SHOWN: usize = 160;
    match payload.and_then(|payload| payload.body.as_ref()) {
        Some(Body::Json(json)) => {
            // No line ends within a string of JSON.
            let line = json.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            match line.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{}… ({} bytes)", &line[..end], json.len()),
                None => line,
            }
        }
        Some(Body::Binary(bytes)) => format!("{} bytes", bytes.len()),
        None => String::new(),
    }
}

/// A time as the contract has it.
pub fn timestamp(time: Time) -> Timestamp {
    let nanos = i32::try_from(time.0.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    Timestamp { seconds: time.0.div_euclid(1_000_000), nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_durations_are_for_people() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        assert_eq!(time(Some(&at(1_767_323_045, 123_456_000))), "2026-01-02 03:04:05.123Z");
        assert_eq!(time(Some(&at(1_767_323_045, 0))), "2026-01-02 03:04:05.000Z");
        for (from, to, text) in [
            (at(1, 0), at(1, 5_000_000), "5 ms"),
            (at(1, 0), at(3, 500_000_000), "2.5 s"),
            (at(0, 0), at(61, 0), "1 min 1 s"),
            (at(0, 0), at(3_660, 0), "1 h 1 min"),
        ] {
            assert_eq!(between(Some(&from), Some(&to)), text);
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        assert!(put_to(writer, "a line").is_ok());
        let full = io::Cursor::new([0; 3]);
        assert_eq!(put_to(full, "a line").map_err(|error| error.kind()), Err(ErrorKind::WriteZero));
        let mut out = Vec::new();
        put_to(&mut out, "a line").expect("written");
        assert_eq!(out, b"a line\n");
    }

    #[test]
    fn fields_are_aligned_by_those_that_are_shown() {
        let pairs = [("a", "1".to_owned()), ("much longer", String::new()), ("long", "2".to_owned())];
        assert_eq!(fields(&pairs), "a     1\nlong  2");
    }

    #[test]
    fn a_payload_is_one_line() {
        let of = |text: &str| {
            let body = Some(v1::payload::Body::Json(text.into()));
            payload(Some(&v1::Payload { body, ..Default::default() }))
        };
        assert_eq!(of("{\n  \"a\": \"b  c\"\n}"), "{ \"a\": \"b  c\" }");
        assert_eq!(of(&"é".repeat(160)), "é".repeat(160));
        assert_eq!(of(&"é".repeat(161)), format!("{}… (322 bytes)", "é".repeat(160)));
        assert_eq!(payload(None), "");
    }

    #[test]
    fn every_message_that_is_printed_is_in_the_contract() {
        let text = json("Job", &v1::Job { job_id: "j".into(), result_count: 3, ..Default::default() });
        assert!(text.is_ok_and(|text| text.contains("\"result_count\": 3")));
        assert!(json("Nothing", &v1::Job::default()).is_err());
    }
}
