//! Parked polls and which lanes have a backlog. A cache only: every grant is fenced again in the store, so losing all of
//! this costs nothing but a poll (INV-POLL). Ready tasks themselves are never kept here.

use crate::{grant::Grant, lane::Lane, token::TaskToken};
use esteira_model::{AccountId, JobId, TaskId};
use hashbrown::{HashMap, HashSet};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Identifies a poll: the same account, worker and request id is the same poll, sent again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PollKey {
    /// Tenant.
    pub account: AccountId,
    /// Worker.
    pub worker_id: String,
    /// Its id of the poll.
    pub request_id: String,
}

/// A poll that waits for tasks.
#[derive(Debug)]
pub struct Poll {
    /// Which.
    pub key: PollKey,
    /// Functions it serves with the version registered for each.
    pub functions: Vec<(String, String)>,
    /// Queues it takes from; empty = a queue named like each function.
    pub queues: Vec<String>,
    /// Leases that it takes at most.
    pub max_leases: usize,
    /// The lease length that it asks for.
    pub ttl: Option<Duration>,
    /// Tells it from another one under the same key.
    number: u64,
    reserved: usize,
    reply: Option<oneshot::Sender<Vec<Grant>>>,
}

impl Poll {
    /// A new poll.
    pub fn new(
        key: PollKey,
        functions: Vec<(String, String)>,
        queues: Vec<String>,
        max_leases: usize,
        ttl: Option<Duration>,
    ) -> Self {
        Self { key, functions, queues, max_leases, ttl, number: 0, reserved: 0, reply: None }
    }

    fn takes(&self, lane: &Lane) -> bool {
        self.reserved < self.max_leases
            && self.key.account.as_str() == lane.account
            && self
                .functions
                .iter()
                .any(|(name, version)| *name == lane.function && (lane.version.is_empty() || *version == lane.version))
            && (if self.queues.is_empty() { lane.queue == lane.function } else { self.queues.contains(&lane.queue) })
    }
}

/// A place in a poll that the committer holds until it has committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The poll.
    pub poll: PollKey,
    /// The lease length that it asks for.
    pub ttl: Option<Duration>,
    /// The version that it registered for the lane's function.
    pub function_version: String,
}

/// A lane with a backlog that polls wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The lane's text form.
    pub text: String,
    /// The lane.
    pub lane: Lane,
    /// Places in the polls that wait.
    pub places: usize,
    /// Which mark of the backlog this is about.
    pub mark: u64,
}

#[derive(Default)]
struct State {
    polls: HashMap<PollKey, Poll>,
    by_function: HashMap<String, VecDeque<PollKey>>,
    /// Each with the number of its newest mark.
    backlog: HashMap<String, (Lane, u64)>,
    marks: u64,
    paused: BTreeSet<(String, String)>,
    delivered: HashMap<PollKey, Vec<Grant>>,
    delivered_to: HashMap<(JobId, TaskId), PollKey>,
    parked: u64,
}

/// Parked polls and lanes with a backlog.
#[derive(Default)]
pub struct Dispatcher {
    state: Mutex<State>,
}

impl Dispatcher {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leases that this poll got before and that are still its own.
    pub fn delivered(&self, key: &PollKey) -> Vec<Grant> {
        self.state().delivered.get(key).cloned().unwrap_or_default()
    }

    /// Parks a poll; one that was parked under the same key ends empty. Answers with the poll's key and number, and whether
    /// a lane that it takes has a backlog.
    pub fn park(&self, mut poll: Poll) -> (PollKey, u64, oneshot::Receiver<Vec<Grant>>, bool) {
        let mut state = self.state();
        state.parked += 1;
        poll.number = state.parked;
        if poll.key.request_id.is_empty() {
            poll.key.request_id = format!("\u{1}{}", poll.number);
        }
        let (sender, receiver) = oneshot::channel();
        poll.reply = Some(sender);
        let (key, number) = (poll.key.clone(), poll.number);
        if let Some(before) = state.polls.get(&key) {
            poll.reserved = before.reserved;
        } else {
            for (name, _) in &poll.functions {
                state.by_function.entry(name.clone()).or_default().push_back(key.clone());
            }
        }
        let wanted = state.backlog.values().any(|(lane, _)| poll.takes(lane) && !state.is_paused(lane));
        state.polls.insert(key.clone(), poll);
        (key, number, receiver, wanted)
    }

    /// Takes a poll back. `false` when the committer holds a place in it: its answer is on the way. One that was sent again
    /// meanwhile is another poll, and stays (INV-POLL).
    pub fn unpark(&self, key: &PollKey, number: u64) -> bool {
        let mut state = self.state();
        match state.polls.get(key) {
            Some(poll) if poll.number != number => true,
            Some(poll) if poll.reserved > 0 => false,
            _ => {
                state.remove(key);
                true
            }
        }
    }

    /// Ends the parked polls of a worker with an empty answer.
    pub fn end_polls(&self, account: &AccountId, worker_id: &str) {
        let mut state = self.state();
        let keys: Vec<PollKey> =
            state.polls.keys().filter(|key| key.account == *account && key.worker_id == worker_id).cloned().collect();
        for key in keys
            .iter()
            .filter(|key| state.polls.get(*key).is_some_and(|poll| poll.reserved == 0))
            .cloned()
            .collect::<Vec<_>>()
        {
            state.remove(&key);
        }
    }

    /// A place for a task that became ready in this transaction, unless older ones wait in its lane.
    pub fn reserve_hand_off(&self, text: &str, lane: &Lane) -> Option<Reservation> {
        let mut state = self.state();
        if state.backlog.contains_key(text) || state.is_paused(lane) {
            return None;
        }
        state.reserve(lane)
    }

    /// A place for a task that a claim took.
    pub fn reserve_claimed(&self, lane: &Lane) -> Option<Reservation> {
        self.state().reserve(lane)
    }

    /// Gives places back: the transaction failed.
    pub fn give_back(&self, reservations: &[Reservation]) {
        let mut state = self.state();
        for reservation in reservations {
            if let Some(poll) = state.polls.get_mut(&reservation.poll) {
                poll.reserved = poll.reserved.saturating_sub(1);
            }
        }
    }

    /// Answers polls, after COMMIT. The grants are kept, so that the same poll sent again gets them again (INV-POLL).
    pub fn deliver(&self, grants: Vec<(PollKey, Grant)>) {
        let mut state = self.state();
        let mut answers: HashMap<PollKey, Vec<Grant>> = HashMap::new();
        for (key, grant) in grants {
            answers.entry(key).or_default().push(grant);
        }
        for (key, grants) in answers {
            let reply = state.remove(&key).and_then(|poll| poll.reply);
            state.remember(&key, &grants);
            if let Some(reply) = reply {
                // The caller has gone: the same request id gets the grants, or their leases run out.
                let _ = reply.send(grants);
            }
        }
    }

    /// Remembers a grant of before a restart.
    pub fn remember(&self, key: &PollKey, grants: &[Grant]) {
        self.state().remember(key, grants);
    }

    /// Forgets a grant: its task moved on.
    pub fn forget(&self, leases: impl Iterator<Item = (JobId, TaskId)>) {
        let mut state = self.state();
        for lease in leases {
            if let Some(key) = state.delivered_to.remove(&lease) {
                let empty = state.delivered.get_mut(&key).is_some_and(|grants| {
                    grants.retain(|grant| (grant.lease.job, grant.lease.task) != lease);
                    grants.is_empty()
                });
                if empty {
                    state.delivered.remove(&key);
                }
            }
        }
    }

    /// The grant of a lease, if it is kept.
    pub fn grant_of(&self, lease: &TaskToken) -> Option<Grant> {
        let state = self.state();
        let grants = state.delivered.get(state.delivered_to.get(&(lease.job, lease.task))?)?;
        grants.iter().find(|grant| grant.lease == *lease).cloned()
    }

    /// Whether a worker waits in a poll or holds a lease.
    pub fn is_there(&self, account: &AccountId, worker_id: &str) -> bool {
        let state = self.state();
        let own = |key: &&PollKey| key.account == *account && key.worker_id == worker_id;
        state.polls.keys().chain(state.delivered.keys()).any(|key| own(&key))
    }

    /// Workers that wait in a poll or hold a lease.
    pub fn there(&self) -> HashSet<(AccountId, String)> {
        let state = self.state();
        let keys = state.polls.keys().chain(state.delivered.keys());
        keys.map(|key| (key.account.clone(), key.worker_id.clone())).collect()
    }

    /// Leases of the grants that are kept.
    pub fn kept(&self) -> Vec<TaskToken> {
        let state = self.state();
        state.delivered.values().flat_map(|grants| grants.iter().map(|grant| grant.lease)).collect()
    }

    /// Forgets grants whose leases ended elsewhere; a newer grant of the same task stays.
    pub fn forget_ended(&self, ended: &HashSet<TaskToken>) {
        let mut state = self.state();
        state.delivered.retain(|_, grants| {
            grants.retain(|grant| !ended.contains(&grant.lease));
            !grants.is_empty()
        });
        let State { delivered, delivered_to, .. } = &mut *state;
        for task in ended.iter().map(|lease| (lease.job, lease.task)) {
            let kept = |grants: &Vec<Grant>| grants.iter().any(|grant| (grant.lease.job, grant.lease.task) == task);
            if !delivered_to.get(&task).and_then(|key| delivered.get(key)).is_some_and(kept) {
                delivered_to.remove(&task);
            }
        }
    }

    /// A lane has ready tasks. Says whether a poll waits for them.
    pub fn mark_backlog(&self, text: &str) -> bool {
        let Some(lane) = Lane::parse(text) else { return false };
        let mut state = self.state();
        let wanted = !state.is_paused(&lane) && state.has_taker(&lane);
        state.marks += 1;
        let mark = state.marks;
        state.backlog.insert(text.to_owned(), (lane, mark));
        wanted
    }

    /// A lane has no more ready tasks, unless it was marked again since this mark: then somebody has put one there after the
    /// claim had looked.
    pub fn clear_backlog(&self, text: &str, mark: u64) {
        let mut state = self.state();
        if state.backlog.get(text).is_some_and(|(_, newest)| *newest == mark) {
            state.backlog.remove(text);
        }
    }

    /// Lanes with a backlog that polls wait for, each with the places there are; by name, so that coordinators that lock lanes
    /// with a limit do so in one order.
    pub fn demand(&self) -> Vec<Demand> {
        let state = self.state();
        let lanes = state.backlog.iter().filter(|(_, (lane, _))| !state.is_paused(lane));
        let mut wanted: Vec<_> = lanes
            .map(|(text, (lane, mark))| (text, lane, state.places(lane), *mark))
            .filter(|(_, _, places, _)| *places > 0)
            .map(|(text, lane, places, mark)| Demand { text: text.clone(), lane: lane.clone(), places, mark })
            .collect();
        wanted.sort_unstable_by(|a, b| a.text.cmp(&b.text));
        wanted
    }

    /// Pauses or opens a queue.
    pub fn set_paused(&self, account: &AccountId, queue: &str, paused: bool) {
        let key = (account.as_str().to_owned(), queue.to_owned());
        let mut state = self.state();
        if paused {
            state.paused.insert(key);
        } else {
            state.paused.remove(&key);
        }
    }

    /// These queues are paused, and no others.
    pub fn replace_paused(&self, queues: Vec<(AccountId, String)>) {
        self.state().paused = queues.into_iter().map(|(account, queue)| (account.as_str().to_owned(), queue)).collect();
    }

    /// Whether a queue is paused.
    pub fn is_paused(&self, account: &AccountId, queue: &str) -> bool {
        self.state().paused.contains(&(account.as_str().to_owned(), queue.to_owned()))
    }

    /// Queues of an account that are paused.
    pub fn paused_queues(&self, account: &AccountId) -> Vec<String> {
        self.state()
            .paused
            .iter()
            .filter(|(owner, _)| owner == account.as_str())
            .map(|(_, queue)| queue.clone())
            .collect()
    }

    /// Polls that wait now.
    pub fn parked_polls(&self) -> usize {
        self.state().polls.len()
    }
}

impl State {
    fn is_paused(&self, lane: &Lane) -> bool {
        !self.paused.is_empty() && self.paused.contains(&(lane.account.clone(), lane.queue.clone()))
    }

    fn takers<'s>(&'s self, lane: &'s Lane) -> impl Iterator<Item = &'s Poll> {
        let keys = self.by_function.get(&lane.function);
        keys.into_iter().flatten().filter_map(|key| self.polls.get(key)).filter(|poll| poll.takes(lane))
    }

    fn has_taker(&self, lane: &Lane) -> bool {
        self.takers(lane).next().is_some()
    }

    fn places(&self, lane: &Lane) -> usize {
        self.takers(lane).map(|poll| poll.max_leases - poll.reserved).sum()
    }

    fn reserve(&mut self, lane: &Lane) -> Option<Reservation> {
        let key = self
            .takers(lane)
            .find(|poll| poll.reply.as_ref().is_some_and(|reply| !reply.is_closed()))
            .map(|poll| poll.key.clone())?;
        let poll = self.polls.get_mut(&key)?;
        poll.reserved += 1;
        let function_version = poll
            .functions
            .iter()
            .find(|(name, _)| *name == lane.function)
            .map(|(_, version)| version.clone())
            .unwrap_or_default();
        let ttl = poll.ttl;
        Some(Reservation { poll: key, ttl, function_version })
    }

    fn remove(&mut self, key: &PollKey) -> Option<Poll> {
        let poll = self.polls.remove(key)?;
        for (name, _) in &poll.functions {
            if let Some(keys) = self.by_function.get_mut(name) {
                // Answered polls stand near the front: the search is short.
                if let Some(at) = keys.iter().position(|parked| parked == key) {
                    keys.remove(at);
                }
                if keys.is_empty() {
                    self.by_function.remove(name);
                }
            }
        }
        Some(poll)
    }

    fn remember(&mut self, key: &PollKey, grants: &[Grant]) {
        let delivered = self.delivered.entry(key.clone()).or_default();
        for grant in grants {
            self.delivered_to.insert((grant.lease.job, grant.lease.task), key.clone());
            if !delivered.iter().any(|known| known.lease == grant.lease) {
                delivered.push(grant.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot::error::TryRecvError;

    /// INV-POLL: what is fetched from the store may be here already, and no worker may get one lease twice.
    #[test]
    fn a_grant_that_is_remembered_twice_is_there_once() {
        let dispatcher = Dispatcher::default();
        let key = PollKey { account: AccountId::new("a"), worker_id: "w".into(), request_id: "r".into() };
        let id = |n: u8| esteira_model::Uuid::from_bytes([n; 16]);
        let grant = |task: u8, fence: i64| {
            let lease = TaskToken { job: JobId(id(1)), task: TaskId(id(task)), fence };
            crate::grant::of_lease(lease)
        };
        dispatcher.remember(&key, &[grant(1, 1)]);
        dispatcher.remember(&key, &[grant(1, 1), grant(2, 1)]);
        let fences = |dispatcher: &Dispatcher| {
            let delivered = dispatcher.delivered(&key);
            delivered.iter().map(|grant| (grant.lease.task, grant.lease.fence)).collect::<Vec<_>>()
        };
        assert_eq!(fences(&dispatcher), [(TaskId(id(1)), 1), (TaskId(id(2)), 1)]);
    }

    /// INV-FENCE: what ended is forgotten, what was granted again meanwhile stays.
    #[test]
    fn a_grant_that_ended_elsewhere_is_forgotten() {
        let dispatcher = Dispatcher::default();
        let key = |poll: &str| PollKey { account: AccountId::new("a"), worker_id: "w".into(), request_id: poll.into() };
        let id = |n: u8| esteira_model::Uuid::from_bytes([n; 16]);
        let lease = |task: u8, fence: i64| TaskToken { job: JobId(id(1)), task: TaskId(id(task)), fence };
        let grant = |task: u8, fence: i64| crate::grant::of_lease(lease(task, fence));
        dispatcher.remember(&key("r"), &[grant(1, 1), grant(2, 1), grant(3, 1)]);
        let ended: HashSet<_> = dispatcher.kept().into_iter().filter(|lease| lease.task != TaskId(id(2))).collect();
        dispatcher.remember(&key("s"), &[grant(3, 2)]);
        dispatcher.forget_ended(&ended);
        let mut kept = dispatcher.kept();
        kept.sort_unstable_by_key(|lease| lease.task);
        assert_eq!(kept, [lease(2, 1), lease(3, 2)]);
        dispatcher.forget([(JobId(id(1)), TaskId(id(3))), (JobId(id(1)), TaskId(id(2)))].into_iter());
        assert!(dispatcher.kept().is_empty() && dispatcher.there().is_empty());
    }

    /// A lane that was marked while a claim looked is looked at again.
    #[tokio::test]
    async fn an_older_claim_does_not_clear_a_newer_mark() {
        let dispatcher = Dispatcher::default();
        let lane = "a|f|f|||0";
        let key = PollKey { account: AccountId::new("a"), worker_id: "w".into(), request_id: "r".into() };
        let _parked = dispatcher.park(Poll::new(key, vec![("f".into(), String::new())], Vec::new(), 1, None));
        assert!(dispatcher.mark_backlog(lane));
        let before = dispatcher.demand().remove(0);
        assert_eq!((before.text.as_str(), before.places), (lane, 1));
        dispatcher.mark_backlog(lane);
        dispatcher.clear_backlog(lane, before.mark);
        let after = dispatcher.demand().remove(0);
        dispatcher.clear_backlog(lane, after.mark);
        assert!(dispatcher.demand().is_empty());
    }

    /// INV-POLL.
    #[tokio::test]
    async fn the_end_of_a_poll_leaves_the_one_that_was_sent_again() {
        let dispatcher = Dispatcher::default();
        let key = PollKey { account: AccountId::new("a"), worker_id: "w".into(), request_id: "r".into() };
        let poll = || Poll::new(key.clone(), vec![("f".into(), String::new())], Vec::new(), 1, None);
        let (_, first, gone, _) = dispatcher.park(poll());
        let (_, second, mut waits, _) = dispatcher.park(poll());
        assert!(gone.await.is_err(), "the first one ends empty");
        assert!(dispatcher.unpark(&key, first));
        assert_eq!((dispatcher.parked_polls(), waits.try_recv().err()), (1, Some(TryRecvError::Empty)));
        assert!(dispatcher.unpark(&key, second));
        assert_eq!((dispatcher.parked_polls(), waits.try_recv().err()), (0, Some(TryRecvError::Closed)));
    }
}
