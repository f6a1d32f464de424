//! Splits source text into code, comments and string literals, so that a rule about code does not trip over prose.
//!
//! Not a parser: it knows how comments and strings begin and end in the five languages, and nothing else.

use std::ops::Range;

/// How a file's comments and strings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    Python,
    Go,
    TypeScript,
    CSharp,
    /// Anything else: all of it counts as code.
    Other,
}

impl Language {
    /// From the file's extension.
    pub fn of(path: &str) -> Self {
        match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "rs" => Self::Rust,
            "py" => Self::Python,
            "go" => Self::Go,
            "ts" => Self::TypeScript,
            "cs" => Self::CSharp,
            _ => Self::Other,
        }
    }
}

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Comment,
    Literal,
}

/// A comment or a string literal; what lies between two spans is code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub class: Class,
    /// With its delimiters.
    pub range: Range<usize>,
    /// Without them.
    pub body: Range<usize>,
}

/// All comments and string literals of a text, in order.
pub fn spans(text: &str, language: Language) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut at = 0;
    while language != Language::Other && at < text.len() {
        match span_at(text, at, language) {
            Some(span) => {
                at = span.range.end.max(at + 1);
                found.push(span);
            }
            None => at += 1,
        }
    }
    found
}

/// The text with everything but code blanked, byte for byte as long and with the same lines.
pub fn code_only(text: &str, spans: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in spans.iter().flat_map(|span| span.range.clone()) {
        if bytes[byte] != b'\n' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8(bytes).expect("spans begin and end at ASCII delimiters or at the end of the text")
}

fn span_at(text: &str, at: usize, language: Language) -> Option<Span> {
    let rest = &text.as_bytes()[at..];
    let python = language == Language::Python;
    let comment = if python { rest.starts_with(b"#") } else { rest.starts_with(b"//") };
    if comment {
        let end = rest.iter().position(|&b| b == b'\n').map_or(text.len(), |length| at + length);
        return Some(Span { class: Class::Comment, range: at..end, body: at..end });
    }
    if !python && rest.starts_with(b"/*") {
        let end = at + block_comment(rest, language == Language::Rust);
        return Some(Span { class: Class::Comment, range: at..end, body: at..end });
    }
    let triple = rest.len() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
    let quotes = match (rest.first()?, language) {
        (b'"' | b'\'', Language::Python) if triple => Quotes { open: 3, close: 3, escapes: true, lines: true },
        (b'r', Language::Rust) if !follows_a_word(text, at) => {
            let hashes = rest[1..].iter().take_while(|&&b| b == b'#').count();
            if rest.get(1 + hashes) != Some(&b'"') {
                return None;
            }
            Quotes { open: 2 + hashes, close: 1 + hashes, escapes: false, lines: true }
        }
        (b'"', Language::Rust) => Quotes { open: 1, close: 1, escapes: true, lines: true },
        (b'\'', Language::Rust) => return char_literal(text, at),
        (b'"', Language::CSharp)
            if text[..at].ends_with(['@', '$']) && text[..at].trim_end_matches('$').ends_with('@') =>
        {
            Quotes { open: 1, close: 1, escapes: false, lines: true }
        }
        (b'"' | b'\'', _) => Quotes { open: 1, close: 1, escapes: true, lines: false },
        (b'`', Language::Go) => Quotes { open: 1, close: 1, escapes: false, lines: true },
        (b'`', Language::TypeScript) => Quotes { open: 1, close: 1, escapes: true, lines: true },
        _ => return None,
    };
    Some(literal(text, at, &quotes))
}

/// How one kind of string literal is delimited.
struct Quotes {
    /// Bytes of prefix and opening delimiter.
    open: usize,
    /// Bytes of the closing delimiter, which is the end of the opening one read backwards (`r##"` is closed by `"##`).
    close: usize,
    /// Whether a backslash takes the next byte with it.
    escapes: bool,
    /// Whether it may go on in the next line. One that may not ends with its line, closed or not.
    lines: bool,
}

fn literal(text: &str, at: usize, quotes: &Quotes) -> Span {
    let bytes = text.as_bytes();
    let start = at + quotes.open;
    let closing: Vec<u8> = bytes[start - quotes.close..start].iter().rev().copied().collect();
    let mut end = start;
    while end < bytes.len() && !bytes[end..].starts_with(&closing) {
        if bytes[end] == b'\n' && !quotes.lines {
            return Span { class: Class::Literal, range: at..end, body: start..end };
        }
        end += if quotes.escapes && bytes[end] == b'\\' { 2 } else { 1 };
    }
    let end = end.min(bytes.len());
    Span { class: Class::Literal, range: at..(end + quotes.close).min(bytes.len()), body: start..end }
}

/// A character literal of Rust, or none where the quote begins a lifetime.
fn char_literal(text: &str, at: usize) -> Option<Span> {
    let mut characters = text[at + 1..].char_indices();
    let (_, first) = characters.next()?;
    if first == '\\' {
        return Some(literal(text, at, &Quotes { open: 1, close: 1, escapes: true, lines: false }));
    }
    let (length, closing) = characters.next()?;
    let body = at + 1..at + 1 + length;
    (closing == '\'').then(|| Span { class: Class::Literal, range: at..body.end + 1, body })
}

fn block_comment(rest: &[u8], nests: bool) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") && (nests || depth == 0) {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Whether the byte before is part of a name; `br"` and `cr"` are prefixes of their own.
fn follows_a_word(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(['b', 'c']);
    before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `code` is what is left, with runs of blanks as one.
    fn check(language: Language, text: &str, code: &str, literals: &[&str]) {
        let spans = spans(text, language);
        let left = code_only(text, &spans);
        assert_eq!(left.len(), text.len(), "{text:?}");
        assert_eq!(left.lines().count(), text.lines().count(), "{text:?}");
        assert_eq!(left.split_whitespace().collect::<Vec<_>>().join(" "), code, "code of {text:?}");
        let found: Vec<&str> =
            spans.iter().filter(|s| s.class == Class::Literal).map(|s| &text[s.body.clone()]).collect();
        assert_eq!(found, literals, "literals of {text:?}");
    }

    #[test]
    fn rust() {
        use Language::Rust;
        check(Rust, "a /* x /* y */ z */ b", "a b", &[]);
        check(Rust, "f(\"a\\\"b\") // c", "f( )", &["a\\\"b"]);
        check(Rust, "f(r#\"a\"b\"#, 1)", "f( , 1)", &["a\"b"]);
        check(Rust, "f(br\"a\\\")", "f(b )", &["a\\"]);
        check(Rust, "&'a str; '\"'; 'x'; '\\''", "&'a str; ; ;", &["\"", "x", "\\'"]);
        check(Rust, "var\"x\"", "var", &["x"]);
        check(Rust, "\"two\nlines\";'é'", ";", &["two\nlines", "é"]);
    }

    #[test]
    fn the_others() {
        check(Language::Python, "x = f\"a\" # b", "x = f", &["a"]);
        check(Language::Python, "'''a\n\"b'''+1", "+1", &["a\n\"b"]);
        check(Language::Go, "f(`a\\`) // `", "f( )", &["a\\"]);
        check(Language::TypeScript, "f(`a\\``,'b') /* c */", "f( , )", &["a\\`", "b"]);
        check(Language::CSharp, "f(\"a\", '\\'')", "f( , )", &["a", "\\'"]);
        check(Language::CSharp, "f(@\"a\\\", 1)", "f(@ , 1)", &["a\\"]);
        check(Language::TypeScript, "x = /\"/\ny = 1", "x = / y = 1", &["/"]);
        check(Language::Other, "SELECT 'a' -- b", "SELECT 'a' -- b", &[]);
    }

    #[test]
    fn what_never_ends_ends_with_the_text() {
        for text in ["\"abc", "/* abc", "r#\"abc", "'\\", "\"abc\\"] {
            let spans = spans(text, Language::Rust);
            assert_eq!(spans.len(), 1, "{text:?}");
            assert_eq!(spans[0].range, 0..text.len(), "{text:?}");
        }
    }
}
