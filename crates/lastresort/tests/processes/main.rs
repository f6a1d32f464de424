//! The last resort among processes and on file systems of its own: kill -9, two at once, no space left.
//!
//! Not under the usual harness: this program is its own child. Needs to be root, to mount in a mount namespace that nobody
//! else sees; without that it fails.

mod full;
mod killed;

use esteira_lastresort::{Cascade, Disk, Settings};
use esteira_model::Time;
use std::{
    path::Path,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [mode, folder] if mode == "write" => killed::write_for_ever(Path::new(folder)),
        [mode, folder] if mode == "open" => return killed::open_once(Path::new(folder)),
        [mode, kind, folder] if mode == "full" => full::in_namespace(kind, Path::new(folder)),
        // What `cargo test` passes on is for the usual harness.
        _ => all(),
    }
    ExitCode::SUCCESS
}

fn all() {
    for (name, check) in [
        ("killed_at_any_moment", killed::at_any_moment as fn()),
        ("two_processes", killed::two_processes),
        ("full_tmpfs", full::tmpfs),
        ("full_ext4", full::ext4),
    ] {
        check();
        println!("test {name} ... ok");
    }
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("a program has a path"))
}

fn settings(folder: &Path) -> Settings {
    Settings { folder: folder.to_owned(), durable: true, segments: 2, segment_bytes: 1 << 20, payload_bytes: 100_000 }
}

fn open(settings: Vec<Settings>) -> Result<Cascade, esteira_lastresort::OpenError> {
    let mut number = u64::from(std::process::id()) << 32;
    let ids = move || {
        number += 1;
        let mut id = [0x5a; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        id
    };
    Cascade::open(settings, Time(1), Box::new(ids), Box::new(Disk))
}

/// What record `sequence` holds: its length and bytes follow from its number.
fn payload(sequence: u64) -> Vec<u8> {
    let bytes = 1 + (sequence * 7_919 % 90_000) as usize;
    (0..bytes).map(|at| (at as u64 * 131 + sequence) as u8 | 1).collect()
}
