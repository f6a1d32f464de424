//! Runs cells of the table, a few at a time, each on a thread and a runtime of its own.

use crate::{
    proxy::Disguise,
    scenario::Scenario,
    sdk::Sdk,
    variant::Variant,
    world::{Cell, Database, World},
};
use std::{
    any::Any,
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// One cell: a scenario, an SDK, a variant.
#[derive(Clone)]
pub struct Job {
    /// What is done.
    pub scenario: &'static Scenario,
    /// With what.
    pub cell: Cell,
}

/// What came of a cell.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The SDK's name.
    pub sdk: String,
    /// The scenario's name.
    pub scenario: &'static str,
    /// The variant.
    pub variant: Variant,
    /// On which database.
    pub database: Database,
    /// Why it failed; none when it passed.
    pub failure: Option<String>,
    /// Whether it must fail.
    pub must_fail: bool,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Whether it is as it must be: passed, or failed where that is declared.
    pub fn is_as_declared(&self) -> bool {
        self.failure.is_some() == self.must_fail
    }

    /// What it is, in a line.
    pub fn line(&self) -> String {
        let cell = format!("{} {}/{} on {}", self.sdk, self.scenario, self.variant.name(), self.database.name());
        let took = self.took.as_secs_f32();
        match (&self.failure, self.must_fail) {
            (None, false) => format!("pass {cell} ({took:.1} s)"),
            (Some(_), true) => format!("known {cell} ({took:.1} s): fails, as its sdk.yaml says"),
            (None, true) => format!("FAIL {cell} ({took:.1} s): it passes, and its sdk.yaml says that it must fail"),
            (Some(why), false) => format!("FAIL {cell} ({took:.1} s): {why}"),
        }
    }
}

/// All cells of an SDK on a database: the scenarios up to its level, in their variants.
pub fn cells(sdk: &Arc<Sdk>, database: Database, wanted: impl Fn(&Scenario, Variant) -> bool) -> Vec<Job> {
    let scenarios = crate::scenario::SCENARIOS.iter().filter(|scenario| scenario.level <= sdk.level);
    let cells = scenarios.flat_map(|scenario| scenario.variants.iter().map(move |variant| (scenario, *variant)));
    let wanted = cells.filter(|(scenario, variant)| wanted(scenario, *variant));
    let job =
        |(scenario, variant)| Job { scenario, cell: Cell { sdk: Arc::clone(sdk), variant, database, disguise: None } };
    wanted.map(job).collect()
}

/// Runs them all, `parallel` at a time, and says of each what came of it as soon as it is known.
pub fn all(jobs: Vec<Job>, parallel: usize) -> Vec<Outcome> {
    let waiting = Arc::new(Mutex::new(VecDeque::from(jobs)));
    let (sender, outcomes) = mpsc::channel();
    for _ in 0..parallel {
        let (waiting, sender) = (Arc::clone(&waiting), sender.clone());
        let next = move || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        thread::spawn(move || {
            while let Some(job) = next() {
                let outcome = one(&job);
                println!("{}", outcome.line());
                // Nobody listens any more when the whole run is over.
                let _ = sender.send(outcome);
            }
        });
    }
    drop(sender);
    outcomes.iter().collect()
}

/// Runs one cell.
pub fn one(job: &Job) -> Outcome {
    let begun = Instant::now();
    let (cell, run) = (job.cell.clone(), job.scenario.run);
    let failure = apart(move || async move {
        let world = World::start(cell).await;
        run(&world).await;
        world.end().await;
    });
    let (sdk, variant, database) = (job.cell.sdk.name.clone(), job.cell.variant, job.cell.database);
    let must_fail = job.cell.sdk.must_fail(job.scenario.name, variant.name());
    Outcome { sdk, scenario: job.scenario.name, variant, database, failure, must_fail, took: begun.elapsed() }
}

/// Runs one cell with a disguised worker; why it failed.
pub fn disguised(job: &Job, disguise: fn() -> Disguise) -> Option<String> {
    let cell = Cell { disguise: Some(disguise), ..job.cell.clone() };
    one(&Job { cell, ..job.clone() }).failure
}

/// Runs it on a thread and a runtime of its own; what it panicked with.
pub fn apart<F: Future<Output = ()>>(run: impl FnOnce() -> F + Send + 'static) -> Option<String> {
    let thread = thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        runtime.block_on(run());
    });
    thread.join().err().map(said)
}

fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_else(|| "it panicked".into())
}
