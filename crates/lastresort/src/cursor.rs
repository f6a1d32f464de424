//! How far a folder's records were ingested: two blocks of a file that has its space, written in turns, so that a full disk
//! does not stop an ingest and a torn write loses one turn at most.

use crate::{
    record::BLOCK,
    segment::{sync_folder, write_zeros},
};
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

const NAME: &str = "cursor";
const MAGIC: &[u8; 4] = b"ESLC";
const VERSION: u16 = 1;
const SLOT: usize = 20;

/// The number of the last record that was ingested; 0 for none, and when both turns are damaged: ingesting again is harmless.
pub(crate) fn read(folder: &Path) -> io::Result<u64> {
    let bytes = match std::fs::read(folder.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        read => read?,
    };
    Ok(slots(&bytes).into_iter().flatten().max().unwrap_or(0))
}

/// Takes the space, so that [`write`] needs none.
pub(crate) fn create(folder: &Path) -> io::Result<()> {
    let path = folder.join(NAME);
    if path.metadata().is_ok_and(|metadata| metadata.len() == 2 * BLOCK as u64) {
        return Ok(());
    }
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    write_zeros(&file, 2 * BLOCK as u64)?;
    file.sync_all()?;
    sync_folder(folder)
}

/// Durable when it returns.
pub(crate) fn write(folder: &Path, sequence: u64) -> io::Result<()> {
    create(folder)?;
    let path = folder.join(NAME);
    let turns = slots(&std::fs::read(&path)?);
    // The newer turn is the one that must survive.
    let turn = usize::from(turns[0] > turns[1]);
    let file = File::options().write(true).open(path)?;
    file.write_all_at(&encode(sequence), (turn * BLOCK) as u64)?;
    file.sync_data()
}

fn encode(sequence: u64) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    slot[0..4].copy_from_slice(MAGIC);
    slot[4..6].copy_from_slice(&VERSION.to_be_bytes());
    slot[8..16].copy_from_slice(&sequence.to_be_bytes());
    let checksum = crc32fast::hash(&slot[..16]);
    slot[16..20].copy_from_slice(&checksum.to_be_bytes());
    slot
}

fn slots(bytes: &[u8]) -> [Option<u64>; 2] {
    [0, BLOCK].map(|at| {
        let slot = bytes.get(at..at + SLOT)?;
        let sequence = u64::from_be_bytes(slot[8..16].try_into().ok()?);
        (slot == encode(sequence)).then_some(sequence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_taken_and_a_damaged_one_loses_one_step() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()).expect("readable"), 0);
        for sequence in 1..=5 {
            write(folder.path(), sequence).expect("writable");
            assert_eq!(read(folder.path()).expect("readable"), sequence);
        }
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).expect("readable");
        assert_eq!(whole.len(), 2 * BLOCK);
        for at in 0..2 * BLOCK {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            let found = slots(&damaged).into_iter().flatten().max();
            assert!(matches!(found, Some(4 | 5)), "byte {at}: {found:?}");
        }
    }
}
