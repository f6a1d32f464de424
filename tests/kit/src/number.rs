//! Whether two texts are the same number, exactly.

/// Whether two JSON numbers have the same value, however they are written.
pub fn is_same(a: &str, b: &str) -> bool {
    match (Decimal::read(a), Decimal::read(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// `0.d1d2d3.. * 10^exponent`, with the first digit not 0; zero has no digits.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = all.trim_start_matches('0');
        let leading = i64::try_from(all.len() - significant.len()).ok()?;
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let exponent = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(whole.len()).ok()?)?;
        Some(Self { negative, digits, exponent: exponent.checked_sub(leading)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for (a, b) in
            [("1", "1.0"), ("100", "1e2"), ("0.00120", "1.2E-3"), ("-0", "0.0"), ("12.5e1", "125"), ("0e9", "0")]
        {
            assert!(is_same(a, b), "{a} {b}");
        }
        let apart = [
            ("1", "-1"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.10000000000000001"),
            ("1", "x"),
            ("", ""),
        ];
        for (a, b) in apart {
            assert!(!is_same(a, b), "{a} {b}");
        }
    }
}
