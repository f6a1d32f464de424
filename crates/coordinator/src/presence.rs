//! Which functions are served at which coordinator, so that nobody says "no worker" of a task whose workers poll elsewhere.
//!
//! Each coordinator keeps its own list in the store, beside its membership and for as long; the others read it when they say that
//! they live. It only explains (INV-WHY): no task is granted or held back by it.

use crate::{coordinator::Shared, error::Result};
use esteira_model::{Time, Uuid};
use esteira_store::{Member, Unit};
use std::collections::BTreeSet;

/// Functions that one coordinator lists at most.
const SERVICES_MAX: usize = 10_000;

/// A function that somebody serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Service {
    pub account: String,
    pub function: String,
    pub version: String,
}

impl Service {
    /// One line. Names cannot hold the separators; a version is free text and is escaped.
    fn to_line(&self) -> String {
        let version = self.version.replace('%', "%25").replace('\n', "%0A");
        format!("{}|{}|{version}", self.account, self.function)
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, '|').map(str::to_owned);
        let (account, function, version) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { account, function, version: version.replace("%0A", "\n").replace("%25", "%") })
    }
}

/// The setting that holds the list of the coordinator with this number. A number that was left is given again: the list says
/// in its first line whose it is.
fn setting(node: u16) -> String {
    format!("serves/{node}")
}

/// Writes what this coordinator serves.
pub(crate) async fn write(unit: &mut dyn Unit, node: u16, instance: Uuid, services: &BTreeSet<Service>) -> Result<()> {
    let lines = services.iter().take(SERVICES_MAX).map(Service::to_line);
    let text: Vec<String> = std::iter::once(instance.to_string()).chain(lines).collect();
    Ok(unit.put_setting(&setting(node), text.join("\n").as_bytes()).await?)
}

/// Reads what these coordinators serve.
pub(crate) async fn read(unit: &mut dyn Unit, members: &[Member]) -> Result<BTreeSet<Service>> {
    let mut services = BTreeSet::new();
    for member in members {
        let Some(bytes) = unit.setting(&setting(member.node)).await? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        if lines.next().is_some_and(|instance| instance == member.instance.to_string()) {
            services.extend(lines.filter_map(Service::of_line));
        }
    }
    Ok(services)
}

impl Shared {
    /// What workers serve that were seen here lately.
    pub(crate) fn services(&self, now: Time) -> BTreeSet<Service> {
        let there = self.dispatcher.there();
        self.workers.services(now, |account, worker| there.contains(&(account.clone(), worker.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_round_trips() {
        for version in ["", "1.0", "a|b%0A\n%25"] {
            let service = Service { account: "a".into(), function: "f.g".into(), version: version.into() };
            assert_eq!(Service::of_line(&service.to_line()), Some(service));
        }
        assert_eq!(Service::of_line("a|f"), None);
    }
}
