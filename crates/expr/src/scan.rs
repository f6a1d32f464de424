//! Walking JSON text that was checked before, without building a tree.
//!
//! Every step answers `None` on text that is not JSON, so that unchecked text is an error and never a panic.

use std::borrow::Cow;

/// A place in JSON text.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte offset of the next thing that is not white space.
    pub(crate) fn offset(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// The byte offset that was reached.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The first byte of the next thing that is not white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Steps into an object (`{`) or array (`[`).
    pub(crate) fn enter(&mut self, bracket: u8) -> Option<()> {
        (self.peek()? == bracket).then(|| self.at += 1)
    }

    /// Whether the array or object that was entered has another member; steps to it, or past the end.
    pub(crate) fn more(&mut self) -> Option<bool> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Some(true)
            }
            b'}' | b']' => {
                self.at += 1;
                Some(false)
            }
            _ => Some(true),
        }
    }

    /// The next key and its colon.
    pub(crate) fn key(&mut self) -> Option<Raw<'a>> {
        let key = self.string()?;
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(key)
    }

    /// The next string.
    pub(crate) fn string(&mut self) -> Option<Raw<'a>> {
        (self.peek()? == b'"').then_some(())?;
        let start = self.at + 1;
        self.at = string_end(self.text.as_bytes(), start)?;
        self.text.get(start..self.at - 1).map(Raw)
    }

    /// The text of the next value, without the space around it; steps past it.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        match first {
            b'"' => self.at = string_end(bytes, start + 1)?,
            b'{' | b'[' => {
                let mut depth = 0_usize;
                loop {
                    match bytes.get(self.at)? {
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        b'"' => self.at = string_end(bytes, self.at + 1)? - 1,
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                let rest = bytes.get(start..)?;
                self.at = start + rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }
}

/// Past the closing quote of the string whose contents begin at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The contents of a string as they are written, escapes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(pub(crate) &'a str);

impl<'a> Raw<'a> {
    /// The string, escapes resolved.
    pub(crate) fn text(self) -> Cow<'a, str> {
        unescape(self.0)
    }
}

/// Resolves the escapes of a JSON string's contents. What no checked string holds becomes U+FFFD.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some((plain, mut rest)) = raw.split_once('\\') else {
        return Cow::Borrowed(raw);
    };
    let mut text = String::with_capacity(raw.len());
    text.push_str(plain);
    loop {
        let mut chars = rest.chars();
        match chars.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let (decoded, length) = code_point(chars.as_str());
                text.push(decoded);
                chars = chars.as_str().get(length..).unwrap_or("").chars();
            }
            Some(itself) => text.push(itself),
            None => {}
        }
        match chars.as_str().split_once('\\') {
            Some((plain, after)) => {
                text.push_str(plain);
                rest = after;
            }
            None => {
                text.push_str(chars.as_str());
                return Cow::Owned(text);
            }
        }
    }
}

/// The character of what follows `\u`, and how many bytes it takes.
fn code_point(digits: &str) -> (char, usize) {
    let unit = |at: usize| digits.get(at..at + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let low = digits.get(4..6).filter(|&next| next == "\\u").and_then(|_| unit(6));
    let units = unit(0).into_iter().chain(low);
    match char::decode_utf16(units).next() {
        Some(Ok(decoded)) => (decoded, if decoded > '\u{ffff}' { 10 } else { 4 }),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

/// A key as a token of a JSON Pointer (RFC 6901).
pub(crate) fn escape_pointer(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { Cow::Owned(key.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(key) }
}
