//! Dates and times of PostgreSQL, counted from 2000-01-01, and their texts (RFC 3339).

use crate::civil;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;

/// A date, `2026-01-31`.
pub(crate) fn date_text(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        days => civil_text(i64::from(days)),
    }
}

fn civil_text(days: i64) -> String {
    let (year, month, day) = civil::date(days + EPOCH_DAYS);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A time of day, `23:59:59` with microseconds if there are any.
pub(crate) fn clock_text(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { text } else { format!("{text}.{fraction:06}").trim_end_matches('0').to_owned() }
}

/// A date and time, `2026-01-31T23:59:59.5` and a zone.
pub(crate) fn timestamp_text(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        micros => {
            format!("{}T{}{zone}", civil_text(micros.div_euclid(DAY_MICROS)), clock_text(micros.rem_euclid(DAY_MICROS)))
        }
    }
}

/// Days from 2000-01-01 to a date.
pub(crate) fn date(text: &str) -> Option<i32> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let days = civil::days(year, month, day);
    // A day that does not exist comes back as another one.
    (civil::date(days) == (year, month, day)).then(|| i32::try_from(days - EPOCH_DAYS).ok())?
}

/// Microseconds from 2000-01-01 to a date and time, which has a zone or has none.
pub(crate) fn timestamp(text: &str, with_zone: bool) -> Option<i64> {
    let (day, rest) = text.split_once(['T', 't', ' '])?;
    let (clock, offset_minutes) = match with_zone {
        false => (rest, 0),
        true => match rest.strip_suffix(['Z', 'z']) {
            Some(clock) => (clock, 0),
            None => {
                let at = rest.rfind(['+', '-'])?;
                let (hours, minutes) = rest[at + 1..].split_once(':')?;
                let (hours, minutes) = (number(hours, 2).filter(|h| *h < 24)?, number(minutes, 2).filter(|m| *m < 60)?);
                (&rest[..at], if rest[at..].starts_with('-') { -(hours * 60 + minutes) } else { hours * 60 + minutes })
            }
        },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let fraction = number(&format!("{fraction:0<6}"), 6)?;
    let seconds = hour * 3600 + (minute - offset_minutes) * 60 + second;
    Some(i64::from(date(day)?) * DAY_MICROS + seconds * 1_000_000 + fraction)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive() {
        for text in [
            "2000-01-01T00:00:00Z",
            "1969-12-31T23:59:59.000001Z",
            "2026-02-28T12:30:45.5Z",
            "9999-12-31T23:59:59.999999Z",
        ] {
            assert_eq!(timestamp(text, true).map(|micros| timestamp_text(micros, "Z")).as_deref(), Some(text));
        }
        assert_eq!(timestamp("2026-01-01T01:30:00+02:00", true), timestamp("2025-12-31 23:30:00Z", true));
        assert_eq!(timestamp("2026-01-01T01:30:00-03:00", true), timestamp("2026-01-01T04:30:00Z", true));
        assert_eq!(
            timestamp("2026-01-01T01:30:00", false).map(|micros| timestamp_text(micros, "")).as_deref(),
            Some("2026-01-01T01:30:00")
        );
        assert_eq!(date("2024-02-29").map(date_text).as_deref(), Some("2024-02-29"));
        assert_eq!(
            (date_text(i32::MAX), timestamp_text(i64::MIN, "Z")),
            ("infinity".to_owned(), "-infinity".to_owned())
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00Z",
            "x",
            "",
        ] {
            assert_eq!(timestamp(text, true), None, "{text}");
        }
        for text in ["2026-02-29", "2026-1-1", "2026-00-01", "20260101", "-001-01-01"] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(timestamp("2026-01-01T00:00:00Z", false), None);
    }
}
