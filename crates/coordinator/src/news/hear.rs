//! Hearing: whatever was told, the reaction is a look that would have come anyway.

use super::Hints;
use crate::{
    coordinator::Coordinator,
    hub::Change,
    work::{Item, Work},
};
use esteira_model::Uuid;
use esteira_store::{Heard, Listener};
use std::time::Duration;

/// After an error.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Hears, until the task is ended.
pub(crate) async fn hear(coordinator: Coordinator, mut listener: Box<dyn Listener>, own: Uuid) {
    let mut is_well = true;
    loop {
        let heard = listener.hear().await;
        if let (Err(error), true) = (&heard, is_well) {
            tracing::warn!(%error, "cannot hear other coordinators; looking alone finds what they commit");
        }
        is_well = heard.is_ok();
        match heard {
            Ok(Heard::Message(message)) => match Hints::read(&message) {
                Some((from, _)) if from == own => {}
                Some((_, hints)) => {
                    coordinator.shared.news.set_company(true);
                    coordinator.look_at(hints);
                }
                None => tracing::debug!("something was told that is no news"),
            },
            Ok(Heard::Listening) => coordinator.look_at(Hints::everything()),
            Err(_) => tokio::time::sleep(PAUSE_AFTER_ERROR).await,
        }
    }
}

impl Coordinator {
    fn look_at(&self, hints: Hints) {
        let shared = &self.shared;
        if hints.everything || hints.queues {
            // A full queue has a look coming anyway.
            let _ = self.urgent.try_send(Item::Together(Work::Tick { reap: false }));
        }
        if hints.everything || hints.outbox {
            shared.outbox_ready.notify_waiters();
        }
        if hints.everything || hints.members {
            shared.members_changed.notify_one();
        }
        if hints.everything {
            shared.hub.tell_all_to_look();
        }
        let marked: Vec<bool> = hints.lanes.iter().map(|lane| shared.dispatcher.mark_backlog(lane)).collect();
        if marked.contains(&true) {
            self.claim();
        }
        hints.jobs.into_iter().for_each(|job| shared.hub.tell(job, Change::Elsewhere));
    }
}
