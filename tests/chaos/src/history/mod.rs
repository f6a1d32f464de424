//! What clients said and heard, what was done to the system meanwhile, and what was found in it at the end.

mod end;
mod log;

pub(crate) use end::is_terminal;
pub use end::{BroughtBack, End, EndAttempt, EndJob, EndLedger, EndPage, EndTask, Message, Rows, SetAside};
pub use log::Log;

use serde::{Deserialize, Serialize};

/// One call: acknowledged, refused, or of unknown outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// Who called.
    pub client: String,
    /// When the first byte may have left, in microseconds of the machine's monotonic clock.
    pub sent: u64,
    /// When there was an answer, or when the client gave up.
    pub heard: u64,
    /// What was asked.
    pub said: Said,
    /// What came back.
    pub answer: Answer,
}

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// StartJob.
    Start {
        /// The request's id, which is also a label of the job.
        request: String,
        /// SHA-256 of the input.
        digest: String,
    },
    /// ControlJob.
    Control {
        /// The request's id.
        request: String,
        /// The job.
        job: String,
        /// What is done to it.
        action: String,
    },
    /// RetryTasks.
    Retry {
        /// The request's id.
        request: String,
        /// The job.
        job: String,
        /// The failed tasks.
        tasks: Vec<String>,
    },
    /// ReprocessJob.
    Reprocess {
        /// The request's id.
        request: String,
        /// The job that is gone on from.
        job: String,
    },
    /// GetJob.
    Read {
        /// The job.
        job: String,
    },
    /// LeaseTasks.
    Poll {
        /// The request's id.
        request: String,
    },
    /// HeartbeatLeases, of one lease.
    Beat {
        /// The lease.
        task: String,
        /// Its fence.
        fence: i64,
    },
    /// ReportTasks, of one task.
    Report {
        /// The job.
        job: String,
        /// The task.
        task: String,
        /// The fence of the lease.
        fence: i64,
        /// What is reported.
        report: Reported,
    },
    /// LeaseOutbox.
    LeaseOutbox {
        /// The request's id.
        request: String,
    },
    /// AckOutbox.
    AckOutbox {
        /// The lease, by the digest of its token.
        lease: String,
        /// Topic and key of the lease.
        key: String,
        /// The last message that is delivered.
        through: i64,
    },
    /// NackOutbox.
    NackOutbox {
        /// The lease, by the digest of its token.
        lease: String,
        /// Topic and key of the lease.
        key: String,
        /// Whether the key is parked.
        park: bool,
    },
}

/// How a task ended, as its worker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reported {
    /// Well.
    Completed {
        /// SHA-256 of each output.
        outputs: Vec<String>,
        /// The messages, each `key` and body.
        emits: Vec<(String, String)>,
    },
    /// Badly.
    Failed,
    /// Not at all.
    Released,
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing that says what became of it.
    Unknown,
    /// No, and why.
    Refused(String),
    /// The job.
    Started {
        /// Its id.
        job: String,
        /// Whether an earlier request had started it.
        again: bool,
        /// Whether the last resort has it, and not the store.
        held: bool,
    },
    /// The job's state, after a control or a read.
    Job {
        /// Such as `SUCCEEDED`.
        state: String,
    },
    /// The new tasks.
    Retried(Vec<String>),
    /// The leases.
    Grants(Vec<Grant>),
    /// Whether the lease is held.
    Beaten(bool),
    /// The report stands; whether it did before.
    Reported {
        /// It had been applied before.
        again: bool,
        /// Whether the last resort has it, and not the store.
        held: bool,
    },
    /// The leased messages.
    Runs(Vec<Run>),
    /// How many messages are acknowledged by this call.
    Acked(i32),
    /// The run is given back.
    Nacked,
}

/// A lease of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The job.
    pub job: String,
    /// The task.
    pub task: String,
    /// The step.
    pub step: String,
    /// The fence.
    pub fence: i64,
    /// The digest of the token.
    pub token: String,
    /// Which attempt.
    pub attempt: i32,
    /// The aggregate, where the step has it alone.
    pub exclusive: Option<String>,
    /// Who made the data that came with it: each item of the input.
    pub made: Vec<Made>,
    /// Whether the step joins.
    pub joins: bool,
}

/// Who made a piece of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The task.
    pub task: String,
    /// The fence under which it ran.
    pub fence: i64,
    /// Of how many items of a fan-out it is one.
    pub of: usize,
}

/// Leased messages of one topic and key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The lease, by the digest of its token.
    pub lease: String,
    /// Topic and key.
    pub key: String,
    /// The messages, in order: sequence and body.
    pub messages: Vec<(i64, String)>,
}

/// What a broker took: the message is delivered from here on, whatever becomes of its acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When.
    pub at: u64,
    /// The message's id.
    pub message: String,
    /// Topic and key.
    pub key: String,
    /// Its place in the key.
    pub sequence: i64,
    /// What it says.
    pub body: String,
}

/// A stretch of time in which something was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// What.
    pub what: String,
    /// The task or key that alone is concerned; none = everything.
    pub scope: Option<String>,
    /// From when.
    pub begin: u64,
    /// Until when.
    pub end: u64,
}

/// A line of a client's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// A call is about to be sent.
    Sent {
        /// Its number in this log.
        call: u64,
        /// When.
        at: u64,
        /// What it asks.
        said: Said,
    },
    /// A call has its answer.
    Heard {
        /// Its number in this log.
        call: u64,
        /// When.
        at: u64,
        /// What came back.
        answer: Answer,
    },
    /// A broker took a message.
    Delivered(Delivery),
    /// The client itself misbehaves.
    Own(Window),
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// All calls, by the time of their sending.
    pub ops: Vec<Op>,
    /// All deliveries, in their order.
    pub deliveries: Vec<Delivery>,
    /// When what was broken.
    pub windows: Vec<Window>,
}

impl History {
    /// Adds the lines of one client. A call without an answer is of unknown outcome for ever.
    pub fn add(&mut self, client: &str, lines: impl IntoIterator<Item = Line>) {
        let mut open = std::collections::HashMap::new();
        for line in lines {
            match line {
                Line::Sent { call, at, said } => {
                    let op = Op { client: client.into(), sent: at, heard: u64::MAX, said, answer: Answer::Unknown };
                    open.insert(call, self.ops.len());
                    self.ops.push(op);
                }
                Line::Heard { call, at, answer } => {
                    if let Some(place) = open.remove(&call) {
                        (self.ops[place].heard, self.ops[place].answer) = (at, answer);
                    }
                }
                Line::Delivered(delivery) => self.deliveries.push(delivery),
                Line::Own(window) => self.windows.push(window),
            }
        }
    }

    /// Puts everything into its order, when all clients are there.
    pub fn sort(&mut self) {
        self.ops.sort_by_key(|op| op.sent);
        self.deliveries.sort_by_key(|delivery| delivery.at);
    }

    /// Whether something was broken in this stretch that could concern `scope`.
    pub fn broken(&self, scope: &str, from: u64, to: u64) -> bool {
        let concerns = |window: &&Window| window.scope.as_deref().is_none_or(|own| own == scope);
        self.windows.iter().filter(concerns).any(|window| window.begin <= to && window.end >= from)
    }
}
