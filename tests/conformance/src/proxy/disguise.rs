//! What is changed on the way, so that a right worker becomes another: one bound to a queue, or a wrong one.

use bytes::Bytes;
use esteira_sdk::client::v1::{self, completion::Output, payload::Body, task_report::Outcome};
use prost::Message;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// A number that a double cannot hold, and what becomes of it in one.
const BIG: (&str, &str) = ("9007199254740993", "9007199254740992");

/// How a worker looks to the coordinator, and the coordinator to the worker.
#[derive(Debug)]
pub enum Disguise {
    /// Right: it leases from this queue alone.
    Queue(String),
    /// Wrong: each poll is a new question, also when it is sent again.
    NewRequestIds(Mutex<u64>),
    /// Wrong: a lost lease is taken as one that is held.
    IgnoresLost,
    /// Wrong: it goes on when the coordinator drains it.
    IgnoresDrain,
    /// Wrong: numbers pass through a double.
    RoundsNumbers,
    /// Wrong: its heartbeats never leave.
    NoHeartbeats,
    /// Wrong: what was reported once without an answer is taken as delivered.
    ForgetsReports(Mutex<HashSet<String>>),
    /// Wrong: items come last to first.
    ReversesItems,
    /// Wrong: checkpoints stay at home.
    DropsCheckpoints,
    /// Wrong: each message is emitted twice.
    EmitsTwice,
    /// Wrong: it leases more than it can run.
    Hoards,
    /// Wrong: a capsule that is wanted is not sent.
    KeepsCapsules,
}

impl Disguise {
    /// The message that the coordinator gets instead of the worker's.
    pub(super) fn request(&self, method: &str, message: Bytes) -> Bytes {
        match method {
            "LeaseTasks" => changed(message, |poll| self.poll(poll)),
            "ReportTasks" => changed(message, |sent: &mut v1::ReportTasksRequest| {
                sent.lease.iter_mut().for_each(|poll| self.poll(poll));
                sent.reports.iter_mut().for_each(|report| self.report(report));
            }),
            "HeartbeatLeases" if matches!(self, Self::DropsCheckpoints) => {
                changed(message, |sent: &mut v1::HeartbeatLeasesRequest| {
                    sent.beats.iter_mut().for_each(|beat| beat.checkpoint = None);
                })
            }
            _ => message,
        }
    }

    /// What the worker is told without the coordinator being asked.
    pub(super) fn instead(&self, method: &str, message: &Bytes) -> Option<Bytes> {
        match (self, method) {
            (Self::NoHeartbeats, "HeartbeatLeases") => {
                let asked = v1::HeartbeatLeasesRequest::decode(message.clone()).ok()?;
                let held = |beat: v1::LeaseBeat| v1::LeaseVerdict {
                    lease_token: beat.lease_token,
                    status: v1::LeaseStatus::Active.into(),
                    ..Default::default()
                };
                let verdicts = asked.beats.into_iter().map(held).collect();
                Some(v1::HeartbeatLeasesResponse { verdicts, ..Default::default() }.encode_to_vec().into())
            }
            (Self::ForgetsReports(sent), "ReportTasks") => {
                let asked = v1::ReportTasksRequest::decode(message.clone()).ok()?;
                let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
                let tokens: Vec<String> = asked.reports.into_iter().map(|report| report.lease_token).collect();
                if tokens.iter().filter(|token| sent.insert((*token).clone())).count() > 0 {
                    return None;
                }
                let taken = |lease_token| v1::ReportOutcome { lease_token, ..Default::default() };
                let outcomes = tokens.into_iter().map(taken).collect();
                Some(v1::ReportTasksResponse { outcomes, ..Default::default() }.encode_to_vec().into())
            }
            _ => None,
        }
    }

    /// The message that the worker gets instead of the coordinator's.
    pub(super) fn answer(&self, method: &str, message: Bytes) -> Bytes {
        match (self, method) {
            (Self::IgnoresLost, "HeartbeatLeases") => changed(message, |answer: &mut v1::HeartbeatLeasesResponse| {
                for verdict in answer.verdicts.iter_mut().filter(|it| it.status() == v1::LeaseStatus::Lost) {
                    verdict.set_status(v1::LeaseStatus::Active);
                }
            }),
            (Self::IgnoresDrain, "LeaseTasks") => {
                changed(message, |answer: &mut v1::LeaseTasksResponse| go_on(&mut answer.directive))
            }
            (Self::IgnoresDrain, "HeartbeatLeases") => {
                changed(message, |answer: &mut v1::HeartbeatLeasesResponse| go_on(&mut answer.directive))
            }
            (Self::IgnoresDrain, "ReportTasks") => changed(message, |answer: &mut v1::ReportTasksResponse| {
                answer.lease.iter_mut().for_each(|lease| go_on(&mut lease.directive));
            }),
            _ => message,
        }
    }

    fn poll(&self, poll: &mut v1::LeaseTasksRequest) {
        match self {
            Self::Queue(queue) => poll.queues = vec![queue.clone()],
            Self::NewRequestIds(count) => {
                let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
                *count += 1;
                poll.request_id = format!("question-{count}");
            }
            Self::Hoards => poll.max_leases = 100,
            _ => {}
        }
    }

    fn report(&self, report: &mut v1::TaskReport) {
        if matches!(self, Self::KeepsCapsules) {
            report.capsule = Bytes::new();
        }
        match &mut report.outcome {
            Some(Outcome::Completed(completion)) => self.completion(completion),
            Some(Outcome::Failed(failing)) if matches!(self, Self::DropsCheckpoints) => failing.checkpoint = None,
            _ => {}
        }
    }

    fn completion(&self, completion: &mut v1::Completion) {
        match (self, &mut completion.output) {
            (Self::RoundsNumbers, Some(Output::Single(v1::Payload { body: Some(Body::Json(text)), sha256, .. }))) => {
                *text = text.replace(BIG.0, BIG.1);
                *sha256 = Bytes::new();
            }
            (Self::ReversesItems, Some(Output::Multiple(outputs))) => outputs.items.reverse(),
            (Self::EmitsTwice, _) => completion.emit.extend_from_within(..),
            _ => {}
        }
    }
}

fn go_on(directive: &mut i32) {
    *directive = v1::WorkerDirective::Continue.into();
}

fn changed<M: Message + Default>(message: Bytes, change: impl FnOnce(&mut M)) -> Bytes {
    let mut read = M::decode(message).expect("workers send messages of this RPC");
    change(&mut read);
    read.encode_to_vec().into()
}
