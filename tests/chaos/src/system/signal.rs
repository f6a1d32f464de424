//! Signals to processes, and what the operating system says of them.

use std::{fs, process::Command};

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Stop,
    Continue,
}

/// Sends a signal; whether there was such a process.
pub(crate) fn send(process: u32, signal: Signal) -> bool {
    let name = match signal {
        Signal::Kill => "KILL",
        Signal::Stop => "STOP",
        Signal::Continue => "CONT",
    };
    // The shell's own `kill`: the standard library has none but SIGKILL, and that for children alone.
    let kill = format!("kill -{name} \"$0\"");
    let told = Command::new("sh").args(["-c", &kill, &process.to_string()]).status();
    told.is_ok_and(|status| status.success())
}

/// The state of a process, such as `S` or `T`; none when it is gone or only waits to be buried.
pub(crate) fn state(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.trim_start().chars().next().filter(|state| !matches!(state, 'Z' | 'X'))
}

/// Whether a process is stopped.
pub(crate) fn is_stopped(process: u32) -> bool {
    state(process) == Some('T')
}
