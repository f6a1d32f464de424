//! A conformance worker as a process, with a proxy of its own in front of the coordinator.

use crate::proxy::{Call, Proxy};
use esteira_e2e::{Process, until};
use esteira_sdk::client::v1;
use std::time::Duration;
use tokio::time::Instant;

/// How long something may take that needs no waiting.
pub const SOON: Duration = Duration::from_secs(40);

/// A worker that runs, and what it says to the coordinator.
pub struct Worker {
    /// Its id.
    pub id: String,
    /// The process.
    pub process: Process,
    /// What it talks through.
    pub proxy: Proxy,
}

impl Worker {
    /// Sends SIGTERM and insists that it ends by itself, with exit code 0; how long that took.
    pub async fn stop(&mut self, limit: Duration) -> Duration {
        assert!(self.process.is_running(), "it had ended; its log ends with:\n{}", self.process.log_tail());
        let told = Instant::now();
        self.process.terminate();
        self.ends_well(limit).await;
        told.elapsed()
    }

    /// Insists that it ends by itself, with exit code 0.
    pub async fn ends_well(&mut self, limit: Duration) {
        let status = self.process.ended(limit).await;
        assert!(status.success(), "it ended with {status}; its log ends with:\n{}", self.process.log_tail());
    }

    /// Waits until it has a connection.
    pub async fn connected(&self) {
        let connected = async || self.proxy.is_connected().then_some(());
        until(SOON, &format!("{} connects", self.id), connected).await;
    }

    /// Waits until it waits for work.
    pub async fn parked(&self) {
        let parked = async || self.proxy.is_open("LeaseTasks").then_some(());
        until(SOON, &format!("{} waits for work", self.id), parked).await;
    }

    /// Waits until a function runs that gives a checkpoint: until a heartbeat with one is answered.
    pub async fn runs(&self) {
        let kept = |calls: &[Call]| {
            let beats = calls.iter().filter(|call| call.method == "HeartbeatLeases" && call.answer.is_some());
            let mut beats = beats.flat_map(|call| call.request::<v1::HeartbeatLeasesRequest>().beats);
            beats.any(|beat| beat.checkpoint.is_some()).then_some(())
        };
        self.shows("it has sent a checkpoint", kept).await
    }

    /// Waits until its calls show something.
    pub async fn shows<T>(&self, what: &str, look: impl Fn(&[Call]) -> Option<T>) -> T {
        until(SOON, &format!("{what}: {}", self.id), async || look(&self.proxy.calls())).await
    }
}

/// Leases that an answer brings.
pub fn leases(call: &Call) -> Vec<v1::TaskLease> {
    let lease = match call.method.as_str() {
        "LeaseTasks" => call.answer::<v1::LeaseTasksResponse>(),
        "ReportTasks" => call.answer::<v1::ReportTasksResponse>().and_then(|answer| answer.lease),
        _ => None,
    };
    lease.map(|lease| lease.leases).unwrap_or_default()
}

/// What became of reports, of all that were answered.
pub fn outcomes(calls: &[Call]) -> Vec<v1::ReportOutcome> {
    let reports = calls.iter().filter(|call| call.method == "ReportTasks");
    reports.filter_map(Call::answer::<v1::ReportTasksResponse>).flat_map(|answer| answer.outcomes).collect()
}

/// What was reported, in every call.
pub fn reports(calls: &[Call]) -> Vec<v1::TaskReport> {
    let reports = calls.iter().filter(|call| call.method == "ReportTasks");
    reports.flat_map(|call| call.request::<v1::ReportTasksRequest>().reports).collect()
}
