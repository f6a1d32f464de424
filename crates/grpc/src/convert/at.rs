//! Where a field stands in its request. Costs nothing until it is written into an error.

use std::fmt;

/// The path of a field: `reports[3].completed.single`, `packet.headers["x"]`.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    /// The request itself.
    Root,
    /// A field of the request itself.
    Top(&'static str),
    /// A field of a message.
    Field(&'a At<'a>, &'static str),
    /// An element of a list.
    Index(&'a At<'a>, usize),
    /// A value of a map.
    Key(&'a At<'a>, &'a str),
}

/// Most characters of a map's key in a path.
const KEY_CHARS_MAX: usize = 64;

impl<'a> At<'a> {
    /// A field of the message that stands here.
    pub fn field(&'a self, name: &'static str) -> At<'a> {
        At::Field(self, name)
    }

    /// An element of the list that stands here.
    pub fn index(&'a self, index: usize) -> At<'a> {
        At::Index(self, index)
    }

    /// A value of the map that stands here.
    pub fn key(&'a self, key: &'a str) -> At<'a> {
        At::Key(self, key)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Top(name) | At::Field(At::Root, name) => f.write_str(name),
            At::Field(parent, name) => write!(f, "{parent}.{name}"),
            At::Index(parent, index) => write!(f, "{parent}[{index}]"),
            At::Key(parent, key) => {
                write!(f, "{parent}[\"")?;
                key.chars().take(KEY_CHARS_MAX).try_for_each(|c| write!(f, "{}", c.escape_default()))?;
                f.write_str(if key.chars().nth(KEY_CHARS_MAX).is_some() { "...\"]" } else { "\"]" })
            }
        }
    }
}

impl From<At<'_>> for String {
    fn from(at: At<'_>) -> Self {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: At<'_>, expected: &str) {
        assert_eq!(at.to_string(), expected);
    }

    #[test]
    fn paths() {
        check(At::Root.field("wait"), "wait");
        let reports = At::Top("reports");
        let report = reports.index(3);
        check(report.field("completed").field("single"), "reports[3].completed.single");
        let packet = At::Top("packet");
        let headers = packet.field("headers");
        check(headers.key("x"), "packet.headers[\"x\"]");
        check(headers.key("a\"\0\n"), "packet.headers[\"a\\\"\\u{0}\\n\"]");
        check(headers.key(&"k".repeat(70)), &format!("packet.headers[\"{}...\"]", "k".repeat(64)));
    }
}
