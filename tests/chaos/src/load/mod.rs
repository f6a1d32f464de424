//! The load: plans of all shapes, clients that start jobs, operators that meddle with them, relays that deliver messages.
//! Workers are processes of their own: [`crate::worker`].

pub(crate) mod meddle;
pub(crate) mod plans;
pub(crate) mod relay;
pub(crate) mod reprocess;
pub(crate) mod start;

use std::sync::{Mutex, PoisonError};

/// What is known of the jobs that were started.
#[derive(Debug, Default)]
pub(crate) struct Known {
    jobs: Mutex<Vec<(String, usize)>>,
    /// Those that had ended when rows were looked at last.
    ended: Mutex<Vec<(String, usize)>>,
}

impl Known {
    pub fn add(&self, job: &str, number: usize) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push((job.to_owned(), number));
    }

    pub fn count(&self) -> usize {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The jobs since one, each with the number of its request.
    pub fn since(&self, first: usize) -> Vec<(String, usize)> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).iter().skip(first).cloned().collect()
    }

    /// Learns which jobs have ended, and that their rows are known.
    pub fn ended_are(&self, is_ended: impl Fn(&str) -> bool) {
        let ended = self.since(0).into_iter().filter(|(job, _)| is_ended(job)).collect();
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = ended;
    }

    /// Jobs that had ended when rows were looked at last.
    pub fn ended(&self) -> Vec<(String, usize)> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
