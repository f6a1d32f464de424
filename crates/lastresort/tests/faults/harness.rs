//! Folders, records, and a medium that fails on command.

use esteira_lastresort::{Cascade, Disk, Medium, Record, Settings};
use esteira_model::Time;
use std::{
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex},
};

pub const NOW: Time = Time(1_795_415_400_000_000);
pub const SEGMENT: u64 = 256 << 10;

pub fn settings(folder: &Path) -> Settings {
    let payload_bytes = 16 << 10;
    Settings { folder: folder.to_owned(), durable: true, segments: 2, segment_bytes: SEGMENT, payload_bytes }
}

pub fn cascade_on(settings: Vec<Settings>, medium: impl Medium + 'static) -> Cascade {
    Cascade::open(settings, NOW, ids(), Box::new(medium)).expect("folders that can be written")
}

pub fn cascade(folder: &Path) -> Cascade {
    cascade_on(vec![settings(folder)], Disk)
}

/// Ids that differ within a test run; in production they are random.
pub fn ids() -> Box<dyn FnMut() -> [u8; 16] + Send> {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    Box::new(|| {
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut id = [0x5a; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        id
    })
}

/// Bytes of which no block is empty.
pub fn payload(number: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at as u8).wrapping_mul(31).wrapping_add(number) | 1).collect()
}

pub fn record(number: u8, payload: &[u8]) -> Record<'_> {
    Record { kind: 7, id: [number; 16], time: Time(NOW.0 + i64::from(number)), payload }
}

pub fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let is_segment = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "lr");
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut segments: Vec<_> = entries.filter(is_segment).collect();
    segments.sort();
    segments
}

/// What a medium was asked for, by the file's inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Write(u64),
    Sync(u64),
}

/// Fails when it is told to, and remembers each call.
#[derive(Clone, Default)]
pub struct Faulty {
    pub calls: Arc<Mutex<Vec<Call>>>,
    /// The next so many calls succeed, then one fails with this error.
    pub next: Arc<Mutex<Option<(usize, i32)>>>,
}

impl Faulty {
    pub fn fail_after(&self, calls: usize, error: i32) {
        *self.next.lock().expect("no panic") = Some((calls, error));
    }

    fn call(&self, call: Call) -> io::Result<()> {
        self.calls.lock().expect("no panic").push(call);
        let mut next = self.next.lock().expect("no panic");
        match &mut *next {
            Some((0, error)) => {
                let error = io::Error::from_raw_os_error(*error);
                *next = None;
                Err(error)
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Medium for Faulty {
    fn write_at(&mut self, file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
        self.call(Call::Write(file.metadata()?.ino()))?;
        Disk.write_at(file, bytes, position)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        self.call(Call::Sync(file.metadata()?.ino()))?;
        Disk.sync(file)
    }
}
