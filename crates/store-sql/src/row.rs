//! What a statement returns, read from left to right.

use crate::dialect::RawRow;
use esteira_model::{AccountId, Time, Uuid};
use esteira_store::{Error, Kind, Result};
use std::{str::FromStr, sync::Arc, time::Duration};

/// A returned row.
pub(crate) struct Row(pub(crate) RawRow);

impl Row {
    /// Its values, from the first on.
    pub(crate) fn cells(&self) -> Cells<'_> {
        Cells { row: &self.0, next: 0 }
    }
}

/// Takes the values of a row in the order of the SELECT list, so that the list and the decoder read alike.
pub(crate) struct Cells<'r> {
    row: &'r RawRow,
    next: usize,
}

fn defect(column: usize, what: &str) -> Error {
    Error::new(Kind::Defect, format!("column {column} of a row is not {what}"))
}

impl<'r> Cells<'r> {
    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// Leaves out columns that this row does not use.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    /// An integer or NULL.
    pub(crate) fn opt_i64(&mut self) -> Result<Option<i64>> {
        let at = self.advance();
        self.row.i64(at)
    }

    /// An integer.
    pub(crate) fn i64(&mut self) -> Result<i64> {
        let at = self.next;
        self.opt_i64()?.ok_or_else(|| defect(at, "an integer"))
    }

    /// An integer that fits a smaller type.
    pub(crate) fn int<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let at = self.next;
        T::try_from(self.i64()?).map_err(|_| defect(at, "in range"))
    }

    /// 0 or 1.
    pub(crate) fn bool(&mut self) -> Result<bool> {
        Ok(self.i64()? != 0)
    }

    /// An instant.
    pub(crate) fn time(&mut self) -> Result<Time> {
        self.i64().map(Time)
    }

    /// An instant or NULL.
    pub(crate) fn opt_time(&mut self) -> Result<Option<Time>> {
        Ok(self.opt_i64()?.map(Time))
    }

    /// A length of time, stored in microseconds.
    pub(crate) fn duration(&mut self) -> Result<Duration> {
        self.int::<u64>().map(Duration::from_micros)
    }

    /// Text or NULL.
    pub(crate) fn opt_text(&mut self) -> Result<Option<&'r str>> {
        let at = self.advance();
        self.row.text(at)
    }

    /// Text.
    pub(crate) fn text(&mut self) -> Result<&'r str> {
        let at = self.next;
        self.opt_text()?.ok_or_else(|| defect(at, "text"))
    }

    /// Text, owned.
    pub(crate) fn string(&mut self) -> Result<String> {
        self.text().map(str::to_owned)
    }

    /// Text, shared.
    pub(crate) fn shared(&mut self) -> Result<Arc<str>> {
        self.text().map(Arc::from)
    }

    /// A tenant.
    pub(crate) fn account(&mut self) -> Result<AccountId> {
        self.shared().map(AccountId)
    }

    /// The text form of a closed enum.
    pub(crate) fn parse<T: FromStr>(&mut self) -> Result<T> {
        let at = self.next;
        self.text()?.parse().map_err(|_| defect(at, std::any::type_name::<T>()))
    }

    /// Bytes or NULL.
    pub(crate) fn opt_blob(&mut self) -> Result<Option<&'r [u8]>> {
        let at = self.advance();
        self.row.blob(at)
    }

    /// Bytes.
    pub(crate) fn blob(&mut self) -> Result<&'r [u8]> {
        let at = self.next;
        self.opt_blob()?.ok_or_else(|| defect(at, "bytes"))
    }

    /// Exactly this many bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let at = self.next;
        self.blob()?.try_into().map_err(|_| defect(at, "of its length"))
    }

    /// An integer that fits a smaller type, or NULL.
    pub(crate) fn opt_int<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let at = self.next;
        self.opt_i64()?.map(|value| T::try_from(value).map_err(|_| defect(at, "in range"))).transpose()
    }

    /// Exactly this many bytes, or NULL.
    pub(crate) fn opt_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>> {
        let at = self.next;
        self.opt_blob()?.map(|bytes| bytes.try_into().map_err(|_| defect(at, "of its length"))).transpose()
    }

    /// An id.
    pub(crate) fn uuid(&mut self) -> Result<Uuid> {
        self.bytes().map(Uuid::from_bytes)
    }

    /// An id or NULL.
    pub(crate) fn opt_uuid(&mut self) -> Result<Option<Uuid>> {
        let at = self.next;
        match self.opt_blob()? {
            Some(bytes) => bytes.try_into().map(|b| Some(Uuid::from_bytes(b))).map_err(|_| defect(at, "an id")),
            None => Ok(None),
        }
    }
}
