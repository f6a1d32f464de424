//! The fleet: worker processes that can be killed, stopped and started again, each incarnation with a history of its own.

use super::signal::{self, Signal};
use crate::worker::seed_of;
use esteira_e2e::Process;
use std::{path::PathBuf, time::Duration};
use tokio::process::Command;

/// How many there are.
pub(crate) const COUNT: usize = 3;

/// A fleet.
pub(crate) struct Workers {
    program: PathBuf,
    urls: Vec<String>,
    history: PathBuf,
    seed: u64,
    running: Vec<Process>,
    incarnations: usize,
}

impl Workers {
    pub fn new(program: PathBuf, urls: Vec<String>, history: PathBuf, seed: u64) -> Self {
        Self { program, urls, history, seed, running: Vec::new(), incarnations: 0 }
    }

    /// Starts all.
    pub async fn start(&mut self) {
        for _ in 0..COUNT {
            let worker = self.spawn().await;
            self.running.push(worker);
        }
    }

    /// The folder of histories.
    pub fn history(&self) -> &PathBuf {
        &self.history
    }

    async fn spawn(&mut self) -> Process {
        self.incarnations += 1;
        let id = format!("w{}", self.incarnations);
        let mut command = Command::new(&self.program);
        command.arg("worker").args(["--id", &id, "--seed", &seed_of(self.seed, &id).to_string(), "--folder"]);
        command.arg(&self.history);
        for url in &self.urls {
            command.args(["--server", url]);
        }
        let mut process = Process::start(&id, command, &self.history.join("workers.log"));
        process.line("worker: ready").await;
        process
    }

    /// The process of one.
    pub fn id(&self, number: usize) -> Option<u32> {
        self.running.get(number).and_then(Process::id)
    }

    /// kill -9 of one; whether it ran until then.
    pub async fn kill9(&mut self, number: usize) -> bool {
        let Some(worker) = self.running.get_mut(number) else { return false };
        let ran = worker.id().is_some_and(|id| signal::send(id, Signal::Kill));
        worker.ended(Duration::from_secs(30)).await.code().is_none() && ran
    }

    /// Another one in the place of one that was killed.
    pub async fn replace(&mut self, number: usize) {
        self.running[number] = self.spawn().await;
    }

    /// Waits until all have ended, after they were told to.
    pub async fn ended(&mut self) {
        for worker in &mut self.running {
            worker.ended(Duration::from_secs(60)).await;
        }
    }
}
