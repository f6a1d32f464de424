//! How numbers and names are shown.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// `1.2 s`, or `3.4 ms` below a second.
pub fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.1} s"),
        seconds => format!("{:.1} ms", seconds * 1e3),
    }
}

/// The first bytes of a digest, enough to tell it from others.
pub fn digest(bytes: &[u8]) -> String {
    bytes.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a continent of the data set.
pub fn continent(code: &str) -> &str {
    match code {
        "AF" => "Africa",
        "EU" => "Europe",
        "SA" => "South America",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (73_623, "73,623"), (1_234_567, "1,234,567"), (-1_000, "-1,000")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn spans_have_one_decimal() {
        assert_eq!(span(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(span(Duration::from_micros(3_460)), "3.5 ms");
        assert_eq!(span(Duration::ZERO), "0.0 ms");
    }

    #[test]
    fn digests_are_cut() {
        assert_eq!(digest(&[0, 1, 0xab, 0xff, 4, 5, 6, 7]), "0001abff0405");
        assert_eq!(digest(&[]), "");
    }
}
