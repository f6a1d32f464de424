//! Printing: tables for people, messages of the contract as JSON for scripts.

use super::{Failure, OutputFormat, Session};
use comfy_table::{Cell, Table, presets};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use prost_types::{Duration, Timestamp};
use std::sync::LazyLock;

static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(esteira_contract::FILE_DESCRIPTOR_SET).expect("the contract describes itself")
});

/// Prints a message of the contract: as JSON, or as the table makes it.
pub fn print<M: Message>(session: &Session, name: &str, message: &M, table: impl FnOnce(&M)) -> Result<(), Failure> {
    if session.format == OutputFormat::Table {
        table(message);
        return Ok(());
    }
    println!("{}", json(name, message)?);
    Ok(())
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
pub fn rows(headings: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        println!("none");
        return;
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    println!("{}", table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
}

/// Names and values, aligned; empty values are left out.
pub fn fields(pairs: &[(&str, String)]) {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        println!("{name:width$}  {value}");
    }
}

/// An enum value without its prefix: `JOB_STATE_RUNNING` is `RUNNING`.
pub fn short(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(rest) => rest.to_owned(),
    }
}

/// An instant in UTC to the millisecond, or "".
pub fn time(time: Option<&Timestamp>) -> String {
    let Some(time) = time else { return String::new() };
    let text = time.to_string();
    // 2026-01-02T03:04:05.123456Z -> 2026-01-02 03:04:05.123
    let (seconds, fraction) = text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
    format!("{}.{:0<3.3}", seconds.replace('T', " "), fraction)
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

/// A payload on one line, cut when it is long.
pub fn payload(payload: Option<&esteira_contract::v1::Payload>) -> String {
    use esteira_contract::v1::payload::Body;
    const SHOWN: usize = 160;
    match payload.and_then(|payload| payload.body.as_ref()) {
        Some(Body::Json(json)) if json.chars().count() > SHOWN => {
            format!("{}… ({} bytes)", json.chars().take(SHOWN).collect::<String>(), json.len())
        }
        Some(Body::Json(json)) => json.clone(),
        Some(Body::Binary(bytes)) => format!("{} bytes", bytes.len()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_durations_are_for_people() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        assert_eq!(time(Some(&at(1_767_323_045, 123_456_000))), "2026-01-02 03:04:05.123");
        assert_eq!(time(Some(&at(1_767_323_045, 0))), "2026-01-02 03:04:05.000");
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
    fn every_message_that_is_printed_is_in_the_contract() {
        use esteira_contract::v1;
        let text = json("Job", &v1::Job { job_id: "j".into(), result_count: 3, ..Default::default() });
        assert!(text.is_ok_and(|text| text.contains("\"result_count\": 3")));
        assert!(json("Nothing", &v1::Job::default()).is_err());
    }
}
