//! What the next leaves will refer to, kept in memory: never wrong, and what is missing is read from the rows.
//!
//! Filled after a commit only. Two halves: when the younger is full, the older is forgotten.

use crate::leaves::{lineage::Newest, make::Salted};
use esteira_ledger::Hash;
use esteira_model::{JobId, TaskId};
use hashbrown::HashMap;
use std::hash::Hash as Key;

/// Tasks of one half: about 6 MiB.
const TASKS_MAX: usize = 1 << 16;
/// Artifacts of one half: about 6 MiB.
const ARTIFACTS_MAX: usize = 1 << 17;
/// Jobs of one half: about 2 MiB.
const JOBS_MAX: usize = 1 << 15;

/// The leaves and commitments of what was committed last.
pub(crate) struct Cache {
    /// The newest leaf of a task; another coordinator may have recorded a newer one, unless it is the last.
    pub tasks: Halves<TaskId, Newest>,
    pub artifacts: Halves<Salted, Hash>,
    /// The leaves of starts.
    pub starts: Halves<JobId, Hash>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { tasks: Halves::new(TASKS_MAX), artifacts: Halves::new(ARTIFACTS_MAX), starts: Halves::new(JOBS_MAX) }
    }
}

pub(crate) struct Halves<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    max: usize,
}

impl<K: Key + Eq, V: Copy> Halves<K, V> {
    fn new(max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), max }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    pub fn extend(&mut self, entries: HashMap<K, V>) {
        entries.into_iter().for_each(|(key, value)| self.insert(key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_the_newest_are_not() {
        let mut halves = Halves::new(4);
        for key in 0..100 {
            halves.insert(key, key);
            for kept in (key - 3).max(0)..=key {
                assert_eq!(halves.get(&kept), Some(kept));
            }
            assert_eq!(halves.get(&(key - 8)), None);
            assert!(halves.young.len() + halves.old.len() <= 8);
        }
        // A newer value hides the one that was kept before.
        halves.insert(98, 0);
        assert_eq!(halves.get(&98), Some(0));
    }
}
