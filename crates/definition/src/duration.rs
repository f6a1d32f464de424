//! Durations as text: whole numbers with a unit, largest unit first.

use std::time::Duration;

/// Units and their milliseconds, largest first. `ms` stands before `m` and `s` is never a prefix of another.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads `250ms`, `5s`, `2m`, `1h30m`. Units come in order and once; no spaces, signs or fractions.
///
/// Answers `None` for any other text, and for what is longer than 2^64 ms.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, unit_ms) = units.find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(number.parse::<u64>().ok()?.checked_mul(*unit_ms)?)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total_ms))
}

/// Writes a duration so that [`parse_duration`] reads it back; parts of a millisecond are dropped.
pub fn format_duration(duration: Duration) -> String {
    let mut left_ms = duration.as_millis();
    let mut text = String::new();
    for (unit, unit_ms) in UNITS {
        let count = left_ms / u128::from(unit_ms);
        left_ms %= u128::from(unit_ms);
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads() {
        for (text, ms, written) in [
            ("250ms", 250, "250ms"),
            ("5s", 5_000, "5s"),
            ("2m", 120_000, "2m"),
            ("1h", 3_600_000, "1h"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1h2m3s4ms", 3_723_004, "1h2m3s4ms"),
            ("1h4ms", 3_600_004, "1h4ms"),
            ("90s", 90_000, "1m30s"),
            ("0s", 0, "0s"),
            ("0h0m", 0, "0s"),
            ("007s", 7_000, "7s"),
        ] {
            let duration = parse_duration(text).expect(text);
            assert_eq!(
                (duration, format_duration(duration)),
                (Duration::from_millis(ms), written.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "5",
            "s",
            "5 s",
            " 5s",
            "5s ",
            "-5s",
            "+5s",
            "1.5s",
            "5S",
            "5sec",
            "5d",
            "1w",
            "30m1h",
            "1s1s",
            "5s5m",
            "1h 30m",
            "1m_0s",
            "PT5S",
            "5µs",
            "5us",
            "٥s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(ms in any::<u64>()) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse_duration(&text);
        }
    }
}
