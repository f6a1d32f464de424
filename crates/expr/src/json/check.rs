//! The automaton of the check: one pass over the bytes, with the open containers on a stack of its own.

use super::{
    JsonError, JsonProblem,
    keys::{self, KEYS_INLINE, Key},
};
use crate::scan;
use esteira_model::limits::JSON_DEPTH_MAX;

/// Longest path in an error; a longer one is cut.
const PATH_BYTES_MAX: usize = 256;

/// Checks a whole document.
pub(super) fn document(text: &str) -> Result<(), JsonError> {
    let mut check = Check { text, bytes: text.as_bytes(), at: 0, open: Vec::new(), keys: Vec::new() };
    check.document().map_err(|problem| JsonError { problem, offset: check.at, path: check.path() })
}

/// A container whose end was not reached.
enum Open {
    Array {
        index: usize,
    },
    /// `named`: the value of its last key is being read, not the next key.
    Object {
        first_key: usize,
        named: bool,
    },
}

struct Check<'a> {
    text: &'a str,
    /// The same, for the hot path.
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Keys of all open objects, innermost last.
    keys: Vec<Key>,
}

impl Check<'_> {
    fn document(&mut self) -> Result<(), JsonProblem> {
        loop {
            if self.value_begins()? {
                continue;
            }
            if self.value_ended()? {
                return if self.at == self.bytes.len() { Ok(()) } else { Err(JsonProblem::TrailingData) };
            }
        }
    }

    /// Reads a scalar or an empty container, or enters a container: then `true`, another value follows.
    fn value_begins(&mut self) -> Result<bool, JsonProblem> {
        match self.peek().ok_or(JsonProblem::UnexpectedEnd)? {
            b'"' => self.string().map(|_| false),
            b'-' | b'0'..=b'9' => self.number().map(|()| false),
            b'{' => {
                self.enter(Open::Object { first_key: self.keys.len(), named: false })?;
                if self.peek() == Some(b'}') {
                    return self.leave();
                }
                self.key().map(|()| true)
            }
            b'[' => {
                self.enter(Open::Array { index: 0 })?;
                if self.peek() == Some(b']') {
                    return self.leave();
                }
                Ok(true)
            }
            b't' => self.literal(b"true").map(|()| false),
            b'f' => self.literal(b"false").map(|()| false),
            b'n' => self.literal(b"null").map(|()| false),
            _ => Err(JsonProblem::UnexpectedByte),
        }
    }

    /// Closes what ends here. `false`: another value follows; `true`: the document ended.
    fn value_ended(&mut self) -> Result<bool, JsonProblem> {
        loop {
            let next = self.peek();
            match (self.open.last_mut(), next) {
                (None, _) => return Ok(true),
                (Some(Open::Array { index }), Some(b',')) => {
                    *index += 1;
                    self.at += 1;
                    return Ok(false);
                }
                (Some(Open::Object { named, .. }), Some(b',')) => {
                    *named = false;
                    self.at += 1;
                    self.peek();
                    self.key()?;
                    return Ok(false);
                }
                (Some(Open::Array { .. }), Some(b']')) | (Some(Open::Object { .. }), Some(b'}')) => {
                    self.leave()?;
                }
                (Some(_), Some(_)) => return Err(JsonProblem::UnexpectedByte),
                (Some(_), None) => return Err(JsonProblem::UnexpectedEnd),
            }
        }
    }

    fn enter(&mut self, open: Open) -> Result<(), JsonProblem> {
        if self.open.len() == JSON_DEPTH_MAX {
            return Err(JsonProblem::TooDeep);
        }
        if self.open.is_empty() {
            self.open.reserve(4);
            self.keys.reserve(KEYS_INLINE);
        }
        self.open.push(open);
        self.at += 1;
        Ok(())
    }

    /// Always `false`: what ended is a value.
    fn leave(&mut self) -> Result<bool, JsonProblem> {
        if let Some(&Open::Object { first_key, .. }) = self.open.last() {
            if let Some(again) = keys::duplicate(self.text, &self.keys[first_key..]) {
                // The path must end with the repeated key.
                self.keys.push(again);
                self.at = again.start - 1;
                return Err(JsonProblem::DuplicateKey);
            }
            self.keys.truncate(first_key);
        }
        self.open.pop();
        self.at += 1;
        Ok(false)
    }

    fn key(&mut self) -> Result<(), JsonProblem> {
        match self.bytes.get(self.at) {
            Some(b'"') => {}
            Some(_) => return Err(JsonProblem::UnexpectedByte),
            None => return Err(JsonProblem::UnexpectedEnd),
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        self.keys.push(Key::new(self.text, start, self.at - 1, escaped));
        if let Some(Open::Object { named, .. }) = self.open.last_mut() {
            *named = true;
        }
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(JsonProblem::UnexpectedByte),
            None => return Err(JsonProblem::UnexpectedEnd),
        }
        Ok(())
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                next => return next.copied(),
            }
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), JsonProblem> {
        for &byte in word {
            match self.bytes.get(self.at) {
                Some(&found) if found == byte => self.at += 1,
                Some(_) => return Err(JsonProblem::UnexpectedByte),
                None => return Err(JsonProblem::UnexpectedEnd),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonProblem> {
        self.accept(b"-");
        if self.accept(b"0") {
            // A leading zero stands alone.
            if self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
                return Err(JsonProblem::BadNumber);
            }
        } else {
            self.digits()?;
        }
        if self.accept(b".") {
            self.digits()?;
        }
        if self.accept(b"eE") {
            self.accept(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn accept(&mut self, any_of: &[u8]) -> bool {
        let found = self.bytes.get(self.at).is_some_and(|byte| any_of.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<(), JsonProblem> {
        let rest = &self.bytes[self.at..];
        match rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len()) {
            0 if rest.is_empty() => Err(JsonProblem::UnexpectedEnd),
            0 => Err(JsonProblem::BadNumber),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }

    /// A string, from its opening quote to past its closing one; whether it has escapes.
    fn string(&mut self) -> Result<bool, JsonProblem> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(&self.bytes[self.at..]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(JsonProblem::ControlCharacter),
                None => return Err(JsonProblem::UnexpectedEnd),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonProblem> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => match (self.unit(self.at), self.unit(self.at + 6)) {
                (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => self.at += 12,
                (None | Some(0xD800..=0xDFFF), _) => return Err(JsonProblem::BadEscape),
                (Some(_), _) => self.at += 6,
            },
            Some(_) => return Err(JsonProblem::BadEscape),
            None => return Err(JsonProblem::UnexpectedEnd),
        }
        Ok(())
    }

    /// The UTF-16 code unit of a `\uXXXX` at this place.
    fn unit(&self, at: usize) -> Option<u16> {
        let [b'\\', b'u', digits @ ..] = self.bytes.get(at..at + 6)? else { return None };
        digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | u16::try_from(char::from(digit).to_digit(16)?).ok()?))
    }

    /// The path of the value or key at which the check stopped.
    fn path(&self) -> String {
        let mut path = String::new();
        for (depth, open) in self.open.iter().enumerate() {
            match open {
                Open::Array { index } => path.push_str(&format!("/{index}")),
                Open::Object { first_key, named: true } => {
                    let later = self.open[depth + 1..].iter().find_map(|inner| match inner {
                        Open::Object { first_key, .. } => Some(*first_key),
                        Open::Array { .. } => None,
                    });
                    let own = &self.keys[*first_key..later.unwrap_or(self.keys.len())];
                    if let Some(key) = own.last() {
                        path.push('/');
                        path.push_str(&scan::escape_pointer(&key.text(self.text)));
                    }
                }
                Open::Object { named: false, .. } => {}
            }
        }
        if path.len() > PATH_BYTES_MAX {
            let cut = (0..=PATH_BYTES_MAX).rev().find(|&at| path.is_char_boundary(at)).unwrap_or(0);
            path.truncate(cut);
            path.push('…');
        }
        path
    }
}

/// How many bytes from the start are neither a quote, nor a backslash, nor a control character.
fn plain_prefix(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, _) = bytes.as_chunks::<8>();
    let mut length = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let zero_where = |byte: u8| {
            let difference = word ^ (ONES * u64::from(byte));
            difference.wrapping_sub(ONES) & !difference
        };
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        // The lowest set bit is exact; borrows can only set bits above it.
        let special = (zero_where(b'"') | zero_where(b'\\') | control) & HIGH;
        if special != 0 {
            return length + special.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    length + bytes[length..].iter().take_while(|byte| plain(byte)).count()
}
