//! What stands in a file of vectors. `tests/vectors/README.md` describes each kind.

mod plans;
mod texts;
mod trace;

pub use plans::{Document, DocumentCase, Issue, Refusal, RefusedCase};
pub use texts::{
    Bytes, Digest, DigestCase, DurationCase, EchoCase, Echoed, EnumCase, ErrorCase, JobVariable, Kept, Length, Raised,
    RaisedType, Rendered, Reported, TemplateCase, TruncateCase, Variables,
};
pub use trace::{Failure, Message, Must, Task, Trace, TraceCase, Verdict};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What its cases are about.
    pub about: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case: what is given and what must come of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Case {
    /// A plan runs to its end.
    Trace(Box<TraceCase>),
    /// A plan or an input is refused before anything runs.
    Refused(RefusedCase),
    /// The digest of a payload.
    Digest(DigestCase),
    /// A template builds a value.
    Template(TemplateCase),
    /// What a function raises, and the failure that is reported.
    Error(ErrorCase),
    /// A long message is cut at the end of a code point.
    Truncate(TruncateCase),
    /// A duration of a plan document.
    Duration(DurationCase),
    /// A value survives decoding and encoding, or is refused.
    Echo(EchoCase),
    /// A number that the contract does not know yet.
    Enum(EnumCase),
    /// A document is read and written again.
    Document(DocumentCase),
}

impl Case {
    /// Its name, unique among all files.
    pub fn name(&self) -> &str {
        match self {
            Self::Trace(case) => &case.name,
            Self::Refused(case) => &case.name,
            Self::Digest(case) => &case.name,
            Self::Template(case) => &case.name,
            Self::Error(case) => &case.name,
            Self::Truncate(case) => &case.name,
            Self::Duration(case) => &case.name,
            Self::Echo(case) => &case.name,
            Self::Enum(case) => &case.name,
            Self::Document(case) => &case.name,
        }
    }
}

/// Bytes of one of three kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// JSON text, verbatim.
    Json(String),
    /// Bytes as Base64.
    Binary(String),
    /// No data; always `true`.
    None(bool),
}

/// Which aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Its kind.
    pub r#type: String,
    /// Its identity.
    pub id: String,
    /// Its version.
    pub version: i64,
}

/// What a job starts with. Absent keys mean empty.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The data.
    pub input: Payload,
    /// The aggregate to move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// Whose account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Headers of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Labels of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}
