//! Pages: a cursor is the key of the last row, so rows that come or go do not shift the pages after it.

use esteira_store::{Error, Kind, Page, Paged, Result};

/// How many rows to read for a page: one more than it has shows whether there is a next one.
pub(super) fn rows_to_read(page: &Page) -> usize {
    page.size.max(1).saturating_add(1)
}

/// Cuts what was read to the page, with the cursor of the next one.
pub(super) fn paged<T>(mut rows: Vec<T>, page: &Page, cursor: impl Fn(&T) -> Vec<u8>) -> Paged<T> {
    let size = page.size.max(1);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = if more { rows.last().map(cursor) } else { None };
    Paged { rows, next }
}

fn malformed() -> Error {
    Error::new(Kind::UnknownField, "the page cursor is not one of this list")
}

/// A cursor of fixed length.
pub(super) fn fixed<const N: usize>(page: &Page) -> Result<Option<[u8; N]>> {
    page.after.as_deref().map(|bytes| bytes.try_into().map_err(|_| malformed())).transpose()
}

/// A cursor that is an integer.
pub(super) fn int(page: &Page) -> Result<Option<i64>> {
    Ok(fixed(page)?.map(i64::from_be_bytes))
}

/// A cursor that is text.
pub(super) fn text(page: &Page) -> Result<Option<&str>> {
    page.after.as_deref().map(|bytes| std::str::from_utf8(bytes).map_err(|_| malformed())).transpose()
}
