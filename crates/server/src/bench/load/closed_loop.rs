//! A closed loop: so many jobs in flight, each caller starts its next one when the last has ended.

use super::{Caller, Calls, Crew, DATA, Plan, Worker, connect, publish, work};
use crate::bench::{
    command::Arguments,
    meter::{Latencies, Meter},
    row::{About, Row},
    stage::Stage,
    window::{Spent, Window},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How workers report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    /// One task a call; each call leases the next.
    Unary,
    /// Up to 100 tasks a call.
    Batched,
    /// As a worker does that is another process.
    Elsewhere,
}

impl Reports {
    /// Its name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::Batched => "batched",
            Self::Elsewhere => "sdk",
        }
    }
}

/// Slots of all workers together, with unary reports.
const SLOTS_MAX: usize = 128;
/// Worker processes with batched reports, and tasks of one call.
const BATCHING_WORKERS: usize = 4;
const BATCH_MAX: usize = 100;

/// The load.
#[derive(Debug, Clone, Copy)]
pub struct ClosedLoop {
    /// Steps of a job.
    pub steps: usize,
    /// Jobs in flight.
    pub in_flight: usize,
    /// How workers report.
    pub reports: Reports,
    /// How callers get their results.
    pub calls: Calls,
    /// Callers that share a connection.
    pub callers_per_connection: usize,
    /// Slots of a worker, which has one connection.
    pub slots_per_worker: usize,
}

/// A closed loop that goes on.
pub struct Playing {
    load: ClosedLoop,
    meter: Arc<Meter>,
    over: Arc<AtomicBool>,
    callers: Crew,
    workers: Crew,
}

impl ClosedLoop {
    /// With the connections that the command line asks for.
    pub fn new(arguments: &Arguments, steps: usize, in_flight: usize, reports: Reports) -> Self {
        Self {
            steps,
            in_flight,
            reports,
            calls: Calls::default(),
            callers_per_connection: arguments.callers_per_connection as usize,
            slots_per_worker: arguments.slots_per_worker as usize,
        }
    }

    /// Publishes the plan and plays.
    pub async fn start(self, stage: &Stage) -> Result<Playing, String> {
        publish(stage, if self.reports == Reports::Elsewhere { Plan::Kit } else { Plan::Chain(self.steps) }).await?;
        let (slots, per_worker, max_leases) = match self.reports {
            Reports::Unary => (self.in_flight.min(SLOTS_MAX), self.slots_per_worker, 1),
            Reports::Elsewhere => (0, 1, 1),
            Reports::Batched => (BATCHING_WORKERS, 1, (self.in_flight / BATCHING_WORKERS).clamp(4, BATCH_MAX)),
        };
        let (meter, over) = (Arc::<Meter>::default(), Arc::<AtomicBool>::default());
        let (mut callers, mut workers) = (Crew::default(), Crew::default());
        for (slot, channel) in connect(stage, slots, per_worker)?.into_iter().enumerate() {
            let worker_id = format!("bench-{}", slot / per_worker);
            workers.add(work(Worker { max_leases, ..Worker::new(channel, worker_id) }));
        }
        for channel in connect(stage, self.in_flight, self.callers_per_connection)? {
            let (mut caller, meter, over) = (Caller::new(channel, self.calls), meter.clone(), over.clone());
            callers.add(async move {
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    caller.run(DATA).await?;
                    meter.note(begun.elapsed());
                }
                Ok(())
            });
        }
        Ok(Playing { load: self, meter, over, callers, workers })
    }

    /// Plays on an empty stage and measures once.
    pub async fn measure(
        self,
        arguments: &Arguments,
        stage: &mut Stage,
        scenario: &'static str,
        variant: String,
    ) -> Result<Row, String> {
        let mut playing = self.start(stage).await?;
        playing.pass(arguments.warm_up()).await?;
        let (latencies, spent) = playing.window(stage, arguments.measured()).await?;
        let row = self.row(stage, scenario, variant, &latencies, spent);
        playing.end().await?;
        Ok(row)
    }

    /// A row of this load.
    pub fn row(
        self,
        stage: &Stage,
        scenario: &'static str,
        variant: String,
        latencies: &Latencies,
        spent: Spent,
    ) -> Row {
        let about = About {
            scenario,
            variant,
            steps: self.steps,
            in_flight: Some(self.in_flight),
            reports: Some(self.reports.name()),
            latency_of: "start's call to the job's end",
        };
        Row::new(about, stage, latencies.count(), latencies, spent)
    }
}

impl Playing {
    /// Lets time pass.
    pub async fn pass(&mut self, time: Duration) -> Result<(), String> {
        self.watch(sleep(time)).await
    }

    /// Waits for something, and fails when one of those at work does meanwhile.
    pub async fn watch<T>(&mut self, something: impl Future<Output = T>) -> Result<T, String> {
        let Self { callers, workers, .. } = self;
        workers.during(callers.during(something)).await?
    }

    /// Measures for so long.
    pub async fn window(&mut self, stage: &mut Stage, measured: Duration) -> Result<(Latencies, Spent), String> {
        let window = Window::open(stage).await?;
        self.meter.open();
        let meter = self.meter.clone();
        self.watch(meter.pass(measured)).await?;
        let latencies = self.meter.close();
        let spent = window.close(stage).await?;
        match latencies.count() {
            0 => Err(format!("no job of {} steps ended while it was measured", self.load.steps)),
            _ => Ok((latencies, spent)),
        }
    }

    /// Ends when the last jobs have.
    pub async fn end(mut self) -> Result<(), String> {
        self.over.store(true, Ordering::Relaxed);
        let Self { callers, workers, .. } = &mut self;
        workers.during(callers.ended()).await?
    }
}
