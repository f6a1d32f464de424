//! Typed readers over JSON text: each knows its place and reports what is wrong there, and reading goes on.
//!
//! A reader keeps the exact text of its value. It is split into members only when an object or array is asked for, so
//! that what the author owns (`config`, `input`) is never taken apart.

use esteira_engine::Issue;
use serde_json::value::RawValue;
use std::{
    cell::RefCell, collections::BTreeMap, fmt::Display, ops::RangeInclusive, str::FromStr, sync::Arc, time::Duration,
};

/// Everything that was found to be wrong, in the order in which it was found.
pub(crate) type Issues = RefCell<Vec<Issue>>;

/// A value and its place in the document.
pub(crate) struct Field<'d> {
    path: String,
    text: &'d str,
    issues: &'d Issues,
}

impl<'d> Field<'d> {
    /// The whole document.
    pub(crate) fn document(text: &'d str, issues: &'d Issues) -> Self {
        Self { path: String::new(), text, issues }
    }

    /// Reports a problem with this value. `None`, so that a reader can end with it.
    pub(crate) fn refuse<T>(&self, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.issues.borrow_mut().push(Issue::error(self.path.clone(), code, message));
        None
    }

    /// The members of an object.
    pub(crate) fn object(&self) -> Option<Object<'d>> {
        match serde_json::from_str::<BTreeMap<String, &RawValue>>(self.text) {
            Ok(fields) => Some(Object { path: self.path.clone(), fields, issues: self.issues }),
            Err(_) => self.expected("an object"),
        }
    }

    /// The elements of an array, at most so many.
    pub(crate) fn list(&self, max: usize) -> Option<Vec<Field<'d>>> {
        self.list_or(max, "LIST_TOO_LONG")
    }

    /// As [`list`](Self::list), with a code of its own for too many.
    pub(crate) fn list_or(&self, max: usize, too_long: &'static str) -> Option<Vec<Field<'d>>> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(self.text) else {
            return self.expected("an array");
        };
        if items.len() > max {
            return self.refuse(too_long, format!("{} elements; at most {max} are allowed", items.len()));
        }
        let place = |(at, item): (usize, &&'d RawValue)| Field {
            path: format!("{}/{at}", self.path),
            text: item.get(),
            issues: self.issues,
        };
        Some(items.iter().enumerate().map(place).collect())
    }

    /// Whether it is a string.
    pub(crate) fn is_text(&self) -> bool {
        self.text.starts_with('"')
    }

    /// The string.
    pub(crate) fn text(&self) -> Option<String> {
        match serde_json::from_str(self.text) {
            Ok(text) => Some(text),
            Err(_) if self.text.starts_with(|first: char| first.is_ascii_digit()) => {
                self.expected("a string (in YAML, put quotes around it)")
            }
            Err(_) => self.expected("a string"),
        }
    }

    /// A text for people or for comparison: not empty, at most so many characters.
    pub(crate) fn short_text(&self, chars_max: usize) -> Option<String> {
        let text = self.text()?;
        match text.chars().count() {
            0 => self.refuse("TEXT_INVALID", "empty; leave the field out instead"),
            length if length > chars_max => {
                self.refuse("TEXT_INVALID", format!("{length} characters; at most {chars_max} are allowed"))
            }
            _ => Some(text),
        }
    }

    /// A name of the given form.
    pub(crate) fn name(&self, form: Form) -> Option<Arc<str>> {
        let text = self.text()?;
        match form.fits(&text) {
            true => Some(text.into()),
            false => self.refuse("NAME_INVALID", format!("expected {}", form.as_str())),
        }
    }

    /// An array of names, each once.
    pub(crate) fn names(&self, form: Form, max: usize) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for item in self.list(max).unwrap_or_default() {
            let Some(name) = item.name(form) else { continue };
            if names.contains(&name) {
                item.refuse::<()>("LIST_REPEATS", format!("`{name}` stands here twice"));
            } else {
                names.push(name);
            }
        }
        names
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self) -> Option<bool> {
        serde_json::from_str(self.text).ok().or_else(|| self.expected("true or false"))
    }

    /// A whole number within a range.
    pub(crate) fn whole<N: TryFrom<u64> + PartialOrd + Display>(&self, range: RangeInclusive<N>) -> Option<N> {
        let number: serde_json::Number = self.number_text()?;
        let found = number.as_u64().and_then(|number| N::try_from(number).ok()).filter(|found| range.contains(found));
        found.or_else(|| self.out_of_range("a whole number", range.start(), range.end()))
    }

    /// A number within a range.
    pub(crate) fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let number: serde_json::Number = self.number_text()?;
        let found = number.as_f64().filter(|found| range.contains(found));
        found.or_else(|| self.out_of_range("a number", range.start(), range.end()))
    }

    fn number_text(&self) -> Option<serde_json::Number> {
        let starts_number = self.text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        match serde_json::from_str(self.text) {
            Ok(number) => Some(number),
            // A number that no machine number can hold.
            Err(_) if starts_number => self.refuse("NUMBER_OUT_OF_RANGE", "too large"),
            Err(_) => self.expected("a number"),
        }
    }

    /// A duration within a range.
    pub(crate) fn duration(&self, range: RangeInclusive<Duration>) -> Option<Duration> {
        let text = self.text()?;
        let Some(duration) = crate::parse_duration(&text) else {
            return self.refuse("DURATION_INVALID", "expected whole numbers with units, like 250ms, 5s or 1h30m");
        };
        match range.contains(&duration) {
            true => Some(duration),
            false => {
                let written = |bound: &Duration| crate::format_duration(*bound);
                self.out_of_range("a duration", &written(range.start()), &written(range.end()))
            }
        }
    }

    /// One of the values of a closed enum.
    pub(crate) fn choice<C: FromStr + Copy + Display + 'static>(&self, all: &'static [C]) -> Option<C> {
        let text = self.text()?;
        text.parse().ok().or_else(|| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            self.refuse("CHOICE_INVALID", format!("expected one of {}", all.join(", ")))
        })
    }

    /// The value exactly as it is written.
    pub(crate) fn verbatim(&self) -> Arc<str> {
        self.text.into()
    }

    fn out_of_range<T>(&self, what: &str, least: &dyn Display, most: &dyn Display) -> Option<T> {
        self.refuse("NUMBER_OUT_OF_RANGE", format!("expected {what} from {least} to {most}"))
    }

    fn expected<T>(&self, what: &str) -> Option<T> {
        self.refuse("FIELD_TYPE", format!("expected {what}"))
    }
}

/// The members of an object that were not read yet.
pub(crate) struct Object<'d> {
    path: String,
    fields: BTreeMap<String, &'d RawValue>,
    issues: &'d Issues,
}

impl<'d> Object<'d> {
    /// Takes a member, if it is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<Field<'d>> {
        let value = self.fields.remove(name)?;
        Some(self.place(name, value.get()))
    }

    /// Takes a member that must be there.
    pub(crate) fn require(&mut self, name: &str) -> Option<Field<'d>> {
        self.take(name).or_else(|| self.refuse_missing(name, format!("`{name}` is missing")))
    }

    /// Reports that a member is not there.
    pub(crate) fn refuse_missing<T>(&self, name: &str, message: impl Into<String>) -> Option<T> {
        self.place(name, "").refuse("FIELD_REQUIRED", message)
    }

    /// Takes a member that an object of this kind has no use for, and says so.
    pub(crate) fn refuse_field(&mut self, name: &str, why: &str) {
        if let Some(field) = self.take(name) {
            field.refuse::<()>("FIELD_UNSUPPORTED", why);
        }
    }

    /// Reports a problem with the object as a whole.
    pub(crate) fn refuse<T>(&self, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.issues.borrow_mut().push(Issue::error(self.path.clone(), code, message));
        None
    }

    /// What is left is unknown.
    pub(crate) fn finish(self) {
        for (name, value) in &self.fields {
            self.place(name, value.get()).refuse::<()>("FIELD_UNKNOWN", "there is no such field here");
        }
    }

    fn place(&self, name: &str, text: &'d str) -> Field<'d> {
        let token = name.replace('~', "~0").replace('/', "~1");
        Field { path: format!("{}/{token}", self.path), text, issues: self.issues }
    }
}

/// The form of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plans, functions, queues, policies, kinds of aggregates.
    Name,
    /// Steps: a key can stand in an expression.
    Key,
    /// Failure codes.
    Code,
}

impl Form {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "[a-z][a-z0-9_.-]{0,62}",
            Self::Key => "[a-z][a-z0-9_]{0,62}",
            Self::Code => "[A-Z][A-Z0-9_]{0,63}",
        }
    }

    fn fits(self, text: &str) -> bool {
        let length_max = if self == Self::Code { 64 } else { 63 };
        let first = |byte: u8| match self {
            Self::Code => byte.is_ascii_uppercase(),
            Self::Name | Self::Key => byte.is_ascii_lowercase(),
        };
        let later = |byte: u8| match byte {
            b'0'..=b'9' | b'_' => true,
            b'.' | b'-' => self == Self::Name,
            _ => first(byte),
        };
        text.len() <= length_max && text.bytes().next().is_some_and(first) && text.bytes().all(later)
    }
}
