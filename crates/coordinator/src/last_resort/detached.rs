//! A coordinator that was started while its store is gone: it takes the results of leases that it can prove with their
//! capsules, and refuses all else as STORE_UNAVAILABLE. When the store can be opened, another one takes its place.

use crate::{
    clock::Clock,
    committer::Committer,
    coordinator::{Coordinator, Running, Settings, Shared, run_apart},
    error::{Error, Reason, Result},
    timer,
};
use async_trait::async_trait;
use esteira_store::{Kind, Reader, Unit, Writer};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Has no store.
struct Absent;

#[async_trait]
impl Writer for Absent {
    async fn begin(&mut self) -> esteira_store::Result<Box<dyn Unit + '_>> {
        Err(esteira_store::Error::new(Kind::Unavailable, "the store was not there when this coordinator started"))
    }
}

impl Coordinator {
    /// Starts without a store, with the key that the last resort keeps of it.
    ///
    /// # Errors
    /// When there is no such key: then nothing that a worker sends can be told from anybody's.
    pub fn start_detached(
        reader: Arc<dyn Reader>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Result<(Self, Running)> {
        let key = settings.last_resort.as_ref().and_then(|resort| resort.key());
        let key = key.ok_or_else(|| {
            Error::new(Reason::StoreUnavailable, "the last resort keeps no key of the store: it was never used with it")
        })?;
        // Shared, as far as anybody knows: nothing that is read may be taken for what will be so.
        let shared = Arc::new(Shared::new(key, 0, true, || None, reader, clock, settings));
        let (urgent, urgent_work) = mpsc::channel(settings.queue_depth);
        let (submissions, submitted_work) = mpsc::channel(settings.queue_depth);
        let committer =
            Committer::new(shared.clone(), Box::new(Absent), urgent_work, submitted_work, settings.batch_max);
        let committer = run_apart(committer, false)?;
        let loops = vec![tokio::spawn(timer::run(shared.clone(), urgent.clone()))];
        let coordinator = Self { shared: shared.clone(), urgent, submissions, deed: None };
        let (membership, maintenance, sequencer, audit) = (None, None, None, None);
        Ok((coordinator, Running { shared, committer, loops, membership, maintenance, sequencer, audit }))
    }
}
