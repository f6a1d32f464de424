//! Jobs that are offered in an open loop, and what became of each.

use crate::bench::{
    arrivals::Schedule,
    load::{Caller, Crew},
    meter::{Latencies, Meter},
};
use esteira_contract::v1::{TaskLease, payload::Body};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tonic::Code;

/// Jobs of one schedule after another. A job's data is its number, and no two schedules share one.
#[derive(Default)]
pub struct Offers {
    due: Mutex<Vec<Instant>>,
    accepted: Arc<Meter>,
    refused: Arc<Meter>,
    began: Meter,
    one_began: Notify,
}

/// What became of them.
pub struct Offered {
    /// From the intended start to the answer.
    pub accepted: Latencies,
    /// From the intended start to the refusal, RESOURCE_EXHAUSTED.
    pub refused: Latencies,
    /// From the intended start to the worker's lease.
    pub began: Latencies,
}

impl Offers {
    /// Offers jobs at a rate for so long, and waits until each is accepted or refused. Any other answer is an error. All
    /// that a schedule before this one offered must have begun.
    pub async fn play(&self, callers: &[Caller], per_second: f64, time: Duration) -> Result<(), String> {
        for meter in [&*self.accepted, &*self.refused, &self.began] {
            meter.open();
        }
        let first = self.due.lock().unwrap_or_else(PoisonError::into_inner).len();
        let mut arrivals = Schedule::new(per_second, time).play()?;
        let mut calls = Crew::default();
        while let Some(arrival) = arrivals.recv().await {
            self.due.lock().unwrap_or_else(PoisonError::into_inner).push(arrival.due);
            let mut caller = callers[arrival.number % callers.len()].clone();
            let (accepted, refused) = (self.accepted.clone(), self.refused.clone());
            calls.add(async move {
                match caller.start(&(first + arrival.number).to_string()).await {
                    Ok(_) => accepted.note(arrival.due.elapsed()),
                    Err(status) if status.code() == Code::ResourceExhausted => refused.note(arrival.due.elapsed()),
                    Err(status) => return Err(status),
                }
                Ok(())
            });
        }
        calls.ended().await
    }

    /// A worker has the task of a job.
    pub fn began(&self, lease: &TaskLease) {
        let data = lease.packet.as_ref().and_then(|packet| packet.data.as_ref());
        let Some(Body::Json(text)) = data.and_then(|data| data.body.as_ref()) else { return };
        let number: Option<usize> = text.parse().ok();
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(due) = number.and_then(|number| due.get(number)) {
            self.began.note(due.elapsed());
            self.one_began.notify_one();
        }
    }

    /// Waits until as many jobs have begun as were accepted.
    pub async fn all_began(&self) {
        while self.began.count() < self.accepted.count() {
            self.one_began.notified().await;
        }
    }

    /// What became of them all.
    pub fn take(&self) -> Offered {
        Offered { accepted: self.accepted.close(), refused: self.refused.close(), began: self.began.close() }
    }
}
