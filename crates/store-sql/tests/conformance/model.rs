//! The three hot tables, one aggregate and the pages of the ledger as a plain model in memory: what the verbs mean, in a few lines each.

use crate::fixture::LANE;
use esteira_model::{PageId, Task, TaskId};
use esteira_store::{Hot, LedgerPage};
use std::collections::BTreeMap;

/// The lanes of the model, in order.
pub const LANES: [&str; 3] = ["acme/other", LANE, "b"];

/// Where the model has a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Queue {
        lane: &'static str,
        rank: i32,
    },
    /// `order` counts the rows that were ever parked.
    Parked {
        due: Option<i64>,
        behind: bool,
        order: u64,
    },
    Lease {
        lane: &'static str,
        expire: i64,
        timeout: Option<i64>,
    },
}

impl Place {
    pub fn hot(&self) -> Hot {
        match self {
            Self::Queue { .. } => Hot::Queue,
            Self::Parked { .. } => Hot::Parked,
            Self::Lease { .. } => Hot::Lease,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub tasks: BTreeMap<TaskId, (Task, Place)>,
    /// Counts the rows that were ever parked.
    pub parked_ever: u64,
    /// Newest fence.
    pub fences: i64,
    /// Leaves that wait for their place in the log.
    pub pages: BTreeMap<PageId, LedgerPage>,
    /// Who holds the one aggregate.
    pub holder: Option<TaskId>,
}

/// The one aggregate's key.
pub const KEY: &str = "acme/order/1";

impl Model {
    pub fn choose(&self, number: usize) -> Option<(Task, Place)> {
        self.tasks.values().nth(number % self.tasks.len().max(1)).cloned()
    }

    pub fn place(&mut self, task: Task, place: Place) {
        self.tasks.insert(task.id, (task, place));
    }

    pub fn park(&mut self, task: Task, due: Option<i64>, behind: bool) {
        self.parked_ever += 1;
        let order = self.parked_ever;
        self.place(task, Place::Parked { due, behind, order });
    }

    pub fn claimable(&self, in_lane: &str) -> Vec<(i32, TaskId)> {
        let rank = |(id, (_, place)): (&TaskId, &(Task, Place))| match place {
            Place::Queue { lane, rank } if *lane == in_lane => Some((*rank, *id)),
            _ => None,
        };
        let mut found: Vec<_> = self.tasks.iter().filter_map(rank).collect();
        found.sort();
        found
    }

    /// Tasks that wait for the aggregate, first come first.
    pub fn waiting(&self) -> Vec<TaskId> {
        let order = |(id, (_, place)): (&TaskId, &(Task, Place))| match place {
            Place::Parked { behind: true, order, .. } => Some((*order, *id)),
            _ => None,
        };
        let mut found: Vec<_> = self.tasks.iter().filter_map(order).collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect()
    }

    pub fn due(&self, now: i64) -> Vec<TaskId> {
        let due = |(id, (_, place)): (&TaskId, &(Task, Place))| match place {
            Place::Parked { due: Some(due), order, .. } if *due <= now => Some((*due, *order, *id)),
            _ => None,
        };
        let mut found: Vec<_> = self.tasks.iter().filter_map(due).collect();
        found.sort();
        found.into_iter().map(|(_, _, id)| id).collect()
    }

    pub fn overdue(&self, now: i64) -> Vec<(i64, TaskId, bool)> {
        let end = |(id, (_, place)): (&TaskId, &(Task, Place))| match place {
            Place::Lease { expire, timeout, .. } => {
                let end = timeout.unwrap_or(*expire).min(*expire);
                (end <= now).then(|| (end, *id, timeout.is_some_and(|t| t <= now)))
            }
            _ => None,
        };
        let mut found: Vec<_> = self.tasks.iter().filter_map(end).collect();
        found.sort();
        found
    }

    pub fn next_due(&self) -> Option<i64> {
        let time = |(_, place): &(Task, Place)| match place {
            Place::Parked { due, .. } => *due,
            Place::Lease { expire, timeout, .. } => Some(timeout.unwrap_or(*expire).min(*expire)),
            Place::Queue { .. } => None,
        };
        self.tasks.values().filter_map(time).min()
    }
}
