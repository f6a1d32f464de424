//! Reads a statement far enough to know that it is one, what it begins with, and which parameters it has.
//!
//! The database parses it as well and has the last word. What is found here protects what the database would not: SQLite runs
//! every statement of a text, and a `COMMIT` would end a transaction that other tasks share.

use crate::database_query::config::Mode;
use esteira_sdk::Error;

/// Whose rules a text follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// What is known of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Number of its parameters; none where the database counts them itself.
    pub(crate) placeholders: Option<usize>,
    /// Whether it may answer rows although it writes.
    pub(crate) returning: bool,
    /// Whether it changes rows: the number of changed rows means nothing after any other.
    pub(crate) changes_rows: bool,
}

const READS: [&str; 6] = ["SELECT", "WITH", "VALUES", "EXPLAIN", "TABLE", "SHOW"];
const WRITES: [&str; 13] = [
    "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH", "SELECT", "VALUES", "CREATE", "ALTER", "DROP",
    "TRUNCATE", "CALL",
];
const CHANGES: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH"];
/// Highest parameter number.
const PLACEHOLDER_MAX: usize = 500;

/// Checks that a text is one statement that its mode permits.
///
/// Errors: `STATEMENT_REFUSED`.
pub(crate) fn check(sql: &str, dialect: Dialect, mode: Mode) -> Result<Statement, Error> {
    let refused = |why: String| Err(Error::non_retryable("STATEMENT_REFUSED", why));
    let found = match scan(sql, dialect) {
        Ok(found) => found,
        Err(why) => return refused(why),
    };
    let (allowed, name) = match mode {
        Mode::Read => (&READS[..], "read"),
        Mode::Write => (&WRITES[..], "write"),
    };
    if !allowed.contains(&found.keyword.as_str()) {
        return refused(format!("a statement of mode {name} begins with one of {}", allowed.join(", ")));
    }
    if found.bare > 0 && found.highest > 0 {
        return refused("parameters are all ? or all numbered".to_owned());
    }
    Ok(Statement {
        placeholders: (dialect == Dialect::Sqlite).then_some(found.bare.max(found.highest)),
        returning: found.returning || found.keyword == "SELECT" || found.keyword == "VALUES",
        changes_rows: CHANGES.contains(&found.keyword.as_str()),
    })
}

#[derive(Default)]
struct Found {
    keyword: String,
    returning: bool,
    /// Parameters written `?`.
    bare: usize,
    /// Highest number of a parameter written `?1` or `$1`.
    highest: usize,
    ended: bool,
}

fn scan(sql: &str, dialect: Dialect) -> Result<Found, String> {
    let mut found = Found::default();
    let mut at = 0;
    while let Some(&byte) = sql.as_bytes().get(at) {
        let rest = &sql.as_bytes()[at..];
        let length = match byte {
            b if b.is_ascii_whitespace() => 1,
            b'-' if rest.starts_with(b"--") => until(rest, b"\n").unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"/*") => comment(rest, dialect),
            b';' => {
                found.ended = true;
                1
            }
            _ if found.ended => return Err("a second statement follows the first".to_owned()),
            b'\'' | b'"' => quoted(rest, byte, false),
            b'`' if dialect == Dialect::Sqlite => quoted(rest, b'`', false),
            b'[' if dialect == Dialect::Sqlite => until(rest, b"]").unwrap_or(rest.len()),
            b'?' if dialect == Dialect::Sqlite => numbered(rest, &mut found, true)?,
            b'$' if rest.get(1).is_some_and(u8::is_ascii_digit) => numbered(rest, &mut found, false)?,
            b'$' if dialect == Dialect::Postgres => dollar_quoted(rest),
            b'$' | b':' | b'@' | b'#' if dialect == Dialect::Sqlite => {
                return Err("parameters are written ?, ?1 or $1".to_owned());
            }
            b if word_byte(b) => word(rest, dialect, &mut found),
            _ => 1,
        };
        at += length;
    }
    Ok(found)
}

/// A word, a number, or in PostgreSQL a text with escapes.
fn word(rest: &[u8], dialect: Dialect, found: &mut Found) -> usize {
    let length = rest.iter().take_while(|byte| word_byte(**byte) || **byte == b'$').count();
    let text = String::from_utf8_lossy(&rest[..length]).to_ascii_uppercase();
    if found.keyword.is_empty() {
        found.keyword.clone_from(&text);
    }
    found.returning |= text == "RETURNING";
    match (dialect, text.as_str(), rest.get(length)) {
        (Dialect::Postgres, "E", Some(b'\'')) => length + quoted(&rest[length..], b'\'', true),
        _ => length,
    }
}

/// A parameter, numbered or (where that is allowed) not.
fn numbered(rest: &[u8], found: &mut Found, bare_allowed: bool) -> Result<usize, String> {
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if rest.get(1 + digits).is_some_and(|byte| word_byte(*byte)) {
        return Err("parameters are written ?, ?1 or $1".to_owned());
    }
    if digits == 0 && bare_allowed {
        found.bare += 1;
        return Ok(1);
    }
    let number: usize =
        std::str::from_utf8(&rest[1..=digits]).ok().and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX);
    if !(1..=PLACEHOLDER_MAX).contains(&number) {
        return Err(format!("parameters are numbered 1 to {PLACEHOLDER_MAX}"));
    }
    found.highest = found.highest.max(number);
    Ok(1 + digits)
}

const fn word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Length up to and with the first `end`.
fn until(rest: &[u8], end: &[u8]) -> Option<usize> {
    rest.windows(end.len()).position(|window| window == end).map(|position| position + end.len())
}

/// Length of a comment; PostgreSQL nests them.
fn comment(rest: &[u8], dialect: Dialect) -> usize {
    let (mut depth, mut at) = (1, 2);
    while at < rest.len() {
        if rest[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else if dialect == Dialect::Postgres && rest[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of a quoted text; a doubled quote belongs to it.
fn quoted(rest: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of `$tag$ .. $tag$`, or of a lone `$`.
fn dollar_quoted(rest: &[u8]) -> usize {
    let tag = 1 + rest[1..].iter().take_while(|byte| word_byte(**byte)).count();
    if rest.get(tag) != Some(&b'$') {
        return 1;
    }
    let opening = &rest[..=tag];
    until(&rest[opening.len()..], opening).map_or(rest.len(), |length| opening.len() + length)
}

#[cfg(test)]
#[path = "statement_tests.rs"]
mod tests;
