//! A leaf: one thing that happened, as bytes of one form, so that anybody can hash them again.
//!
//! `ESL`, the version, the kind, then the fields of the kind in the order in which [`crate::kinds`] declares them.

use crate::{
    hash::{Hash, leaf_hash},
    hashes::Hashes,
    json::Show,
    kinds::{
        AttemptEnded, BodiesRemoved, EpochDeclared, JobEnded, JobReprocessed, JobStarted, OperatorActed,
        VerificationPerformed,
    },
    wire::{Error, Field, Reader},
};
use esteira_model::JobId;
use serde_json::Value;

/// Largest leaf, in bytes. What the limits of the contract allow is a third of it.
pub const LEAF_BYTES_MAX: usize = 64 << 10;

const MAGIC: &[u8; 3] = b"ESL";
const VERSION: u8 = 1;

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $code:literal),+ $(,)?) => {
        /// Anything that the ledger records. Texts are borrowed from where the leaf was made or read.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Leaf<'a> { $($(#[$meta])* $kind(Box<$kind<'a>>)),+ }

        impl<'a> Leaf<'a> {
            /// Appends the leaf's bytes.
            ///
            /// # Errors
            /// [`Error::TooLarge`]; `out` is then as it was.
            pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), Error> {
                let begin = out.len();
                out.extend(MAGIC);
                out.push(VERSION);
                match self {
                    $(Self::$kind(fields) => {
                        out.push($code);
                        fields.put(out);
                    })+
                }
                let bytes = out.len() - begin;
                if bytes > LEAF_BYTES_MAX {
                    out.truncate(begin);
                    return Err(Error::TooLarge { bytes });
                }
                Ok(())
            }

            /// Reads a leaf. What any other bytes could mean is refused.
            ///
            /// # Errors
            /// The first thing that is not as it must be.
            pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
                if bytes.len() > LEAF_BYTES_MAX {
                    return Err(Error::TooLarge { bytes: bytes.len() });
                }
                let rest = bytes.strip_prefix(MAGIC).ok_or(Error::NotALeaf)?;
                let mut reader = Reader::new(rest);
                let version = reader.byte()?;
                if version != VERSION {
                    return Err(Error::UnknownVersion(version));
                }
                let leaf = match reader.byte()? {
                    $($code => Self::$kind(Box::new(Field::take(&mut reader)?)),)+
                    code => return Err(Error::UnknownKind(code)),
                };
                reader.end()?;
                Ok(leaf)
            }

            /// The leaves from which this one follows.
            pub fn parents(&self) -> &Hashes {
                match self { $(Self::$kind(fields) => &fields.parents),+ }
            }

            /// The same leaf with other parents.
            #[must_use]
            pub fn with_parents(mut self, parents: Hashes) -> Self {
                match &mut self { $(Self::$kind(fields) => fields.parents = parents),+ }
                self
            }

            /// The kind's name.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => stringify!($kind)),+ }
            }

            /// The leaf as JSON, for people and exports: `kind` and the fields by their names.
            pub fn to_json(&self) -> Value {
                let mut json = match self { $(Self::$kind(fields) => fields.show()),+ };
                json["kind"] = self.kind().into();
                json
            }

            /// The first field in which two leaves differ, or `kind`; none when they are equal.
            pub fn first_difference(&self, other: &Self) -> Option<&'static str> {
                match (self, other) {
                    $((Self::$kind(one), Self::$kind(another)) => one.first_difference(another),)+
                    _ => Some("kind"),
                }
            }
        }

        $(impl<'a> From<$kind<'a>> for Leaf<'a> {
            fn from(fields: $kind<'a>) -> Self {
                Self::$kind(Box::new(fields))
            }
        })+
    };
}

kinds! {
    /// A job was accepted.
    JobStarted = 1,
    /// An attempt ended, whatever its outcome.
    AttemptEnded = 2,
    /// A job ended.
    JobEnded = 3,
    /// A job continues another one; the first leaf of the new job.
    JobReprocessed = 4,
    /// Somebody verified something.
    VerificationPerformed = 5,
    /// An operator did something, or read a body, or was refused.
    OperatorActed = 6,
    /// Bodies were removed: the certificate of it.
    BodiesRemoved = 7,
    /// An operator declared that the log goes on from what is there, although an anchor knows more.
    EpochDeclared = 8,
}

impl Leaf<'_> {
    /// The leaf's bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(320);
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// The leaf's place in the log and in its children is under this hash.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn hash(&self) -> Result<Hash, Error> {
        Ok(leaf_hash(&self.encode()?))
    }

    /// The bodies that the leaf says were read, or were given in place of others.
    pub fn inputs(&self) -> Option<&Hashes> {
        match self {
            Self::JobStarted(fields) => Some(&fields.inputs),
            Self::AttemptEnded(fields) => Some(&fields.inputs),
            Self::JobReprocessed(fields) => Some(&fields.overrides),
            _ => None,
        }
    }

    /// The bodies that the leaf says were produced.
    pub fn outputs(&self) -> Option<&Hashes> {
        match self {
            Self::AttemptEnded(fields) => Some(&fields.outputs),
            Self::JobEnded(fields) => Some(&fields.results),
            _ => None,
        }
    }

    /// The job that the leaf is about; none for what is about no job.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::JobStarted(fields) => Some(fields.job),
            Self::AttemptEnded(fields) => Some(fields.job),
            Self::JobEnded(fields) => Some(fields.job),
            Self::JobReprocessed(fields) => Some(fields.job),
            Self::BodiesRemoved(fields) => Some(fields.job),
            Self::VerificationPerformed(_) | Self::OperatorActed(_) | Self::EpochDeclared(_) => None,
        }
    }
}
