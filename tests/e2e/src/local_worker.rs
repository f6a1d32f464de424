//! A worker on the SDK inside the test.

use crate::wait::within;
use esteira_sdk::{
    model::Function,
    worker::{Error, Worker},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle};

/// How long a worker may take to end.
const ENDED_MAX: Duration = Duration::from_secs(10);

/// A worker that serves until it is stopped, or until the test ends.
#[derive(Debug)]
pub struct LocalWorker {
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), Error>>,
}

impl LocalWorker {
    /// Serves these functions, as many tasks at once as there are slots.
    pub fn start(url: &str, slots: usize, functions: impl IntoIterator<Item = Arc<dyn Function>>) -> Self {
        let worker = Worker::builder(url).functions(functions).slots(slots).build().expect("the worker can be built");
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(worker.run(async {
            // A test that fails drops the sender: the worker ends then too.
            let _ = stopped.await;
        }));
        Self { stop, running }
    }

    /// Drains it and insists on a clean end.
    pub async fn stop(self) {
        drop(self.stop);
        let ended = within(ENDED_MAX, "the worker ends", self.running).await.expect("the worker does not panic");
        ended.expect("the worker ends well");
    }
}
