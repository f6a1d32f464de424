//! What was compiled, by source text, within a bound.
//!
//! Two generations: when the young one is full it becomes the old one, and the old one is dropped. What is
//! used moves back to the young one. Close to least-recently-used, without a list to keep in order.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, PoisonError, RwLock},
};

/// Most entries of a generation, and most bytes of their sources together.
const ENTRIES_MAX: usize = 1024;
const SOURCE_BYTES_MAX: usize = 8 << 20;

struct Generations<T> {
    young: HashMap<Arc<str>, Arc<T>>,
    young_bytes: usize,
    old: HashMap<Arc<str>, Arc<T>>,
}

/// Compiled values by their source.
pub(crate) struct Cache<T>(RwLock<Generations<T>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(RwLock::new(Generations { young: HashMap::new(), young_bytes: 0, old: HashMap::new() }))
    }
}

impl<T> Cache<T> {
    /// What `source` compiles to. Errors are not kept; two threads may compile the same source at once.
    pub(crate) fn get_or<E>(&self, source: &str, compile: impl FnOnce(&str) -> Result<T, E>) -> Result<Arc<T>, E> {
        // A thread that panicked cannot have left a map half changed: nothing between the changes panics.
        let kept = {
            let generations = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(compiled) = generations.young.get(source) {
                return Ok(Arc::clone(compiled));
            }
            generations.old.get(source).map(Arc::clone)
        };
        let compiled = match kept {
            Some(compiled) => compiled,
            None => Arc::new(compile(source)?),
        };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(source, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl<T> Generations<T> {
    fn insert(&mut self, source: &str, compiled: Arc<T>) {
        if self.young.len() >= ENTRIES_MAX || self.young_bytes + source.len() > SOURCE_BYTES_MAX {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if self.young.insert(source.into(), compiled).is_none() {
            self.young_bytes += source.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cache: &Cache<usize>) -> usize {
        let generations = cache.0.read().expect("not poisoned");
        generations.young.len() + generations.old.len()
    }

    fn get(cache: &Cache<usize>, source: &str) -> (usize, bool) {
        let mut compiled_now = false;
        let value = cache.get_or(source, |text| {
            compiled_now = true;
            Ok::<_, ()>(text.len())
        });
        (*value.expect("compiles"), compiled_now)
    }

    #[test]
    fn compiles_once() {
        let cache = Cache::default();
        assert_eq!(get(&cache, "abc"), (3, true));
        assert_eq!(get(&cache, "abc"), (3, false));
    }

    #[test]
    fn errors_are_not_kept() {
        let cache = Cache::default();
        assert_eq!(cache.get_or("x", |_| Err("no")).err(), Some("no"));
        assert_eq!(get(&cache, "x"), (1, true));
    }

    #[test]
    fn stays_within_its_entries() {
        let cache = Cache::default();
        for at in 0..10 * ENTRIES_MAX {
            get(&cache, &at.to_string());
            assert_eq!(get(&cache, "used all the time").0, 17);
        }
        assert!(size(&cache) <= 2 * ENTRIES_MAX);
        assert_eq!(get(&cache, "used all the time"), (17, false));
        assert_eq!(get(&cache, "0"), (1, true), "the oldest are gone");
    }

    #[test]
    fn stays_within_its_bytes() {
        let cache = Cache::default();
        for at in 0..40_u8 {
            get(&cache, &format!("{at}").repeat(SOURCE_BYTES_MAX / 8));
        }
        assert!(size(&cache) <= 16, "{} entries", size(&cache));
    }
}
