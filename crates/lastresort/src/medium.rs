//! The two calls on which everything rests, as a port: tests make them fail.

use std::{fs::File, io, os::unix::fs::FileExt};

/// How bytes get onto a medium.
pub trait Medium: Send {
    /// Writes all bytes at a place: one `pwrite`, more only when the kernel takes less.
    ///
    /// # Errors
    /// Those of the call.
    fn write_at(&mut self, file: &File, bytes: &[u8], position: u64) -> io::Result<()>;

    /// Makes the file's data durable.
    ///
    /// # Errors
    /// Those of the call. After one the file is not trusted again: the kernel may have dropped what it could not write,
    /// and another call would say that all is well.
    fn sync(&mut self, file: &File) -> io::Result<()>;
}

/// The real one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Medium for Disk {
    fn write_at(&mut self, file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
        file.write_all_at(bytes, position)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
