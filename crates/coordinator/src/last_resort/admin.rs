//! What an operator sees of a running coordinator's last resort, and has it do.

use crate::{
    audit::Deed,
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    last_resort::{
        Figures,
        shelf::{self, Entry},
    },
};
use esteira_model::AccountId;
use std::{io, sync::Arc};
use tokio::task::spawn_blocking;

/// What became of the records that waited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestedNow {
    /// Applied now.
    pub ingested: u64,
    /// Applied before.
    pub already: u64,
    /// Set aside.
    pub set_aside: u64,
    /// Records that still wait.
    pub left: u64,
}

impl Coordinator {
    /// What the last resort holds and did; none without one.
    pub async fn last_resort_figures(&self) -> Result<Option<Figures>> {
        let Some(resort) = self.shared.last_resort.clone() else { return Ok(None) };
        read(move || resort.figures()).await.map(Some)
    }

    /// The records of an account, and those that say nothing: by number. Needs no store.
    pub async fn list_last_resort(&self, account: &AccountId) -> Result<Vec<Entry>> {
        let Some(resort) = self.shared.last_resort.clone() else { return Ok(Vec::new()) };
        let mut entries = read(move || shelf::read_open(resort.folders())).await?;
        entries.retain(|entry| entry.kind().is_empty() || entry.text("account") == account.as_str());
        Ok(entries)
    }

    /// Brings back what waits now, as the coordinator itself would within a moment. The call is recorded when the store is there.
    ///
    /// # Errors
    /// When the store takes nothing.
    pub async fn ingest_last_resort(&self, deed: &Arc<Deed>) -> Result<IngestedNow> {
        let resort = self.shared.last_resort.clone();
        let before = self.last_resort_figures().await?.unwrap_or_default();
        if let Some(resort) = &resort {
            resort.hurry();
        }
        // Whatever the committer is given, it brings back first what waits.
        self.record_begin(deed).await?;
        let after = self.last_resort_figures().await?.unwrap_or_default();
        Ok(IngestedNow {
            ingested: after.ingested - before.ingested,
            already: after.already - before.already,
            set_aside: after.set_aside - before.set_aside,
            left: after.waiting,
        })
    }
}

async fn read<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let failed = |error| Error::new(Reason::Internal, format!("the last resort cannot be read: {error}"));
    spawn_blocking(read).await.map_err(io::Error::other).flatten().map_err(failed)
}
