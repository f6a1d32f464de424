//! A copy of the store's key beside the records: without it a coordinator that starts while the store is gone could not
//! tell the leases of its own from anybody's. Who can read it can read the records too (ADR 0012).

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

const NAME: &str = "key";
const MAGIC: &[u8; 4] = b"ESLK";
const KEY_BYTES: usize = 32;

/// The key; none when there is none, or not a whole one.
pub(super) fn read(folder: &Path) -> Option<[u8; KEY_BYTES]> {
    let bytes = fs::read(folder.join(NAME)).ok()?;
    bytes.strip_prefix(MAGIC)?.try_into().ok()
}

/// Keeps the key, for its owner's eyes alone. Durable when it returns.
pub(super) fn write(folder: &Path, key: &[u8; KEY_BYTES]) -> io::Result<()> {
    if read(folder).as_ref() == Some(key) {
        return Ok(());
    }
    let unfinished = folder.join("key.tmp");
    let mut options = File::options();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(MAGIC)?;
    file.write_all(key)?;
    file.sync_all()?;
    fs::rename(unfinished, folder.join(NAME))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_kept_whole_or_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()), None);
        for key in [[1; KEY_BYTES], [2; KEY_BYTES]] {
            write(folder.path(), &key).expect("writable");
            assert_eq!(read(folder.path()), Some(key));
        }
        let path = folder.path().join(NAME);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, b"ESLKcut").expect("writable");
        assert_eq!(read(folder.path()), None);
    }
}
