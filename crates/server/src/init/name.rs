//! The name of a function.

use esteira_model::limits::NAME_BYTES_MAX;
use std::str::FromStr;

/// Names that are served already: by the engine, and by `esteira dev`.
const TAKEN: [&str; 6] = ["condition", "wait", "database.query", "http.request", "rdstation.get_leads", "transform"];

/// `[a-z][a-z0-9_.-]{0,62}`, and no function in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName(String);

impl FunctionName {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why it is no name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Characters that no name has, too many of them, or none.
    #[error("not of the form [a-z][a-z0-9_.-]{{0,{}}}", NAME_BYTES_MAX - 1)]
    Form,
    /// Another function has it.
    #[error("a function in the box: tasks of it would not come to this one alone")]
    Taken,
}

impl FromStr for FunctionName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let later = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        let fits = text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(later);
        if !fits || text.len() > NAME_BYTES_MAX {
            return Err(Error::Form);
        }
        if TAKEN.contains(&text) { Err(Error::Taken) } else { Ok(Self(text.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn names_are_those_of_the_contract() {
        let longest = "a".repeat(63);
        for name in ["a", "greet", "order.total", "a-b_c.9", &longest] {
            assert_eq!(name.parse().as_ref().map(FunctionName::as_str), Ok(name));
        }
        for name in ["", "Greet", "9a", "_a", ".a", "-a", "a b", "a/b", "á", "aá", "a\n", "a\"", &"a".repeat(64)] {
            assert_eq!(name.parse::<FunctionName>(), Err(Error::Form), "{name:?}");
        }
    }

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: esteira_functions::Flags,
    }

    #[test]
    fn no_function_in_the_box_is_written_again() {
        let settings = Line::parse_from(["x"]).flags.settings().expect("the defaults work");
        let in_the_box = esteira_functions::all(settings);
        let names = in_the_box.iter().map(|function| function.spec().name.to_string());
        let mut names: Vec<String> = names.chain(["condition".into(), "wait".into()]).collect();
        names.sort();
        let mut taken = TAKEN;
        taken.sort_unstable();
        assert_eq!(names, taken);
        assert!(taken.iter().all(|name| name.parse::<FunctionName>() == Err(Error::Taken)));
    }
}
