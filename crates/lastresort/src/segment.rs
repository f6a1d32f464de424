//! A segment: a file whose space was taken, zeroed and made durable before it is needed.

use crate::{
    medium::Medium,
    record::{BLOCK, SegmentId},
};
use esteira_model::Time;
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// Smallest and largest segment, in bytes.
pub const SEGMENT_BYTES_MIN: u64 = 64 << 10;
/// See [`SEGMENT_BYTES_MIN`].
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;

const MAGIC: &[u8; 4] = b"ESLS";
const VERSION: u16 = 1;
const PREFIX: &str = "segment-";
const SUFFIX: &str = ".lr";

/// What stands in a segment's first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Rises with each segment of a directory.
    pub number: u64,
    /// Random; in each of its records too.
    pub id: SegmentId,
    /// When it was made.
    pub create_time: Time,
    /// All of its bytes.
    pub bytes: u64,
}

impl SegmentHeader {
    fn encode(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[0..4].copy_from_slice(MAGIC);
        block[4..6].copy_from_slice(&VERSION.to_be_bytes());
        block[8..16].copy_from_slice(&self.number.to_be_bytes());
        block[16..24].copy_from_slice(&self.create_time.0.to_be_bytes());
        block[24..32].copy_from_slice(&self.bytes.to_be_bytes());
        block[32..48].copy_from_slice(&self.id);
        let checksum = crc32fast::hash(&block[..48]);
        block[48..52].copy_from_slice(&checksum.to_be_bytes());
        block
    }

    /// Reads the first block; none when it is damaged or of a version that is not known.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let block: &[u8; 52] = bytes.first_chunk()?;
        let number = |at: usize| Some(u64::from_be_bytes(block.get(at..at + 8)?.try_into().ok()?));
        let is_good = block[0..4] == *MAGIC
            && block[4..6] == VERSION.to_be_bytes()
            && block[48..52] == crc32fast::hash(&block[..48]).to_be_bytes();
        let id = block[32..48].try_into().ok()?;
        is_good.then_some(Self { number: number(8)?, id, create_time: Time(number(16)? as i64), bytes: number(24)? })
    }
}

/// A segment that is open for writing.
#[derive(Debug)]
pub(crate) struct Segment {
    pub header: SegmentHeader,
    file: File,
    /// Where the next record goes.
    position: u64,
}

impl Segment {
    /// Makes a segment: writes each of its bytes, so that the file system has nothing left to find for it, and syncs file
    /// and folder.
    pub fn create(folder: &Path, header: SegmentHeader, medium: &mut dyn Medium) -> io::Result<Self> {
        let path = path(folder, header.number);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let made = fill(&file, &header).and_then(|()| medium.sync(&file));
        // A segment that is not whole is none: space that cannot be had shows here, not when it is needed.
        if let Err(error) = made.and_then(|()| sync_folder(folder)) {
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        Ok(Self { header, file, position: BLOCK as u64 })
    }

    /// Opens a segment that an earlier process made and wrote nothing into.
    pub fn reopen(folder: &Path, number: u64, medium: &mut dyn Medium) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path(folder, number))?;
        let mut first = [0; BLOCK];
        file.read_exact_at(&mut first, 0)?;
        let header = SegmentHeader::decode(&first).ok_or(io::ErrorKind::InvalidData)?;
        medium.sync(&file)?;
        Ok(Self { header, file, position: BLOCK as u64 })
    }

    /// Bytes behind the last record.
    pub fn room(&self) -> u64 {
        self.header.bytes.saturating_sub(self.position)
    }

    /// Puts a whole record at the next place and makes it durable.
    pub fn append(&mut self, stored: &[u8], medium: &mut dyn Medium) -> io::Result<()> {
        medium.write_at(&self.file, stored, self.position)?;
        medium.sync(&self.file)?;
        self.position += stored.len() as u64;
        Ok(())
    }
}

fn fill(mut file: &File, header: &SegmentHeader) -> io::Result<()> {
    file.write_all(&header.encode())?;
    write_zeros(file, header.bytes - BLOCK as u64)
}

/// Writes zeros where the file stands: space that is only promised may turn out not to be there.
pub(crate) fn write_zeros(mut file: &File, bytes: u64) -> io::Result<()> {
    const ZEROS: &[u8] = &[0; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(ZEROS.len() as u64);
        file.write_all(&ZEROS[..count as usize])?;
        left -= count;
    }
    Ok(())
}

/// Makes names durable: those of new files and the absence of old ones.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Where a segment is.
pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{number:020}{SUFFIX}"))
}

/// The numbers of a folder's segments, in order.
pub(crate) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = |name: &str| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse::<u64>().ok();
        numbers.extend(name.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
