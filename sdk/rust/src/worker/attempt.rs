//! One execution of one function under one lease.

use crate::{
    model::{
        BoxFuture, CancelReason, Cancellation, Context, Error, Function, Invocation, Level, Observer, Outcome, Payload,
        Usage, clock,
    },
    worker::{
        append::append,
        convert::{self, Lease},
        heartbeat::Heartbeats,
        limits::Limits,
        report::{Ending, Report, decide},
        rpc::Rpc,
        usage::{Measured, PeakMemory},
    },
};
use esteira_contract::v1;
use std::{sync::Arc, time::Duration};

/// What all attempts of a worker share.
pub(crate) struct Surroundings {
    pub(crate) rpc: Rpc,
    pub(crate) heartbeats: Heartbeats,
    pub(crate) peak_memory: PeakMemory,
    /// How long a cancelled function may go on.
    pub(crate) cancel_grace: Duration,
}

/// An attempt after it ended; without a report when the lease was lost.
pub(crate) struct Ended {
    pub(crate) token: String,
    pub(crate) report: Option<v1::TaskReport>,
    /// The lease's capsule.
    pub(crate) capsule: Vec<u8>,
}

/// Runs the function and says what to report. The lease must be kept already.
pub(crate) async fn attempt(
    around: Arc<Surroundings>,
    function: Arc<dyn Function>,
    lease: Lease,
    cancellation: Cancellation,
    limits: Limits,
) -> Ended {
    let Lease { token, execution_timeout, mut invocation, input, capsule, .. } = lease;
    let (begun, start_time) = (clock::instant(), clock::wall());
    invocation.deadline = execution_timeout.map(|timeout| begun + timeout);
    let voice = Voice { token: token.clone(), around: Arc::clone(&around), payload_bytes_max: limits.payload_bytes };
    let cx = Context::new(invocation, cancellation.clone(), voice);
    let running: BoxFuture<'_, Result<Outcome, Error>> = Box::pin(async { function.execute(&cx, input).await });
    let mut running = Measured::new(running);
    let ending = drive(&mut running, &cancellation, execution_timeout, around.cancel_grace).await;
    let usage = Usage {
        cpu_time: running.cpu_time(),
        wall_time: begun.elapsed(),
        peak_rss_bytes: around.peak_memory.bytes(),
        ..Usage::default()
    };
    drop(running);
    let end_time = clock::wall();
    if !around.heartbeats.end(&token) {
        return Ended { token, report: None, capsule };
    }
    let report = decide(ending, cx.take_said(), cx.invocation(), cancellation.reason(), &limits);
    let outcome = match report {
        Report::Ready(outcome) => Some(outcome),
        Report::Append(chunks, completion) => append(&around.rpc, &token, chunks, completion).await,
    };
    let report = outcome.map(|outcome| v1::TaskReport {
        lease_token: token.clone(),
        outcome: Some(outcome),
        usage: Some(convert::usage_out(usage)),
        start_time: Some(start_time.into()),
        end_time: Some(end_time.into()),
        ..Default::default()
    });
    Ended { token, report, capsule }
}

/// Until the function ends, or until its grace after a cancellation is over.
async fn drive(
    running: &mut Measured<'_, Result<Outcome, Error>>,
    cancellation: &Cancellation,
    execution_timeout: Option<Duration>,
    cancel_grace: Duration,
) -> Ending {
    let overdue = async {
        match execution_timeout {
            None => {
                cancellation.cancelled().await;
            }
            Some(timeout) => tokio::select! {
                _ = cancellation.cancelled() => {}
                () = tokio::time::sleep(timeout) => cancellation.cancel(CancelReason::Timeout),
            },
        }
        tokio::time::sleep(cancel_grace).await;
    };
    tokio::select! {
        biased;
        ended = running => ended.map_or_else(Ending::Panicked, Ending::Returned),
        () = overdue => Ending::Abandoned,
    }
}

/// Carries what a function says while it runs.
struct Voice {
    token: String,
    around: Arc<Surroundings>,
    payload_bytes_max: usize,
}

impl Observer for Voice {
    fn log(&self, invocation: &Invocation, level: Level, message: &str) {
        let (job, task, step, attempt) = (invocation.job, invocation.task, &invocation.step_key, invocation.attempt);
        match level {
            Level::Debug => tracing::debug!(%job, %task, %step, attempt, "{message}"),
            Level::Info => tracing::info!(%job, %task, %step, attempt, "{message}"),
            Level::Warn => tracing::warn!(%job, %task, %step, attempt, "{message}"),
            Level::Error => tracing::error!(%job, %task, %step, attempt, "{message}"),
        }
    }

    fn checkpoint(&self, invocation: &Invocation, checkpoint: &Payload) {
        if checkpoint.bytes().len() <= self.payload_bytes_max {
            self.around.heartbeats.checkpoint(&self.token, checkpoint.clone());
        } else {
            tracing::warn!(task = %invocation.task, bytes = checkpoint.bytes().len(), "checkpoint is too large and was dropped");
        }
    }
}
