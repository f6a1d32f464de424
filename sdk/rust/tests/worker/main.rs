//! The worker against a scripted coordinator: what it sends, in which order, and what it never sends.

mod batching;
mod fake;
mod leases;
mod outcomes;
mod resending;
mod shutdown;
mod spool;

use esteira_sdk::{
    Function,
    worker::{Error, Worker},
};
use fake::Fake;
use std::sync::Arc;
use tokio::{sync::oneshot, task::JoinHandle};

/// A worker that runs beside the test; it is asked to stop through `stop`.
struct Started {
    fake: Fake,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), Error>>,
}

/// Starts a worker with one function, and lets it register.
async fn start(slots: usize, function: impl Function) -> Started {
    start_with(slots, function, |builder| builder).await
}

async fn start_with(
    slots: usize,
    function: impl Function,
    change: impl FnOnce(esteira_sdk::worker::WorkerBuilder) -> esteira_sdk::worker::WorkerBuilder,
) -> Started {
    let mut fake = Fake::start();
    let builder = Worker::builder(&fake.endpoint)
        .worker_id("w1")
        .slots(slots)
        .functions([Arc::new(function) as Arc<dyn Function>]);
    let worker = change(builder).build().expect("a valid worker");
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    fake.register().await;
    Started { fake, stop, ended }
}
