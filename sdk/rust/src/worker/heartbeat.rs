//! The thread that renews leases. It has a runtime and a connection of its own, so that no function can starve it.

use crate::{
    client::{fraction, wire},
    model::{CancelReason, Cancellation, Payload, clock},
    worker::{
        leases::{Beat, Leases, Verdict},
        limits::Limits,
        rpc::Rpc,
    },
};
use esteira_contract::v1;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, mpsc, watch};
use tonic::Code;

/// What the coordinator asks of the worker, besides what it says about single leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directive {
    /// Lease no more, finish what runs, then stop.
    Drain,
    /// Register again.
    Register,
}

impl Directive {
    /// None for CONTINUE and for what this version does not know.
    pub(crate) fn read(value: i32) -> Option<Self> {
        match v1::WorkerDirective::try_from(value) {
            Ok(v1::WorkerDirective::Drain) => Some(Self::Drain),
            Ok(v1::WorkerDirective::Register) => Some(Self::Register),
            _ => None,
        }
    }
}

/// Keeps the leases of a worker. The thread ends when this is dropped.
pub(crate) struct Heartbeats {
    shared: Arc<Shared>,
    _stop: watch::Sender<()>,
}

#[derive(Default)]
struct Shared {
    leases: Mutex<Leases>,
    wake: Notify,
}

impl Shared {
    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heartbeats {
    /// Starts the thread; directives go to `directives`.
    pub(crate) fn start(worker_id: &str, rpc: &Rpc, directives: mpsc::Sender<Directive>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = watch::channel(());
        let beater = Beater { worker_id: worker_id.into(), rpc: rpc.apart(), shared: Arc::clone(&shared), directives };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("esteira-heartbeat".into())
            .spawn(move || runtime.block_on(beater.run(stopped)))?;
        Ok(Self { shared, _stop: stop })
    }

    /// Begins to keep a lease.
    pub(crate) fn hold(&self, token: &str, ttl: Duration, sent: Instant, cancellation: Cancellation) {
        self.shared.leases().hold(token.into(), ttl, sent, cancellation, fraction());
        self.shared.wake.notify_one();
    }

    /// The function has ended: true when the lease is still held and a report makes sense.
    pub(crate) fn end(&self, token: &str) -> bool {
        self.shared.leases().end(token)
    }

    /// Whether the lease is held as far as is known.
    pub(crate) fn holds(&self, token: &str) -> bool {
        self.shared.leases().holds(token)
    }

    /// Stops keeping a lease.
    pub(crate) fn forget(&self, token: &str) {
        self.shared.leases().forget(token);
    }

    /// Sends a checkpoint with the next beat, which comes soon.
    pub(crate) fn checkpoint(&self, token: &str, checkpoint: Payload) {
        self.shared.leases().checkpoint(token, checkpoint, clock::instant());
        self.shared.wake.notify_one();
    }
}

struct Beater {
    worker_id: String,
    rpc: Rpc,
    shared: Arc<Shared>,
    directives: mpsc::Sender<Directive>,
}

impl Beater {
    /// Until `stopped` is closed.
    async fn run(self, mut stopped: watch::Receiver<()>) {
        tokio::select! {
            _ = stopped.changed() => {}
            () = self.beat() => {}
        }
    }

    async fn beat(&self) {
        let limits = Limits::default();
        loop {
            let (beats, wake, patience) = {
                let (now, mut leases) = (clock::instant(), self.shared.leases());
                leases.expire(now);
                let beats = leases.due(now, limits.leases_per_call, limits.message_bytes);
                (beats, leases.wake(), leases.patience(now))
            };
            if !beats.is_empty() {
                self.send(beats, patience).await;
                continue;
            }
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    async fn send(&self, beats: Vec<Beat>, patience: Duration) {
        let beat_out = |beat: &Beat| v1::LeaseBeat {
            lease_token: beat.token.clone(),
            checkpoint: beat.checkpoint.as_ref().map(wire::payload_out),
            lease_ttl: None,
        };
        let request = v1::HeartbeatLeasesRequest {
            worker_id: self.worker_id.clone(),
            beats: beats.iter().map(beat_out).collect(),
        };
        match self.rpc.heartbeat(request, patience).await {
            Ok(answer) => {
                let verdicts = read_verdicts(&beats, &answer.value.verdicts);
                self.shared.leases().answered(&beats, &verdicts, answer.sent, fraction());
                if let Some(directive) = Directive::read(answer.value.directive) {
                    // Full: the same directive is waiting already.
                    let _ = self.directives.try_send(directive);
                }
            }
            Err(status) => {
                tracing::debug!(code = %status.code(), message = status.message(), "heartbeat not answered");
                // A checkpoint that is refused must not cost the leases that travel with it.
                let keep_checkpoints = status.code() != Code::InvalidArgument;
                if !keep_checkpoints {
                    tracing::warn!(message = status.message(), "checkpoints refused and dropped");
                }
                self.shared.leases().unanswered(beats, clock::instant(), fraction(), keep_checkpoints);
            }
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}

/// The verdict on each beat, at the beat's place; none where the coordinator said nothing that can be used.
fn read_verdicts(beats: &[Beat], verdicts: &[v1::LeaseVerdict]) -> Vec<Option<Verdict>> {
    let by_token: HashMap<&str, &v1::LeaseVerdict> =
        verdicts.iter().map(|verdict| (verdict.lease_token.as_str(), verdict)).collect();
    let read = |verdict: &&v1::LeaseVerdict| {
        let ttl = wire::duration_in(verdict.lease_ttl);
        match v1::LeaseStatus::try_from(verdict.status).ok()? {
            v1::LeaseStatus::Unspecified => None,
            v1::LeaseStatus::Active => Some(Verdict::Held(ttl, None)),
            v1::LeaseStatus::CancelRequested => Some(Verdict::Held(ttl, Some(cancel_reason(&verdict.reason)))),
            v1::LeaseStatus::Lost => Some(Verdict::Lost),
        }
    };
    beats.iter().map(|beat| by_token.get(beat.token.as_str()).and_then(read)).collect()
}

fn cancel_reason(text: &str) -> CancelReason {
    match text {
        "DRAIN" => CancelReason::Drain,
        _ => CancelReason::Job,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_matched_by_token() {
        let beat = |token: &str| Beat { token: token.into(), checkpoint: None };
        let verdict = |token: &str, status: i32, reason: &str| v1::LeaseVerdict {
            lease_token: token.into(),
            status,
            reason: reason.into(),
            lease_ttl: None,
        };
        let verdicts = [
            verdict("d", v1::LeaseStatus::CancelRequested.into(), "SOMETHING_NEW"),
            verdict("c", v1::LeaseStatus::Lost.into(), "LEASE_LOST"),
            verdict("b", 99, ""),
            verdict("e", v1::LeaseStatus::CancelRequested.into(), "DRAIN"),
        ];
        let read = read_verdicts(&["a", "b", "c", "d", "e"].map(beat), &verdicts);
        let held = |reason| Some(Verdict::Held(None, Some(reason)));
        assert_eq!(read, [None, None, Some(Verdict::Lost), held(CancelReason::Job), held(CancelReason::Drain)]);
    }

    #[test]
    fn an_unknown_directive_is_continue() {
        assert_eq!(
            [0, 1, 2, 3, 99].map(Directive::read),
            [None, None, Some(Directive::Drain), Some(Directive::Register), None]
        );
    }
}
