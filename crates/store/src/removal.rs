//! Bodies that are gone, and what certifies it.

use esteira_model::{AccountId, ArtifactId, DataClass, JobId, LeafAt, Time};
use std::{fmt, str::FromStr};

/// Why bodies were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// An operator removed what was tried out.
    Purge,
    /// Somebody asked for the data of a job to be erased.
    Erasure,
    /// The jobs were kept no longer.
    Retention,
}

impl Cause {
    /// Every cause.
    pub const ALL: &[Self] = &[Self::Purge, Self::Erasure, Self::Retention];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purge => "PURGE",
            Self::Erasure => "ERASURE",
            Self::Retention => "RETENTION",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Cause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|cause| cause.as_str() == text).copied().ok_or(())
    }
}

/// That bodies of a job were removed, and where the certificate of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The job.
    pub job: JobId,
    /// Why.
    pub cause: Cause,
    /// Counts from 0, in a job and cause.
    pub number: u32,
    /// Whose bodies, in ascending order; none = the whole job went, with its rows.
    pub artifacts: Vec<ArtifactId>,
    /// The job's label.
    pub data_class: DataClass,
    /// When.
    pub time: Time,
    /// The certificate.
    pub leaf_at: LeafAt,
}

/// A job whose rows begin to be removed: from here on it is certified as gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The job.
    pub job: JobId,
    /// Tenant.
    pub account: AccountId,
    /// Its label.
    pub data_class: DataClass,
}

/// Bodies that a unit removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemovedBodies {
    /// How many artifacts lost their body.
    pub artifacts: u64,
    /// Bytes of bodies that nothing refers to any more.
    pub bytes: u64,
}
