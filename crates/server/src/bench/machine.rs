//! The machine: what it can do at best, and whether others use it. Figures stand beside this.

use std::{io::Write, path::Path};
use tokio::time::Instant;

/// Where figures were measured.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Machine {
    /// Processors.
    pub cores: usize,
    /// What the processor calls itself.
    pub processor: String,
    /// The kernel.
    pub kernel: String,
    /// A 4 KiB write with fdatasync on the measured disk.
    pub sync_us: u64,
    /// Processes that wanted to run, on average over the minute before.
    pub load_before: f64,
    /// The same at the end. The run's own part is in it.
    pub load_after: f64,
}

const SYNCS: u32 = 500;

fn read(file: &str) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// The load average of the last minute; 0 where the kernel does not tell.
pub fn load() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

impl Machine {
    /// Looks.
    pub fn look(directory: Option<&Path>) -> Result<Self, String> {
        let place = directory.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let load_before = load();
        let mut file = tempfile::tempfile_in(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        let begun = Instant::now();
        for _ in 0..SYNCS {
            file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).map_err(|error| error.to_string())?;
        }
        let sync_us = begun.elapsed().as_micros() as u64 / u64::from(SYNCS);
        let cpu = read("/proc/cpuinfo");
        let processor = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: processor.trim_start_matches([' ', '\t', ':']).to_owned(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            sync_us,
            load_before,
            load_after: load_before,
        })
    }
}
