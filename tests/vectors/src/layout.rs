//! JSON for people: what fits on a line stands on it, the rest has a line for each member.

/// Most characters of a line that holds more than one member.
const LINE_CHARS_MAX: usize = 190;

/// Compact JSON, laid out.
pub fn layout(compact: &str) -> String {
    let mut out = String::new();
    write(&mut out, compact, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &str, indent: usize) {
    let spread = value.starts_with(['{', '[']) && value.len() > 2;
    if !spread || (indent > 0 && indent + value.chars().count() <= LINE_CHARS_MAX) {
        return out.push_str(value);
    }
    let inner = &value[1..value.len() - 1];
    out.push_str(&value[..1]);
    for (index, member) in members(inner).into_iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 2));
        if value.starts_with('{') {
            let colon = 1 + string_end(member);
            out.push_str(&member[..colon]);
            out.push(' ');
            write(out, &member[colon..], indent + 2);
        } else {
            write(out, member, indent + 2);
        }
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push_str(&value[value.len() - 1..]);
}

/// The members of an object or list, without its brackets.
fn members(inner: &str) -> Vec<&str> {
    let (mut found, mut from, mut depth, mut at) = (Vec::new(), 0, 0usize, 0);
    while let Some(byte) = inner.as_bytes().get(at) {
        match byte {
            b'"' => at += string_end(&inner[at..]) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => {
                found.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(&inner[from..]);
    found
}

/// The length of the string that the text begins with.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_on_its_line() {
        let long = "x".repeat(LINE_CHARS_MAX);
        let compact = r#"{"a":[1,"]},\"",{}],"b":{"c":"LONG","d":[]}}"#.replace("LONG", &long);
        let expected = r#"{
  "a": [1,"]},\"",{}],
  "b": {
    "c": "LONG",
    "d": []
  }
}
"#
        .replace("LONG", &long);
        assert_eq!(layout(&compact), expected);
    }
}
