//! Workers that were seen: registered or polling, here or at another coordinator of the store (`presence.rs`). In memory: a
//! worker is known again with its next call.

mod seen;

use crate::presence::Listed;
use esteira_model::{AccountId, Time};
use hashbrown::{HashMap, hash_map::Entry};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use seen::{Drain, Info, Seen, Served};

/// A worker that was not seen for this long is forgotten.
const FORGET_AFTER_MICROS: i64 = 10 * 60 * 1_000_000;

/// Workers that are listed for other coordinators at most.
const LISTED_MAX: usize = 10_000;
/// When a worker was seen last is told to others as exactly as this.
const TOLD_MICROS: i64 = 60 * 1_000_000;

type Key = (AccountId, String);

/// All workers that were seen lately.
#[derive(Debug, Default)]
pub struct Workers {
    seen: Mutex<HashMap<Key, Seen>>,
    /// What other coordinators know, and whether the worker serves at one of them.
    elsewhere: Mutex<HashMap<Key, (Seen, bool)>>,
}

impl Workers {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Key, Seen>) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn elsewhere(&self) -> MutexGuard<'_, HashMap<Key, (Seen, bool)>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker registered; its function set is replaced, and it is no longer draining. Returns whether it was.
    pub fn register(&self, account: &AccountId, info: Info, now: Time) -> bool {
        self.with(|seen| {
            let key = (account.clone(), info.worker_id.clone());
            let before = seen.get(&key);
            let first_seen = before.map_or(now, |before| before.first_seen);
            let was_draining = before.is_some_and(|before| before.drain.is_some());
            seen.insert(key, Seen { info, first_seen, last_seen: now, register_time: Some(now), drain: None });
            was_draining
        })
    }

    /// When a worker was seen last.
    pub fn last_seen(&self, account: &AccountId, worker_id: &str) -> Option<Time> {
        self.with(|seen| seen.get(&(account.clone(), worker_id.to_owned())).map(|entry| entry.last_seen))
    }

    /// A worker polled. Returns whether it is draining, and the version it registered for each of these functions.
    pub fn polled(&self, account: &AccountId, worker_id: &str, functions: &[String], now: Time) -> (bool, Vec<String>) {
        self.with(|seen| {
            let key = (account.clone(), worker_id.to_owned());
            let entry = seen.entry(key).or_insert_with(|| Seen::unregistered(worker_id, now));
            entry.last_seen = now;
            for name in functions {
                if !entry.info.functions.iter().any(|served| served.name == *name) {
                    entry.info.functions.push(Served {
                        name: name.clone(),
                        version: String::new(),
                        output_type: None,
                        summary: String::new(),
                    });
                }
            }
            let version = |name: &String| {
                entry
                    .info
                    .functions
                    .iter()
                    .find(|served| served.name == *name)
                    .map(|served| served.version.clone())
                    .unwrap_or_default()
            };
            (entry.drain.is_some(), functions.iter().map(version).collect())
        })
    }

    /// A worker begins to drain, perhaps ahead of its first call. After the grace its tasks are asked to stop.
    pub fn drain(&self, account: &AccountId, worker_id: &str, grace: Option<Duration>, now: Time) {
        self.with(|seen| {
            let key = (account.clone(), worker_id.to_owned());
            let entry = seen.entry(key).or_insert_with(|| Seen::unregistered(worker_id, now));
            entry.drain = Some(Drain { time: now, grace_end: grace.map(|grace| now.after(grace)) });
        });
    }

    /// Whether the grace of a worker's drain is over.
    pub fn is_grace_over(&self, account: &AccountId, worker_id: &str, now: Time) -> bool {
        self.with(|seen| {
            seen.get(&(account.clone(), worker_id.to_owned()))
                .and_then(|entry| entry.drain?.grace_end)
                .is_some_and(|end| end <= now)
        })
    }

    /// Whether a worker has registered here.
    pub fn is_registered(&self, account: &AccountId, worker_id: &str) -> bool {
        self.with(|seen| {
            seen.get(&(account.clone(), worker_id.to_owned())).is_some_and(|entry| entry.register_time.is_some())
        })
    }

    /// Whether a worker is known.
    pub fn knows(&self, account: &AccountId, worker_id: &str) -> bool {
        let key = (account.clone(), worker_id.to_owned());
        self.with(|seen| seen.contains_key(&key)) || self.elsewhere().contains_key(&key)
    }

    /// Workers of an account by id; forgets those not seen for long.
    pub fn list(&self, account: &AccountId, now: Time) -> Vec<Seen> {
        let of_account = |(key, seen): (&Key, &Seen)| (key.0 == *account).then(|| (key.1.clone(), seen.clone()));
        let mut rows: BTreeMap<String, Seen> = self.with(|seen| {
            forget(seen, now);
            seen.iter().filter_map(of_account).collect()
        });
        let elsewhere = self.elsewhere();
        for (id, seen) in elsewhere.iter().map(|(key, (seen, _))| (key, seen)).filter_map(of_account) {
            rows.entry(id).and_modify(|row| row.join(&seen)).or_insert(seen);
        }
        rows.into_values().filter(|row| !is_forgotten(row, now)).collect()
    }

    /// Whether a worker serves this version of a function; "" = any version. `is_there` says whether one that was not seen
    /// a moment ago still polls or holds a lease.
    pub fn serve(
        &self,
        account: &AccountId,
        function: &str,
        version: &str,
        now: Time,
        is_there: impl Fn(&str) -> bool,
    ) -> bool {
        let fits = |owner: &AccountId, entry: &Seen| owner == account && entry.serves(function, version);
        let here = |((owner, id), entry): (&Key, &Seen)| fits(owner, entry) && entry.is_at_work(now, || is_there(id));
        self.with(|seen| seen.iter().any(here))
            || self.elsewhere().iter().any(|((owner, _), (entry, serves))| *serves && fits(owner, entry))
    }

    /// What other coordinators are told of the workers here; forgets those not seen for long. `is_there` says whether one that was
    /// not seen a moment ago still polls or holds a lease.
    pub(crate) fn listed(&self, now: Time, is_there: impl Fn(&Key) -> bool) -> Vec<Listed> {
        let mut listed: Vec<Listed> = self.with(|seen| {
            forget(seen, now);
            let told = |(key, entry): (&Key, &Seen)| {
                let to_the_minute = Time(entry.last_seen.0 - entry.last_seen.0.rem_euclid(TOLD_MICROS));
                Listed {
                    account: key.0.clone(),
                    worker: Seen { last_seen: to_the_minute.max(entry.first_seen), ..entry.clone() },
                    serves: entry.is_at_work(now, || is_there(key)),
                }
            };
            seen.iter().map(told).collect()
        });
        listed.sort_by(|a, b| (&a.account, &a.worker.info.worker_id).cmp(&(&b.account, &b.worker.info.worker_id)));
        listed.truncate(LISTED_MAX);
        listed
    }

    /// This is what other coordinators list. A drain holds here too; returns those whose drain is new here.
    pub(crate) fn replace_elsewhere(&self, listed: Vec<Listed>) -> Vec<Key> {
        let mut elsewhere: HashMap<Key, (Seen, bool)> = HashMap::with_capacity(listed.len());
        for Listed { account, worker, serves } in listed {
            match elsewhere.entry((account, worker.info.worker_id.clone())) {
                Entry::Occupied(mut known) => {
                    let (seen, served) = known.get_mut();
                    seen.join(&worker);
                    *served |= serves;
                }
                Entry::Vacant(place) => drop(place.insert((worker, serves))),
            }
        }
        let mut drained = Vec::new();
        self.with(|seen| {
            for (key, (told, _)) in &elsewhere {
                let entry = match seen.entry(key.clone()) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(place) if told.drain.is_some() => {
                        place.insert(Seen::unregistered(&key.1, told.last_seen))
                    }
                    Entry::Vacant(_) => continue,
                };
                let drain = entry.drain_with(told);
                if drain.is_some() && entry.drain.is_none() {
                    drained.push(key.clone());
                }
                entry.drain = drain;
            }
        });
        *self.elsewhere() = elsewhere;
        drained
    }
}

fn is_forgotten(entry: &Seen, now: Time) -> bool {
    now.0 - entry.last_seen.0 >= FORGET_AFTER_MICROS
}

fn forget(seen: &mut HashMap<Key, Seen>, now: Time) {
    seen.retain(|_, entry| !is_forgotten(entry, now));
}

#[cfg(test)]
mod tests;
