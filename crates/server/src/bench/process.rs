//! What processes use, as the kernel counts it.

use std::time::Duration;

/// What a process, or several together, have used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Resident set, in bytes.
    pub rss_bytes: u64,
    /// Bytes that it had the kernel write to storage.
    pub written_bytes: u64,
}

/// A tick of the kernel's counts.
const TICK: Duration = Duration::from_millis(10);

/// The fields of a process's `stat` behind its name, which may hold anything.
struct Stat(Vec<String>);

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        Some(Self(rest.split(' ').map(str::to_owned).collect()))
    }

    fn number(&self, field: usize) -> u64 {
        self.0.get(field).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn parent(&self) -> u32 {
        self.number(1) as u32
    }

    /// User and system time of the process.
    fn cpu(&self) -> Duration {
        TICK * (self.number(11) + self.number(12)) as u32
    }

    /// The same of its children that have ended.
    fn cpu_of_ended_children(&self) -> Duration {
        TICK * (self.number(13) + self.number(14)) as u32
    }
}

/// Reads what one process has used; zero where the kernel does not tell.
pub fn used(pid: u32) -> Used {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    Used {
        cpu: Stat::of(pid).map(|stat| stat.cpu()).unwrap_or_default(),
        rss_bytes: field(&read("status"), "VmRSS:") * 1024,
        written_bytes: field(&read("io"), "write_bytes:"),
    }
}

/// The PostgreSQL server on this machine that has this process among its own; none when it is elsewhere.
pub fn server_of(process: u32) -> Option<u32> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    name.starts_with("postgres").then(|| Stat::of(process).map(|stat| stat.parent())).flatten()
}

/// CPU time of a process and of all its children, those that have ended included.
pub fn cpu_of_tree(parent: u32) -> Duration {
    let Some(stat) = Stat::of(parent) else { return Duration::ZERO };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = pids.filter_map(Stat::of).filter(|child| child.parent() == parent);
    stat.cpu() + stat.cpu_of_ended_children() + children.map(|child| child.cpu()).sum::<Duration>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_sees_itself() {
        let own = used(std::process::id());
        assert!(own.rss_bytes > 0, "{own:?}");
        assert!(cpu_of_tree(std::process::id()) >= own.cpu);
        assert_eq!(server_of(std::process::id()), None);
    }
}
