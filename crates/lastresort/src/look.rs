//! What lies in a folder, whoever writes to it: nothing is changed and nothing is locked.

use crate::{
    cursor,
    ingest::Item,
    scan::{Found, scan},
    segment,
};
use std::{collections::BTreeMap, io, path::Path};

/// The records of a folder that are not ingested yet, by sequence. What is being written may be left out, and so is what cannot be read: an
/// ingest tells of it.
///
/// # Errors
/// When the folder cannot be read.
pub fn look(folder: &Path) -> io::Result<Vec<Item>> {
    let ingested = cursor::read(folder)?;
    let mut found = BTreeMap::new();
    for number in segment::numbers(folder)? {
        let bytes = match std::fs::read(segment::path(folder, number)) {
            // Its last record was ingested meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read?,
        };
        for record in scan(&bytes).found {
            if let Found::Record { numbered, .. } = record
                && numbered.sequence > ingested
            {
                let item = Item { sequence: numbered.sequence, record: numbered.record.into() };
                found.insert(item.sequence, item);
            }
        }
    }
    Ok(found.into_values().collect())
}
