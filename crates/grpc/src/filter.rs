//! Filters of lists: the conjunctions of AIP-160, over the columns that each list has.

use crate::{
    convert::at::At,
    status::{Answer, Refusal},
};
use esteira_model::{Time, Uuid, limits};
use esteira_store::{Filter, Op, Term, Value};

/// A column that a filter may name.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in a filter; of a prefix, what stands before the key.
    pub name: &'static str,
    /// What it is compared with.
    pub kind: Kind,
}

/// What a column is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Quoted text.
    Text,
    /// A quoted id.
    Id,
    /// One of these words, with or without the prefix.
    Enum {
        /// The prefix of the type in the contract.
        prefix: &'static str,
        /// Whether a word is one of the type's.
        knows: fn(&str) -> bool,
    },
    /// A quoted instant of RFC 3339.
    Instant,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// `NAME.KEY`, each compared as text.
    Labels,
}

impl Kind {
    fn is_ordered(self) -> bool {
        matches!(self, Self::Instant | Self::Int)
    }
}

fn wrong<T>(message: impl Into<String>) -> Answer<T> {
    Err(Refusal::field(At::Top("filter"), message))
}

/// Reads a filter; "" holds for everything.
pub fn parse(text: &str, columns: &[Column]) -> Answer<Filter> {
    if text.len() > limits::FILTER_BYTES_MAX {
        return wrong(format!("has more than {} bytes", limits::FILTER_BYTES_MAX));
    }
    let mut tokens = Tokens { text, at: 0 };
    let mut terms = Vec::new();
    if tokens.next()?.is_none() {
        return Ok(Filter(terms));
    }
    tokens.at = 0;
    loop {
        terms.push(term(&mut tokens, columns)?);
        if terms.len() > limits::FILTER_TERMS_MAX {
            return wrong(format!("has more than {} comparisons", limits::FILTER_TERMS_MAX));
        }
        let here = tokens.at;
        match tokens.next()? {
            None => return Ok(Filter(terms)),
            Some(Token::Word("AND")) => {}
            Some(Token::Word("OR" | "NOT")) => return wrong("knows AND only: ask once for each alternative"),
            Some(_) => return wrong(format!("needs AND at byte {here}")),
        }
    }
}

fn term(tokens: &mut Tokens<'_>, columns: &[Column]) -> Answer<Term> {
    let here = tokens.at;
    let Some(Token::Word(field)) = tokens.next()? else { return wrong(format!("needs a column at byte {here}")) };
    let Some(column) = columns.iter().find(|column| column.is(field)) else {
        let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
        return wrong(format!("names a column that this list has not; it has {}", known.join(", ")));
    };
    let here = tokens.at;
    let Some(Token::Op(op)) = tokens.next()? else {
        return wrong(format!("needs =, !=, <, <=, > or >= at byte {here}"));
    };
    if !column.kind.is_ordered() && !matches!(op, Op::Eq | Op::Ne) {
        return wrong(format!("compares `{}`, which has no order, with something else than = or !=", column.name));
    }
    let here = tokens.at;
    let Some(value) = tokens.next()? else { return wrong(format!("needs a value at byte {here}")) };
    let value = column.value(value)?;
    Ok(Term { field: field.to_owned(), op, value })
}

impl Column {
    fn is(&self, field: &str) -> bool {
        match self.kind {
            Kind::Labels => field.split_once('.').is_some_and(|(name, key)| name == self.name && !key.is_empty()),
            _ => self.name == field,
        }
    }

    fn value(&self, token: Token<'_>) -> Answer<Value> {
        let read = match (self.kind, token) {
            (Kind::Text | Kind::Labels, Token::Text(text)) => Some(Value::Text(text)),
            (Kind::Id, Token::Text(text)) => text.parse::<Uuid>().is_ok().then_some(Value::Text(text)),
            (Kind::Enum { prefix, knows }, Token::Word(word)) => {
                let word = word.strip_prefix(prefix).unwrap_or(word);
                knows(word).then(|| Value::Text(word.to_owned()))
            }
            (Kind::Instant, Token::Text(text)) => instant(&text).map(|time| Value::Int(time.0)),
            (Kind::Int, Token::Word(word)) => word.parse().ok().map(Value::Int),
            (Kind::Bool, Token::Word(word @ ("true" | "false"))) => Some(Value::Text(word.to_owned())),
            _ => None,
        };
        let expected = match self.kind {
            Kind::Text | Kind::Labels => "quoted text",
            Kind::Id => "a quoted UUID",
            Kind::Enum { .. } => "one of its values, not quoted",
            Kind::Instant => "a quoted instant of RFC 3339",
            Kind::Int => "a whole number",
            Kind::Bool => "true or false",
        };
        read.map_or_else(|| wrong(format!("compares `{}` with something else than {expected}", self.name)), Ok)
    }
}

/// An instant of RFC 3339 within the years that a `Timestamp` has.
fn instant(text: &str) -> Option<Time> {
    let read: prost_types::Timestamp = text.parse().ok()?;
    crate::convert::time::instant(Some(read), At::Root).ok().flatten()
}

#[derive(Debug)]
enum Token<'a> {
    /// Something that is not quoted.
    Word(&'a str),
    /// Quoted text, without its quotes and escapes.
    Text(String),
    /// A comparison.
    Op(Op),
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Answer<Option<Token<'a>>> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
        let Some(first) = trimmed.bytes().next() else { return Ok(None) };
        if first == b'"' {
            return self.quoted().map(Some);
        }
        for (text, op) in [("!=", Op::Ne), ("<=", Op::Le), (">=", Op::Ge), ("=", Op::Eq), ("<", Op::Lt), (">", Op::Gt)]
        {
            if trimmed.starts_with(text) {
                self.at += text.len();
                return Ok(Some(Token::Op(op)));
            }
        }
        let length = trimmed
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+'))
            .count();
        if length == 0 {
            return wrong(format!("has a character that cannot stand at byte {}", self.at));
        }
        self.at += length;
        Ok(Some(Token::Word(&trimmed[..length])))
    }

    /// Text in double quotes; `\"` and `\\` stand for a quote and a backslash.
    fn quoted(&mut self) -> Answer<Token<'a>> {
        let begin = self.at;
        let mut text = String::new();
        let mut chars = self.text[begin + 1..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = begin + 1 + offset + 1;
                    return Ok(Token::Text(text));
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    _ => {
                        return wrong(format!("has an escape that is not \\\" or \\\\ at byte {}", begin + 1 + offset));
                    }
                },
                c if c.is_control() => return wrong(format!("has a control character at byte {}", begin + 1 + offset)),
                c => text.push(c),
            }
        }
        wrong(format!("has a quote that does not end at byte {begin}"))
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
