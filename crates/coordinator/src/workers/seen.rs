//! What is known of one worker.

use esteira_model::{OutputType, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::collections::BTreeMap;

/// A worker that neither polls nor holds a lease is still taken to serve for this long: it is between two calls.
const BETWEEN_CALLS_MICROS: i64 = 15 * 1_000_000;

/// A function that a worker serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// Its name.
    pub name: String,
    /// Its version, or "".
    pub version: String,
    /// What it says that it produces.
    #[serde(serialize_with = "write_output_type", deserialize_with = "read_output_type")]
    pub output_type: Option<OutputType>,
    /// For a person.
    pub summary: String,
}

fn write_output_type<S: Serializer>(output_type: &Option<OutputType>, serializer: S) -> Result<S::Ok, S::Error> {
    output_type.map(OutputType::as_str).serialize(serializer)
}

fn read_output_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OutputType>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    /// When it registered last; none when it only called.
    pub register_time: Option<Time>,
    /// Whether it is being drained: it gets no more leases until it registers again.
    pub drain: Option<Drain>,
}

/// That a worker is drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drain {
    /// Since when.
    pub time: Time,
    /// When its tasks are asked to stop, if there is a grace.
    pub grace_end: Option<Time>,
}

impl Seen {
    /// A worker of which its id alone is known.
    pub(super) fn unregistered(worker_id: &str, now: Time) -> Self {
        Self {
            info: Info { worker_id: worker_id.to_owned(), ..Info::default() },
            first_seen: now,
            last_seen: now,
            register_time: None,
            drain: None,
        }
    }

    /// The drain in force after what another coordinator knows: the last one, unless the worker registered after it, anywhere.
    pub(super) fn drain_with(&self, other: &Self) -> Option<Drain> {
        let registered = self.register_time.max(other.register_time);
        self.drain.max(other.drain).filter(|drain| registered.is_none_or(|registered| registered <= drain.time))
    }

    /// What two coordinators know of one worker, in any order.
    pub(super) fn join(&mut self, other: &Self) {
        let known = |seen: &Self| (seen.register_time, !seen.info.functions.is_empty(), seen.last_seen);
        self.drain = self.drain_with(other);
        if known(other) > known(self) {
            self.info = other.info.clone();
        }
        self.register_time = self.register_time.max(other.register_time);
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
    }

    pub(super) fn serves(&self, function: &str, version: &str) -> bool {
        let fits = |served: &Served| served.name == function && (version.is_empty() || served.version == version);
        self.info.functions.iter().any(fits)
    }

    /// Whether it gets tasks, when one that was not seen a moment ago `is_there` all the same.
    pub(super) fn is_at_work(&self, now: Time, is_there: impl FnOnce() -> bool) -> bool {
        self.drain.is_none() && (now.0 - self.last_seen.0 < BETWEEN_CALLS_MICROS || is_there())
    }
}
