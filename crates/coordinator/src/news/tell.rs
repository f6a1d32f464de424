//! Telling: what commits leave behind is collected, and told a few times in a second at most.

use super::Hints;
use crate::coordinator::Shared;
use esteira_model::Uuid;
use esteira_store::Teller;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Between two tellings: the first after a silence leaves at once, what comes meanwhile is told together.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two tellings when there are only jobs to tell of. Jobs change all the time, who awaits one is mostly at the coordinator
/// that changes it, and each telling costs every coordinator something.
const PAUSE_FOR_JOBS: Duration = Duration::from_millis(50);
/// After an error.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// What is to be told.
#[derive(Default)]
pub(crate) struct Outgoing {
    waiting: Mutex<Hints>,
    ready: Notify,
    /// Tasks wait for a worker, or something else that somebody waits for.
    urgent: Notify,
    /// Others work on the store: there is somebody to tell.
    company: AtomicBool,
}

impl Outgoing {
    /// Whether others are known to work on the store.
    pub fn set_company(&self, company: bool) {
        self.company.store(company, Ordering::Relaxed);
    }

    /// Adds to what is told next, if there is anybody to tell.
    pub fn add(&self, add: impl FnOnce(&mut Hints)) {
        if !self.company.load(Ordering::Relaxed) {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut waiting);
        waiting.bound();
        if !waiting.is_empty() {
            self.ready.notify_one();
        }
        if waiting.is_urgent() {
            self.urgent.notify_one();
        }
    }

    fn take(&self) -> Hints {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells, until the task is ended. What could not be told is lost: the others look by themselves.
pub(crate) async fn tell(shared: Arc<Shared>, mut teller: Box<dyn Teller>, from: Uuid) {
    let mut is_well = true;
    let mut jobs_from = Instant::now();
    loop {
        shared.news.ready.notified().await;
        // A word that was said before only makes this earlier.
        let _ = tokio::time::timeout_at(jobs_from, shared.news.urgent.notified()).await;
        let hints = shared.news.take();
        if hints.is_empty() {
            continue;
        }
        let told = teller.tell(&hints.messages(from)).await;
        if let (Err(error), true) = (&told, is_well) {
            tracing::warn!(%error, "cannot tell other coordinators what was committed; they look by themselves");
        }
        is_well = told.is_ok();
        jobs_from = Instant::now() + PAUSE_FOR_JOBS;
        tokio::time::sleep(if is_well { PAUSE } else { PAUSE_AFTER_ERROR }).await;
    }
}
