//! One read for many who want the same at once. What others commit must be seen, so nothing is kept for later: an answer is shared
//! by those who asked before its read began.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Keys that are known at once; reads of the others are not shared any longer than they run.
const KEYS_MAX: usize = 1_024;

/// Reads that are shared, by key.
#[derive(Debug)]
pub(crate) struct Fresh<K, V>(Mutex<HashMap<K, Arc<Shelf<V>>>>);

#[derive(Debug)]
struct Shelf<V> {
    /// How many have asked.
    asked: AtomicU64,
    /// The last answer, with how many had asked when its read began.
    answer: tokio::sync::Mutex<Option<(u64, V)>>,
}

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Fresh<K, V> {
    /// What `read` answers, or what a read answered that began after this call.
    pub(crate) async fn get(&self, key: &K, read: impl Future<Output = V>) -> V {
        let shelf = self.shelf(key);
        let turn = shelf.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let mut answer = shelf.answer.lock().await;
        if let Some((asked, value)) = &*answer
            && *asked >= turn
        {
            return value.clone();
        }
        let asked = shelf.asked.load(Ordering::Relaxed);
        let value = read.await;
        *answer = Some((asked, value.clone()));
        value
    }

    fn shelf(&self, key: &K) -> Arc<Shelf<V>> {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = shelves.get(key) {
            return shelf.clone();
        }
        if shelves.len() >= KEYS_MAX {
            shelves.clear();
        }
        let shelf = Arc::new(Shelf { asked: AtomicU64::new(0), answer: tokio::sync::Mutex::default() });
        shelves.insert(key.clone(), shelf.clone());
        shelf
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::cell::Cell;

    /// Many who ask at once share a read, and nobody gets one that began before they asked.
    #[tokio::test]
    async fn a_read_is_shared_by_those_who_asked_before_it_began() {
        let fresh = Fresh::default();
        let (reads, committed) = (Cell::new(0), Cell::new(0));
        let ask = || async {
            let asked_at = committed.get();
            let read = async {
                let seen = committed.get();
                reads.set(reads.get() + 1);
                tokio::task::yield_now().await;
                committed.set(committed.get() + 1);
                seen
            };
            assert!(fresh.get(&"key", read).await >= asked_at, "an answer from before the question");
        };
        join_all((0..100).map(|_| ask())).await;
        assert!(reads.get() <= 2, "{} reads", reads.get());
        ask().await;
        assert_eq!(committed.get(), reads.get(), "who asks later reads anew");
    }

    #[tokio::test]
    async fn a_read_that_is_given_up_is_done_by_the_next() {
        let fresh: Fresh<u8, u8> = Fresh::default();
        let first = fresh.get(&1, std::future::pending());
        assert!(futures::poll!(Box::pin(first)).is_pending());
        assert_eq!(fresh.get(&1, async { 7 }).await, 7);
    }
}
