//! Which workers were seen at which coordinator, so that any coordinator tells of all of them, and asks all of them to stop.
//!
//! Each coordinator keeps its own list in the store, beside its membership and for as long; the others read it when they say that
//! they live, or hear that it changed. No task is granted by it. What it holds back is a worker that is drained (INV-WHY for the
//! rest: it only explains).

use crate::{
    coordinator::Shared,
    error::Result,
    workers::{Drain, Info, Seen},
};
use esteira_model::{AccountId, Time, Uuid};
use esteira_store::{Member, Unit};
use serde::{Deserialize, Serialize};

/// A worker as a coordinator lists it for the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    pub account: AccountId,
    /// When it was seen last is told to the minute, so that a list changes once a minute because of it.
    pub worker: Seen,
    /// Whether it polls, holds a lease or called a moment ago, and is not drained.
    pub serves: bool,
}

#[derive(Serialize, Deserialize)]
struct List {
    /// Whose it is. A number that was left is given again.
    instance: String,
    workers: Vec<Text>,
}

/// Times are in microseconds.
#[derive(Serialize, Deserialize)]
struct Text {
    account: String,
    info: Info,
    first_seen: i64,
    last_seen: i64,
    register_time: Option<i64>,
    drain_time: Option<i64>,
    grace_end: Option<i64>,
    serves: bool,
}

impl From<&Listed> for Text {
    fn from(Listed { account, worker, serves }: &Listed) -> Self {
        Self {
            account: account.to_string(),
            info: worker.info.clone(),
            first_seen: worker.first_seen.0,
            last_seen: worker.last_seen.0,
            register_time: worker.register_time.map(|time| time.0),
            drain_time: worker.drain.map(|drain| drain.time.0),
            grace_end: worker.drain.and_then(|drain| drain.grace_end).map(|time| time.0),
            serves: *serves,
        }
    }
}

impl From<Text> for Listed {
    fn from(text: Text) -> Self {
        let grace_end = text.grace_end.map(Time);
        let worker = Seen {
            info: text.info,
            first_seen: Time(text.first_seen),
            last_seen: Time(text.last_seen),
            register_time: text.register_time.map(Time),
            drain: text.drain_time.map(|time| Drain { time: Time(time), grace_end }),
        };
        Self { account: AccountId(text.account.into()), worker, serves: text.serves }
    }
}

/// The setting that holds the list of the coordinator with this number.
fn setting(node: u16) -> String {
    format!("workers/{node}")
}

/// Writes the list of this coordinator.
pub(crate) async fn write(unit: &mut dyn Unit, node: u16, instance: Uuid, workers: &[Listed]) -> Result<()> {
    let list = List { instance: instance.to_string(), workers: workers.iter().map(Text::from).collect() };
    Ok(unit.put_setting(&setting(node), &serde_json::to_vec(&list).unwrap_or_default()).await?)
}

/// Reads the lists of these coordinators.
pub(crate) async fn read(unit: &mut dyn Unit, members: &[Member]) -> Result<Vec<Listed>> {
    let mut workers = Vec::new();
    for member in members {
        let Some(bytes) = unit.setting(&setting(member.node)).await? else { continue };
        match serde_json::from_slice::<List>(&bytes) {
            Ok(list) if list.instance == member.instance.to_string() => {
                workers.extend(list.workers.into_iter().map(Listed::from));
            }
            Ok(_) => {}
            // Of another version.
            Err(error) => tracing::debug!(node = member.node, %error, "a list of workers is not readable"),
        }
    }
    Ok(workers)
}

impl Shared {
    /// The workers that were seen here.
    pub(crate) fn listed(&self, now: Time) -> Vec<Listed> {
        let there = self.dispatcher.there();
        self.workers.listed(now, |key| there.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::Served;
    use esteira_model::OutputType;

    #[test]
    fn a_worker_round_trips() {
        let served =
            |output_type| Served { name: "f".into(), version: "1|\n".into(), output_type, summary: "é".into() };
        for (output_type, drain) in [
            (Some(OutputType::Multiple), Some(Drain { time: Time(3), grace_end: Some(Time(4)) })),
            (None, Some(Drain { time: Time(3), grace_end: None })),
            (None, None),
        ] {
            let info = Info {
                worker_id: "w".into(),
                pid: 7,
                labels: [("a".to_owned(), "b".to_owned())].into(),
                functions: vec![served(output_type)],
                ..Info::default()
            };
            let worker = Seen { info, first_seen: Time(1), last_seen: Time(2), register_time: Some(Time(1)), drain };
            let listed = Listed { account: AccountId("a".into()), worker, serves: drain.is_none() };
            let text = serde_json::to_string(&Text::from(&listed)).expect("it is text");
            assert_eq!(Listed::from(serde_json::from_str::<Text>(&text).expect("it is read")), listed);
        }
    }
}
