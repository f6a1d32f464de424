//! The number of each value of a closed set. Numbers are for ever: one that was given is never given again.

use crate::{
    json::Show,
    verdict::Verdict,
    wire::{Error, Field, Reader},
};
use esteira_model::{DataClass, FailureKind, JobState, LineageKind};
use serde_json::Value;

macro_rules! codes {
    ($($type:ident { $($value:ident = $code:literal),+ $(,)? })+) => {$(
        impl<'a> Field<'a> for $type {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$value => $code),+ });
            }

            fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
                match from.byte()? {
                    $($code => Ok(Self::$value),)+
                    code => Err(from.unknown(code)),
                }
            }
        }

        impl Show for $type {
            fn show(&self) -> Value {
                self.as_str().into()
            }
        }
    )+};
}

/// Why bodies were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemovalCause {
    /// An operator purged jobs of the class QA or DEVTEST.
    Purge,
    /// A request for privacy.
    Erasure,
    /// The retention policy of the project.
    Retention,
}

impl RemovalCause {
    /// Its stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purge => "PURGE",
            Self::Erasure => "ERASURE",
            Self::Retention => "RETENTION",
        }
    }
}

/// What was decided about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It was carried out, or tried.
    Allowed,
    /// It was refused before anything was done.
    Denied,
}

impl Decision {
    /// Its stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "ALLOWED",
            Self::Denied => "DENIED",
        }
    }
}

codes! {
    DataClass { Production = 1, Qa = 2, Devtest = 3 }
    JobState {
        Pending = 1,
        Running = 2,
        Paused = 3,
        Cancelling = 4,
        Succeeded = 5,
        Failed = 6,
        Cancelled = 7,
        TimedOut = 8,
    }
    LineageKind { Direct = 1, SubPlan = 2, Reprocess = 3 }
    FailureKind { Retryable = 1, NonRetryable = 2, Timeout = 3, Cancelled = 4, LeaseExpired = 5, Protocol = 6 }
    RemovalCause { Purge = 1, Erasure = 2, Retention = 3 }
    Decision { Allowed = 1, Denied = 2 }
    Verdict {
        Valid = 1,
        ValidNotAnchored = 2,
        MismatchContent = 3,
        MismatchLeaf = 4,
        ChainBroken = 5,
        NotIncluded = 6,
        Erased = 7,
        Unknown = 8,
    }
}
