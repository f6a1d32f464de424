//! What is in the last resort, as far as answers depend on it: a repetition is answered alike.

use crate::{
    token::TaskToken,
    work::{Report, RequestKey},
};
use esteira_lastresort::Level;
use esteira_model::{AccountId, Job, JobId};
use hashbrown::HashMap;

/// Results and starts that are held.
#[derive(Debug, Default)]
pub(crate) struct Held {
    reports: HashMap<TaskToken, ([u8; 16], Level)>,
    starts: HashMap<JobId, (Job, Level)>,
    requests: HashMap<(AccountId, String), ([u8; 32], JobId)>,
}

/// What is known of a report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    New,
    /// This very report is held.
    Same(Level),
    /// Another one is, under the same lease.
    Another,
}

/// What is known of a start.
#[derive(Debug, PartialEq)]
pub(crate) enum KnownStart {
    /// Nothing.
    New,
    /// The same request started this job.
    Same(Box<Job>, Level),
    /// The request's id was used for another request.
    AnotherRequest,
    /// A job with that id is held.
    Taken,
}

impl Held {
    pub fn report(&mut self, report: &Report, level: Level) {
        self.reports.insert(report.token, (report.digest, level));
    }

    pub fn start(&mut self, job: &Job, request: Option<&RequestKey>, level: Level) {
        self.starts.insert(job.id, (job.clone(), level));
        if let Some(key) = request {
            self.requests.insert((key.account.clone(), key.id.clone()), (key.digest, job.id));
        }
    }

    pub fn known_report(&self, report: &Report) -> Known {
        match self.reports.get(&report.token) {
            None => Known::New,
            Some((digest, level)) if *digest == report.digest => Known::Same(*level),
            Some(_) => Known::Another,
        }
    }

    pub fn known_start(&self, job: JobId, request: Option<&RequestKey>) -> KnownStart {
        let earlier = request.and_then(|key| self.requests.get(&(key.account.clone(), key.id.clone())).zip(Some(key)));
        match earlier {
            Some(((digest, _), key)) if *digest != key.digest => return KnownStart::AnotherRequest,
            Some(((_, id), _)) => {
                if let Some((job, level)) = self.starts.get(id) {
                    return KnownStart::Same(Box::new(job.clone()), *level);
                }
            }
            None => {}
        }
        if self.starts.contains_key(&job) { KnownStart::Taken } else { KnownStart::New }
    }

    /// All of it is in the store.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
