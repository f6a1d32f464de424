//! `numeric` in PostgreSQL's binary format: digits to the base 10,000, the weight of the first, a sign, and a display scale.

/// Digits on either side of the point that are accepted: far more than any amount, far less than an attack on memory.
const DIGITS_MAX: usize = 1_000;

/// The number in JSON, with every digit that the server shows; what JSON cannot say is a text.
pub(crate) fn to_json(bytes: &[u8]) -> Option<String> {
    let mut words = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let count = usize::from(words.next()?);
    let weight = i32::from(words.next()?.cast_signed());
    let sign = words.next()?;
    let scale = usize::from(words.next()?);
    let groups: Vec<u16> = words.collect();
    match sign {
        0xC000 => return Some("\"NaN\"".to_owned()),
        0xD000 => return Some("\"Infinity\"".to_owned()),
        0xF000 => return Some("\"-Infinity\"".to_owned()),
        _ => {}
    }
    if groups.len() != count {
        return None;
    }
    let group =
        |position: i32| usize::try_from(position).ok().and_then(|position| groups.get(position)).copied().unwrap_or(0);
    let mut out = String::from(if sign == 0x4000 { "-" } else { "" });
    if weight < 0 {
        out.push('0');
    }
    for position in 0..=weight {
        let digits = group(position);
        out.push_str(&if position == 0 { digits.to_string() } else { format!("{digits:04}") });
    }
    if scale > 0 {
        let fraction: String = (0..scale.div_ceil(4))
            .map(|at| format!("{:04}", group(weight + 1 + i32::try_from(at).unwrap_or(i32::MAX))))
            .collect();
        out.push('.');
        out.push_str(&fraction[..scale]);
    }
    Some(out)
}

/// The bytes of a decimal number such as `-12.50` or `1.5e-3`; none when the text is not one.
pub(crate) fn from_text(text: &str) -> Option<Vec<u8>> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let limit = i32::try_from(DIGITS_MAX).unwrap_or(i32::MAX);
    if whole.is_empty()
        || digits.len() > DIGITS_MAX
        || !(-limit..=limit).contains(&exponent)
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    // Where the point stands in `digits`; outside of them zeros are put in.
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let leading = usize::try_from(-point).unwrap_or(0);
    let padded = format!("{}{digits}", "0".repeat(leading));
    let point = usize::try_from(point).unwrap_or(0);
    let (whole, fraction) = match padded.split_at_checked(point) {
        Some((whole, fraction)) => (whole.to_owned(), fraction),
        None => (format!("{padded}{}", "0".repeat(point - padded.len())), ""),
    };
    // Groups of four, counted from the point.
    let whole = format!("{}{whole}", "0".repeat((4 - whole.len() % 4) % 4));
    let scale = fraction.len();
    let all = format!("{whole}{fraction}{}", "0".repeat((4 - scale % 4) % 4));
    let groups: Vec<u16> =
        all.as_bytes().chunks(4).map(|four| four.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0'))).collect();
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    let kept = groups[zeros..].len() - groups[zeros..].iter().rev().take_while(|group| **group == 0).count();
    let weight = i16::try_from(whole.len() / 4).ok()? - 1 - i16::try_from(zeros).ok()?;
    let significant = &groups[zeros..zeros + kept];
    let mut out = Vec::with_capacity(8 + 2 * kept);
    out.extend_from_slice(&u16::try_from(kept).ok()?.to_be_bytes());
    out.extend_from_slice(&(if kept == 0 { 0 } else { weight }).to_be_bytes());
    out.extend_from_slice(&(if negative && kept > 0 { 0x4000_u16 } else { 0 }).to_be_bytes());
    out.extend_from_slice(&u16::try_from(scale).ok()?.to_be_bytes());
    significant.iter().for_each(|group| out.extend_from_slice(&group.to_be_bytes()));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_survives() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("0.00", "0.00"),
            ("7", "7"),
            ("10000", "10000"),
            ("12345678901234567890.123456789", "12345678901234567890.123456789"),
            ("-12.50", "-12.50"),
            ("0.0001", "0.0001"),
            ("0.00001", "0.00001"),
            ("100000000", "100000000"),
            ("1.5e3", "1500"),
            ("1.5E-3", "0.0015"),
            ("1e5", "100000"),
            ("123.4567e2", "12345.67"),
            ("9999.9999", "9999.9999"),
        ];
        for (text, expected) in cases {
            assert_eq!(from_text(text).and_then(|bytes| to_json(&bytes)).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "-", ".5", "1e", "1e99999", "abc", "1 ", "+1", "--1", "NaN", "1.2.3"] {
            assert_eq!(from_text(text), None, "{text}");
        }
        assert_eq!(to_json(&[0, 0, 0, 0, 0xC0, 0, 0, 0]).as_deref(), Some("\"NaN\""));
        assert_eq!(to_json(&[0, 9, 0, 0, 0, 0, 0, 0]), None);
    }
}
