//! The thread that writes: plain, without a runtime, a database or a key, so that it works when those do not.

use crate::{
    cascade::{Cascade, Held, Source, Status},
    line::OwnedRecord,
};
use esteira_model::Time;
use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
};

/// Most records that wait for the thread.
pub const QUEUE_MAX: usize = 1024;

/// What became of a record: where it is, or the record back, when no level took it.
pub type Outcome = Result<Held, OwnedRecord>;

enum Command {
    Write(OwnedRecord, Box<dyn FnOnce(Outcome) + Send>),
    Sources(SyncSender<Vec<Source>>),
    Seal(SyncSender<Vec<Source>>),
    Refill(Time, SyncSender<io::Result<()>>),
    Status(SyncSender<Vec<Status>>),
    Stop,
}

/// The way to the thread. Dropping it writes what waits and ends the thread.
#[derive(Debug)]
pub struct Writer {
    sender: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
}

/// The thread is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last-resort writer has ended")]
pub struct Ended;

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(cascade: Cascade) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let builder = std::thread::Builder::new().name("last-resort".to_owned());
        let thread = builder.spawn(move || run(cascade, &receiver))?;
        Ok(Self { sender, thread: Some(thread) })
    }

    /// Hands a record over; `then` is called on the thread with what became of it, and must not block.
    ///
    /// # Errors
    /// The record back when the queue is full or the thread is gone; `then` is not called.
    pub fn submit(&self, record: OwnedRecord, then: impl FnOnce(Outcome) + Send + 'static) -> Result<(), OwnedRecord> {
        self.sender.try_send(Command::Write(record, Box::new(then))).map_err(|error| {
            let (TrySendError::Full(command) | TrySendError::Disconnected(command)) = error;
            match command {
                Command::Write(record, _) => record,
                _ => unreachable!("what was sent comes back"),
            }
        })
    }

    /// Writes a record and waits for it. For threads that may block.
    ///
    /// # Errors
    /// The record back when no level took it.
    pub fn write(&self, record: OwnedRecord) -> Outcome {
        let (reply, outcome) = sync_channel(1);
        let kept = record.clone();
        self.submit(record, move |outcome| _ = reply.send(outcome))?;
        // Without an answer nobody knows; then the caller keeps it too.
        outcome.recv().unwrap_or(Err(kept))
    }

    /// See [`Cascade::sources`].
    ///
    /// # Errors
    /// [`Ended`].
    pub fn sources(&self) -> Result<Vec<Source>, Ended> {
        self.ask(Command::Sources)
    }

    /// See [`Cascade::seal`].
    ///
    /// # Errors
    /// [`Ended`].
    pub fn seal(&self) -> Result<Vec<Source>, Ended> {
        self.ask(Command::Seal)
    }

    /// See [`Cascade::refill`].
    ///
    /// # Errors
    /// [`Ended`] outside, the folder's error inside.
    pub fn refill(&self, now: Time) -> Result<io::Result<()>, Ended> {
        self.ask(|reply| Command::Refill(now, reply))
    }

    /// See [`Cascade::status`].
    ///
    /// # Errors
    /// [`Ended`].
    pub fn status(&self) -> Result<Vec<Status>, Ended> {
        self.ask(Command::Status)
    }

    fn ask<T>(&self, command: impl FnOnce(SyncSender<T>) -> Command) -> Result<T, Ended> {
        let (reply, answer) = sync_channel(1);
        self.sender.send(command(reply)).map_err(|_| Ended)?;
        answer.recv().map_err(|_| Ended)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Behind all that waits. Either fails only when the thread is gone.
        _ = self.sender.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn run(mut cascade: Cascade, commands: &Receiver<Command>) {
    // Whoever asked may have gone away: that changes nothing.
    for command in commands {
        match command {
            Command::Write(record, then) => match cascade.write(record.as_record()) {
                Ok(held) => then(Ok(held)),
                Err(_) => then(Err(record)),
            },
            Command::Sources(reply) => _ = reply.send(cascade.sources()),
            Command::Seal(reply) => _ = reply.send(cascade.seal()),
            Command::Refill(now, reply) => _ = reply.send(cascade.refill(now)),
            Command::Status(reply) => _ = reply.send(cascade.status()),
            Command::Stop => return,
        }
    }
}
