//! How values become bytes: one form for each value, and nothing else is read back (INV-VALIDATE).
//!
//! Lengths and counts are LEB128 in their shortest form; texts and lists carry theirs; times and fences are eight bytes,
//! big-endian; hashes and ids are their bytes; an absent value is a zero byte, a present one follows a one.

use crate::hash::Hash;
use esteira_model::{ItemPath, JobId, PlanVersionId, TaskId, Time, Uuid};

/// Why bytes are not a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// They do not begin as a leaf does.
    #[error("not a leaf: it does not begin with `ESL`")]
    NotALeaf,
    /// A version that this code does not know.
    #[error("a leaf of version {0}, which is not known")]
    UnknownVersion(u8),
    /// A kind that this version does not have.
    #[error("a leaf of kind {0}, which is not known")]
    UnknownKind(u8),
    /// They end before the field does.
    #[error("the leaf ends within `{field}`")]
    Truncated {
        /// Where.
        field: &'static str,
    },
    /// A number in a longer form than it needs, or larger than its type.
    #[error("`{field}` is not in its one canonical form")]
    NotCanonical {
        /// Where.
        field: &'static str,
    },
    /// A text that is not UTF-8.
    #[error("`{field}` is not UTF-8")]
    NotUtf8 {
        /// Where.
        field: &'static str,
    },
    /// A value that the field does not have.
    #[error("`{field}` has no value {code}")]
    UnknownCode {
        /// Where.
        field: &'static str,
        /// What stands there.
        code: u8,
    },
    /// Bytes behind the last field.
    #[error("{bytes} bytes behind the leaf's end")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// More than `LEAF_BYTES_MAX`.
    #[error("a leaf of {bytes} bytes: more than {max}", max = crate::leaf::LEAF_BYTES_MAX)]
    TooLarge {
        /// How many.
        bytes: usize,
    },
}

/// Reads fields off the front of bytes, and remembers which one, for the error.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    field: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, field: "kind" }
    }

    pub(crate) fn field<T: Field<'a>>(&mut self, name: &'static str) -> Result<T, Error> {
        self.field = name;
        T::take(self)
    }

    pub(crate) fn end(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::Trailing { bytes: self.rest.len() }) }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Error::Truncated { field: self.field })?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Error::Truncated { field: self.field })?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn unknown(&self, code: u8) -> Error {
        Error::UnknownCode { field: self.field, code }
    }

    fn not_canonical(&self) -> Error {
        Error::NotCanonical { field: self.field }
    }

    /// A count of things of at least one byte each: what is left bounds it, before anything is allocated.
    fn count(&mut self) -> Result<usize, Error> {
        let count = u64::take(self)?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.rest.len())
            .ok_or(Error::Truncated { field: self.field })
    }
}

/// A value with one form in bytes.
pub trait Field<'a>: Sized {
    /// Appends the form.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads it back; anything but the form is refused.
    fn take(from: &mut Reader<'a>) -> Result<Self, Error>;
}

impl<'a> Field<'a> for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = from.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(from.not_canonical());
            }
            value |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 { Err(from.not_canonical()) } else { Ok(value) };
            }
        }
        Err(from.not_canonical())
    }
}

impl<'a> Field<'a> for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        u64::from(*self).put(out);
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        u64::take(from)?.try_into().map_err(|_| from.not_canonical())
    }
}

impl<'a> Field<'a> for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        from.array().map(Self::from_be_bytes)
    }
}

impl<'a> Field<'a> for &'a str {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend(self.as_bytes());
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        let count = from.count()?;
        let bytes = from.bytes(count)?;
        std::str::from_utf8(bytes).map_err(|_| Error::NotUtf8 { field: from.field })
    }
}

impl<'a> Field<'a> for Time {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        i64::take(from).map(Self)
    }
}

impl<'a> Field<'a> for Hash {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.0);
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        from.array().map(Self)
    }
}

macro_rules! ids {
    ($($name:ident),+) => {$(
        impl<'a> Field<'a> for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.0.as_bytes());
            }

            fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
                from.array().map(|bytes| Self(Uuid::from_bytes(bytes)))
            }
        }
    )+};
}
ids!(JobId, TaskId, PlanVersionId);

impl<'a> Field<'a> for ItemPath {
    fn put(&self, out: &mut Vec<u8>) {
        (self.0.len() as u64).put(out);
        self.0.iter().for_each(|index| index.put(out));
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        Vec::take(from).map(Self)
    }
}

impl<'a, T: Field<'a>> Field<'a> for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        let count = from.count()?;
        // Grows as items are read: a count is a claim until its items are there.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(T::take(from)?);
        }
        Ok(items)
    }
}

impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.put(out);
            }
        }
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        match from.byte()? {
            0 => Ok(None),
            1 => T::take(from).map(Some),
            code => Err(from.unknown(code)),
        }
    }
}

impl<'a> Field<'a> for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            code => Err(from.unknown(code)),
        }
    }
}
