//! Queues: what waits in them, and pausing them.

use crate::{coordinator::Coordinator, error::Result, lane::Lane, work::Principal};
use esteira_model::Time;
use std::collections::BTreeMap;

/// A queue of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// Its name: a function's, unless a step chose another.
    pub name: String,
    /// Whether an operator paused it.
    pub paused: bool,
    /// Tasks that wait for a worker.
    pub ready: i64,
    /// Tasks that workers run.
    pub leased: i64,
    /// When the oldest ready task was created.
    pub oldest_ready: Option<Time>,
    /// Whether a worker seen lately serves each function in it.
    pub served: bool,
}

impl Coordinator {
    /// Queues that hold tasks or are paused, by name.
    pub async fn list_queues(&self, principal: &Principal) -> Result<Vec<Queue>> {
        let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
        for count in self.shared.reader.lane_counts().await? {
            let Some(lane) = Lane::parse(&count.lane).filter(|lane| lane.account == principal.account.as_str()) else {
                continue;
            };
            let served = self.is_served(principal, &lane);
            let queue = queues.entry(lane.queue.clone()).or_insert_with(|| Queue {
                name: lane.queue,
                served: true,
                ..Queue::default()
            });
            queue.ready += count.ready;
            queue.leased += count.leased;
            queue.served &= served;
            queue.oldest_ready = [queue.oldest_ready, count.oldest_ready].into_iter().flatten().min();
        }
        for name in self.shared.dispatcher.paused_queues(&principal.account) {
            queues.entry(name.clone()).or_insert_with(|| Queue { name, served: true, ..Queue::default() }).paused =
                true;
        }
        Ok(queues.into_values().collect())
    }

    /// Whether a worker serves the function of this lane: it polls, runs a task, or did so a moment ago.
    pub fn is_served(&self, principal: &Principal, lane: &Lane) -> bool {
        let shared = &self.shared;
        let is_there = |worker: &str| shared.dispatcher.is_there(&principal.account, worker);
        shared.workers.serve(&principal.account, &lane.function, &lane.version, shared.clock.now(), is_there)
    }

    /// Whether an operator paused this queue.
    pub fn is_queue_paused(&self, principal: &Principal, name: &str) -> bool {
        self.shared.dispatcher.is_paused(&principal.account, name)
    }

    /// Pauses or opens a queue.
    pub async fn pause_queue(&self, principal: &Principal, name: String, paused: bool) -> Result<()> {
        let account = principal.account.clone();
        let (stored_account, stored_name) = (account.clone(), name.clone());
        self.transact(move |unit| {
            Box::pin(async move { Ok(unit.put_queue(&stored_account, &stored_name, paused).await?) })
        })
        .await?;
        self.shared.dispatcher.set_paused(&account, &name, paused);
        self.shared.news.add(|hints| hints.queues = true);
        if !paused {
            self.claim();
        }
        Ok(())
    }
}
