//! Workers that were seen: registered or polling. In memory only: a worker is known again with its next call.

use crate::presence::Service;
use esteira_model::{AccountId, OutputType, Time};
use hashbrown::HashMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A function that a worker serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// Its name.
    pub name: String,
    /// Its version, or "".
    pub version: String,
    /// What it says that it produces.
    pub output_type: Option<OutputType>,
    /// For a person.
    pub summary: String,
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Info {
    /// Its id, chosen by itself.
    pub worker_id: String,
    /// For people.
    pub display_name: String,
    /// Its build.
    pub build_id: String,
    /// Its SDK, for example `python/0.3.1`.
    pub sdk: String,
    /// Where it runs.
    pub host: String,
    /// Its process.
    pub pid: i32,
    /// Tasks that it runs at once.
    pub max_concurrency: i32,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// What it serves.
    pub functions: Vec<Served>,
}

/// A worker that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What it says of itself; only the id and functions when it did not register.
    pub info: Info,
    /// When it was seen first and last.
    pub first_seen: Time,
    /// See `first_seen`.
    pub last_seen: Time,
    /// Whether it registered.
    pub registered: bool,
    /// Whether it is being drained: it gets no more leases.
    pub draining: bool,
    /// When its tasks are asked to stop, if its drain has a grace.
    pub grace_end: Option<Time>,
}

/// A worker that was not seen for this long is forgotten.
const FORGET_AFTER_MICROS: i64 = 10 * 60 * 1_000_000;

/// A worker that neither polls nor holds a lease is still taken to serve for this long: it is between two calls.
const BETWEEN_CALLS_MICROS: i64 = 15 * 1_000_000;

/// All workers that were seen lately.
#[derive(Debug, Default)]
pub struct Workers {
    seen: Mutex<HashMap<(AccountId, String), Seen>>,
    /// What is served at other coordinators.
    elsewhere: Mutex<BTreeSet<Service>>,
}

impl Workers {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<(AccountId, String), Seen>) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A worker registered; its function set is replaced, and it is no longer draining.
    pub fn register(&self, account: &AccountId, info: Info, now: Time) {
        self.with(|seen| {
            let key = (account.clone(), info.worker_id.clone());
            let first_seen = seen.get(&key).map_or(now, |before| before.first_seen);
            seen.insert(
                key,
                Seen { info, first_seen, last_seen: now, registered: true, draining: false, grace_end: None },
            );
        });
    }

    /// When a worker was seen last.
    pub fn last_seen(&self, account: &AccountId, worker_id: &str) -> Option<Time> {
        self.with(|seen| seen.get(&(account.clone(), worker_id.to_owned())).map(|entry| entry.last_seen))
    }

    /// A worker polled. Returns whether it is draining, and the version it registered for each of these functions.
    pub fn polled(&self, account: &AccountId, worker_id: &str, functions: &[String], now: Time) -> (bool, Vec<String>) {
        self.with(|seen| {
            let entry =
                seen.entry((account.clone(), worker_id.to_owned())).or_insert_with(|| unregistered(worker_id, now));
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
            (entry.draining, functions.iter().map(version).collect())
        })
    }

    /// A worker begins to drain, perhaps ahead of its first call. After the grace its tasks are asked to stop.
    pub fn drain(&self, account: &AccountId, worker_id: &str, grace: Option<Duration>, now: Time) {
        self.with(|seen| {
            let entry =
                seen.entry((account.clone(), worker_id.to_owned())).or_insert_with(|| unregistered(worker_id, now));
            entry.draining = true;
            entry.grace_end = grace.map(|grace| now.after(grace));
        });
    }

    /// Whether the grace of a worker's drain is over.
    pub fn is_grace_over(&self, account: &AccountId, worker_id: &str, now: Time) -> bool {
        self.with(|seen| {
            seen.get(&(account.clone(), worker_id.to_owned()))
                .and_then(|entry| entry.grace_end)
                .is_some_and(|end| end <= now)
        })
    }

    /// Whether a worker has registered.
    pub fn is_registered(&self, account: &AccountId, worker_id: &str) -> bool {
        self.with(|seen| seen.get(&(account.clone(), worker_id.to_owned())).is_some_and(|entry| entry.registered))
    }

    /// Whether a worker is known.
    pub fn knows(&self, account: &AccountId, worker_id: &str) -> bool {
        self.with(|seen| seen.contains_key(&(account.clone(), worker_id.to_owned())))
    }

    /// Workers of an account by id; forgets those not seen for long.
    pub fn list(&self, account: &AccountId, now: Time) -> Vec<Seen> {
        self.with(|seen| {
            seen.retain(|_, entry| now.0 - entry.last_seen.0 < FORGET_AFTER_MICROS);
            let mut rows: Vec<Seen> =
                seen.iter().filter(|((owner, _), _)| owner == account).map(|(_, entry)| entry.clone()).collect();
            rows.sort_by(|a, b| a.info.worker_id.cmp(&b.info.worker_id));
            rows
        })
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
        let fits = |served: &Served| served.name == function && (version.is_empty() || served.version == version);
        let serves = |entry: &Seen| {
            !entry.draining
                && entry.info.functions.iter().any(fits)
                && (now.0 - entry.last_seen.0 < BETWEEN_CALLS_MICROS || is_there(&entry.info.worker_id))
        };
        let here = self.with(|seen| seen.iter().any(|((owner, _), entry)| owner == account && serves(entry)));
        here || self.elsewhere().iter().any(|service| {
            service.account == account.as_str()
                && service.function == function
                && (version.is_empty() || service.version == version)
        })
    }

    fn elsewhere(&self) -> MutexGuard<'_, BTreeSet<Service>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This is what is served at other coordinators.
    pub(crate) fn replace_elsewhere(&self, services: BTreeSet<Service>) {
        *self.elsewhere() = services;
    }

    /// What workers serve that were seen a moment ago, or are there still.
    pub(crate) fn services(&self, now: Time, is_there: impl Fn(&AccountId, &str) -> bool) -> BTreeSet<Service> {
        let present = |account: &AccountId, entry: &Seen| {
            !entry.draining
                && (now.0 - entry.last_seen.0 < BETWEEN_CALLS_MICROS || is_there(account, &entry.info.worker_id))
        };
        self.with(|seen| {
            let present = seen.iter().filter(|((account, _), entry)| present(account, entry));
            let services = present.flat_map(|((account, _), entry)| {
                entry.info.functions.iter().map(|served| Service {
                    account: account.as_str().to_owned(),
                    function: served.name.clone(),
                    version: served.version.clone(),
                })
            });
            services.collect()
        })
    }
}

/// A worker of which its id alone is known.
fn unregistered(worker_id: &str, now: Time) -> Seen {
    Seen {
        info: Info { worker_id: worker_id.to_owned(), ..Info::default() },
        first_seen: now,
        last_seen: now,
        registered: false,
        draining: false,
        grace_end: None,
    }
}
