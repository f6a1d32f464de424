//! Where the last resort of a coordinator is, as a person writes it.

use esteira_coordinator::last_resort::Folder;
use std::{fmt, path::PathBuf, str::FromStr};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// Units, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
/// The least reserve: one segment.
const RESERVE_MIN: u64 = 8 << 20;
/// The most that one folder keeps ready.
const RESERVE_MAX: u64 = 512 << 20;

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "is not like 16MiB, 256MiB".to_owned();
        let (number, unit) =
            UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        match number.checked_mul(*unit) {
            Some(bytes) if (RESERVE_MIN..=RESERVE_MAX).contains(&bytes) => Ok(Self(bytes)),
            _ => Err(format!("is not between {} and {}", Self(RESERVE_MIN), Self(RESERVE_MAX))),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS.into_iter().find(|(_, unit)| self.0.is_multiple_of(*unit)).unwrap_or(("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

/// Where work is kept that the store does not take.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Folder for results and jobs that the database does not take; repeat it for more, which are tried in this order.
    /// Each coordinator needs folders of its own. Default: beside the database file with SQLite, `last-resort` in
    /// $STATE_DIRECTORY with PostgreSQL
    #[arg(long = "last-resort", value_name = "DIR", env = "ESTEIRA_LAST_RESORT", value_delimiter = ':')]
    folders: Vec<PathBuf>,
    /// Folder in memory, such as one under /dev/shm, that is tried after those
    #[arg(long = "last-resort-memory", value_name = "DIR", env = "ESTEIRA_LAST_RESORT_MEMORY")]
    memory: Option<PathBuf>,
    /// Space that is kept ready in each of these folders: 8MiB to 512MiB
    #[arg(long = "last-resort-reserve", value_name = "BYTES", env = "ESTEIRA_LAST_RESORT_RESERVE")]
    reserve: Option<Bytes>,
    /// Keep nothing that the database does not take
    #[arg(long = "no-last-resort", env = "ESTEIRA_NO_LAST_RESORT", conflicts_with_all = ["folders", "memory"])]
    off: bool,
}

impl Arguments {
    /// The folders, for a coordinator over this database.
    pub fn folders(&self, database: &str, reserve: Bytes) -> Vec<Folder> {
        let reserve_bytes = self.reserve.unwrap_or(reserve).0;
        let folder = |in_memory| move |path| Folder { path, in_memory, reserve_bytes };
        if self.off {
            return Vec::new();
        }
        let default = || default(database, std::env::var_os("STATE_DIRECTORY").map(PathBuf::from));
        let on_disk = match &self.folders[..] {
            [] => default().into_iter().collect(),
            folders => folders.to_vec(),
        };
        on_disk.into_iter().map(folder(false)).chain(self.memory.clone().map(folder(true))).collect()
    }
}

/// Beside the file of SQLite; a store in memory has none. A server is elsewhere: then where the system keeps our state.
fn default(database: &str, state: Option<PathBuf>) -> Option<PathBuf> {
    match database.strip_prefix("sqlite:") {
        Some(":memory:" | "//:memory:") => None,
        Some(path) => Some(format!("{}.last-resort", path.strip_prefix("//").unwrap_or(path)).into()),
        None => Some(state?.join("last-resort")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_as_it_is_written() {
        for text in ["8MiB", "64MiB", "512MiB"] {
            assert_eq!(text.parse::<Bytes>().expect("a size").to_string(), text);
        }
        for bad in
            ["", "8", "MiB", "7MiB", "1GiB", "-8MiB", "8MB", "99999999999999999999MiB", "18446744073709551615MiB"]
        {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_is_beside_the_data() {
        let of = |database| default(database, Some("/var/lib/esteira".into()));
        assert_eq!(of("sqlite:data/esteira.db"), Some("data/esteira.db.last-resort".into()));
        assert_eq!(of("sqlite:///data/esteira.db"), Some("/data/esteira.db.last-resort".into()));
        assert_eq!(of("sqlite::memory:"), None);
        assert_eq!(of("postgres://u@h/d"), Some("/var/lib/esteira/last-resort".into()));
        assert_eq!(default("postgres://u@h/d", None), None);
    }
}
