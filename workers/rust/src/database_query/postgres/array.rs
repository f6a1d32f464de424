//! Arrays of PostgreSQL: dimensions, a flag for nulls, the type of the elements, then each with its length.

use crate::database_query::postgres::decode;
use sqlx::postgres::PgTypeInfo;

/// Deepest array that is read; also PostgreSQL's own limit.
const DIMENSIONS_MAX: usize = 6;

/// Reads bytes from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// Appends an array as JSON, nested once for each dimension.
pub(crate) fn json(element: &PgTypeInfo, bytes: &[u8], out: &mut String) -> Option<()> {
    let mut bytes = Bytes(bytes);
    let dimensions = usize::try_from(bytes.int()?).ok().filter(|dimensions| *dimensions <= DIMENSIONS_MAX)?;
    bytes.take(8)?;
    let mut lengths = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        lengths.push(usize::try_from(bytes.int()?).ok()?);
        bytes.take(4)?;
    }
    if lengths.is_empty() {
        out.push_str("[]");
        return Some(());
    }
    level(element, &lengths, &mut bytes, out)
}

fn level(element: &PgTypeInfo, lengths: &[usize], bytes: &mut Bytes<'_>, out: &mut String) -> Option<()> {
    let Some((length, inner)) = lengths.split_first() else {
        return match bytes.int()? {
            -1 => {
                out.push_str("null");
                Some(())
            }
            length => decode::json(element, bytes.take(usize::try_from(length).ok()?)?, out),
        };
    };
    out.push('[');
    for index in 0..*length {
        if index > 0 {
            out.push(',');
        }
        level(element, inner, bytes, out)?;
    }
    out.push(']');
    Some(())
}

/// The bytes of an array of one dimension.
pub(crate) fn encode(element_oid: u32, items: &[Option<Vec<u8>>]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let has_null = i32::from(items.iter().any(Option::is_none));
    out.extend_from_slice(&i32::from(!items.is_empty()).to_be_bytes());
    out.extend_from_slice(&has_null.to_be_bytes());
    out.extend_from_slice(&element_oid.to_be_bytes());
    if !items.is_empty() {
        out.extend_from_slice(&i32::try_from(items.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&1_i32.to_be_bytes());
    }
    for item in items {
        match item {
            None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
            Some(bytes) => {
                out.extend_from_slice(&i32::try_from(bytes.len()).ok()?.to_be_bytes());
                out.extend_from_slice(bytes);
            }
        }
    }
    Some(out)
}
