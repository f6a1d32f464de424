//! Writes that nobody waits for: a bounded queue a database, emptied before the process ends.

use crate::database_query::{Query, answer::Answer, connections::Backend};
use esteira_sdk::{Error, model::TaskId};
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinHandle,
};

/// Writes that wait in a queue at most; whoever comes then waits for room.
const QUEUE_MAX: usize = 1024;
/// Tries of a background write.
const TRIES_MAX: u32 = 5;
/// Pause before the second try; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// A bounded queue and the task that empties it. The task starts with the first use.
pub(crate) struct Lane<T> {
    state: Mutex<State<T>>,
}

enum State<T> {
    Idle,
    Running(Sender<T>, JoinHandle<()>),
    Drained,
}

impl<T: Send + 'static> Lane<T> {
    /// One that nobody has used.
    pub(crate) const fn new() -> Self {
        Self { state: Mutex::new(State::Idle) }
    }

    /// Puts something in, and waits while the queue is full. `start` begins the task when there is none.
    pub(crate) async fn put<F>(&self, item: T, start: impl FnOnce(Receiver<T>) -> F) -> Result<(), Error>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let unavailable = |why: &str| Error::retryable("DATABASE_UNAVAILABLE", why);
        let sender = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Drained => return Err(unavailable("this worker is about to end")),
                State::Running(sender, _) if !sender.is_closed() => sender.clone(),
                _ => {
                    let (sender, receiver) = channel(QUEUE_MAX);
                    *state = State::Running(sender.clone(), tokio::spawn(start(receiver)));
                    sender
                }
            }
        };
        sender.send(item).await.map_err(|_| unavailable("the queue of this database has ended"))
    }

    /// Takes nothing more, and waits until everything that was put in is done.
    pub(crate) async fn drain(&self) {
        let state = std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Drained);
        if let State::Running(sender, task) = state {
            drop(sender);
            if let Err(error) = task.await {
                tracing::error!(panic = error.is_panic(), "a database queue ended badly; writes in it are lost");
            }
        }
    }
}

/// The background queue of one database.
pub(crate) struct Background {
    alias: Arc<str>,
    lane: Lane<Unconfirmed>,
}

struct Unconfirmed {
    task: TaskId,
    query: Arc<Query>,
}

impl Background {
    /// An empty one.
    pub(crate) fn new(alias: &str) -> Self {
        Self { alias: alias.into(), lane: Lane::new() }
    }

    /// Takes a write. OK means only that it is in the queue.
    pub(crate) async fn hand_over(&self, backend: &Arc<Backend>, task: TaskId, query: Query) -> Result<(), Error> {
        let time = query.time;
        let write = Unconfirmed { task, query: Arc::new(query) };
        let put = self.lane.put(write, |queue| run(self.alias.clone(), backend.clone(), queue));
        match tokio::time::timeout(time, put).await {
            Ok(result) => result,
            Err(_) => Err(Error::retryable("DATABASE_BUSY", "the background queue of this database stayed full")),
        }
    }

    /// Waits until every write that was taken has happened or has failed for good.
    pub(crate) async fn drain(&self) {
        self.lane.drain().await;
    }
}

async fn run(alias: Arc<str>, backend: Arc<Backend>, mut queue: Receiver<Unconfirmed>) {
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            write = queue.recv(), if under_way.len() < backend.background_at_once() => match write {
                Some(write) => {
                    // Handed in here, one after the other, so that the order is kept.
                    let first = backend.submit(&write.query).await;
                    under_way.push(finish(alias.clone(), backend.clone(), write, first));
                }
                None => break,
            },
            Some(()) = under_way.next() => {}
        }
    }
    while under_way.next().await.is_some() {}
}

/// Waits for the first try and tries again as long as that can help.
async fn finish(
    alias: Arc<str>,
    backend: Arc<Backend>,
    write: Unconfirmed,
    first: impl Future<Output = Result<Answer, Error>>,
) {
    let mut result = first.await;
    let mut pause = PAUSE;
    for _ in 1..TRIES_MAX {
        match &result {
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(pause).await;
                pause *= 2;
                result = backend.submit(&write.query).await.await;
            }
            _ => break,
        }
    }
    if let Err(error) = result {
        // Nobody else will hear of it: the task has ended. The error holds no data.
        tracing::error!(%alias, task = %write.task, code = error.code(), reason = error.message(), "a background write is lost");
    }
}
