//! Typed JSON templates: JSON text in which some objects are operators.
//!
//! | operator | value |
//! | --- | --- |
//! | `{"$ref": "/input/id"}` | what the JSON Pointer leads to, its bytes copied as they are |
//! | `{"$cel": "input.n + 1"}` | the value of the expression |
//! | `{"$default": [a, b, ..]}` | the first of these that does not fail with EXPRESSION_MISSING_PATH |
//! | `{"$concat": [a, b, ..]}` | these strings, one after the other |
//! | `{"$literal": a}` | `a` as it is written, operators in it included |
//!
//! A template is compiled to the pieces of its own text around the operators, so that everything else,
//! numbers of any size included, comes out as it was written. A pointer begins with `/input`, `/item`,
//! `/steps/<key>/output`, `/job` or `/config`. A template that is one `$ref` to a whole payload is that
//! payload, which is then shared and may be binary.

mod compile;
mod render;

use crate::{
    cel::{Path, Program, Wanted},
    pointer::Token,
};

/// A template, compiled.
pub(crate) struct Template {
    parts: Parts,
    /// Everything that it reads, in the order of the source.
    paths: Vec<Path>,
    /// What its CEL expressions read, bound once for all of them.
    wanted: Wanted,
}

impl Template {
    /// Everything that it reads.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter()
    }
}

/// Text and operators, in order.
type Parts = Vec<Part>;

enum Part {
    /// JSON text that is copied.
    Text(Box<str>),
    Ref(Reference),
    Cel(Program),
    Default(Vec<Parts>),
    Concat(Vec<Parts>),
}

/// A pointer of a `$ref`.
struct Reference {
    /// As it is written, for messages.
    pointer: Box<str>,
    source: Source,
    /// The rest of the pointer, from the source on.
    tokens: Vec<Token>,
}

/// Where a pointer begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Input,
    Item,
    /// The output of the step with this key.
    Step(Box<str>),
    JobInput,
    /// The job without its input, or with it when all of the job is meant.
    Job,
    Config,
}
