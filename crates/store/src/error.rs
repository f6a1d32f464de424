//! What a store can answer instead of a result. Not found is `Ok(None)`, never an error.

/// The result of a verb.
pub type Result<T> = std::result::Result<T, Error>;

/// What an error means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The database cannot be reached or does not accept work now; the same call may succeed later.
    Unavailable,
    /// Another transaction changed what this one read; run the unit again on a fresh snapshot.
    Conflict,
    /// A unique name or id is taken; the call can never succeed.
    Duplicate,
    /// COMMIT was sent and its answer was lost: read the command's id before trying again.
    CommitUnknown,
    /// The database holds something that this version cannot read, or refuses a statement of ours.
    Defect,
    /// A filter names a field that this verb does not know.
    UnknownField,
}

/// An error with its kind and a text for the log and for who starts the coordinator; the text never holds payload bytes.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What it means for the caller.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}
