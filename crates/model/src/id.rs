//! Newtype ids. UUIDs name what users name; integers name what only rows name.

use crate::uuid::Uuid;
use std::{fmt, str::FromStr};

/// Text that does not have the form of the value that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The form that was expected, for a message to a person.
    pub expected: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for Malformed {}

macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> { text.parse().map(Self) }
        }
    )+};
}

uuid_id! {
    /// A plan: the name under which versions are published.
    PlanId,
    /// One immutable published version of a plan.
    PlanVersionId,
    /// One execution of one plan version.
    JobId,
    /// One step on one item of data.
    TaskId,
}

/// The bytes that a task produced or was given; a time-ordered 63-bit integer, internal to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactId(pub i64);

/// A page of the ledger: leaves that were committed together; a time-ordered 63-bit integer, internal to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub i64);

/// Tenant. Everything belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub std::sync::Arc<str>);

impl AccountId {
    /// The tenant named so.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
