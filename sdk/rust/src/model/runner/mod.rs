//! Runs a whole plan in this process, with no server, on the engine's own transitions.
//!
//! The coordinator and this runner decide with the same code, so the same plan on the same data gives the same
//! [`Trace`] here and there. Nothing is persisted: what the process forgets is gone. Tasks run one after the other, in
//! the order in which they became ready, so that a trace is the same in every run.
//!
//! Read in this order: `drive` (the loop), `attempt` and `execute` (one attempt), `refusal` (what a report may not hold), `memory` (what the store keeps), `load` (what
//! expressions need).

mod attempt;
mod base64;
mod compiled;
mod drive;
mod entropy;
mod execute;
mod load;
mod memory;
mod pace;
mod refusal;
mod timer;

use crate::model::{
    BoxFuture, Function, Trace, block_on,
    context::Observer,
    runner::{compiled::Library, drive::Drive, pace::Pace},
};
use esteira_engine::{Evaluate, Issue};
use esteira_model::{Actor, DataClass, Headers, Packet, Payload, Plan};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

/// Checks JSON text as the coordinator does when it receives it; the text says what is wrong.
pub(crate) type CheckJson = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// Runs plans in this process.
///
/// ```
/// # #[cfg(feature = "expr")] {
/// use esteira_sdk::{Output, function, model::{OutputType, Payload, PlanBuilder, Runner, step}};
/// let hello = function("hello", OutputType::Single, |_, _| async { Ok(Output::One(Payload::json(r#""hello""#))) });
/// let plan = PlanBuilder::new().step(step("greet", "hello")).build();
/// let trace = Runner::new().function(hello).run_blocking(&plan, Payload::json("null")).expect("a valid plan");
/// assert_eq!(trace.results, [Payload::json(r#""hello""#)]);
/// # }
/// ```
pub struct Runner {
    pub(crate) functions: HashMap<Arc<str>, Arc<dyn Function>>,
    pub(crate) plans: BTreeMap<Arc<str>, Plan>,
    pub(crate) evaluate: Box<dyn Evaluate + Send + Sync>,
    pub(crate) check_json: CheckJson,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) pace: Pace,
}

/// What a run starts with. A payload alone is a start on nobody's behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// On whose behalf, about which aggregate, on what data.
    pub packet: Packet,
    /// Free labels; conditions can read them.
    pub labels: BTreeMap<String, String>,
    /// What the data is for; DEVTEST unless it is set.
    pub data_class: DataClass,
}

impl From<Packet> for Start {
    fn from(packet: Packet) -> Self {
        Self { packet, labels: BTreeMap::new(), data_class: DataClass::Devtest }
    }
}

impl From<Payload> for Start {
    fn from(data: Payload) -> Self {
        Packet { actor: Actor::default(), aggregate: None, data, headers: Headers::new() }.into()
    }
}

/// Why a plan could not be run to its end. A job that fails is not an error: its trace says how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// The plan, or a sub-plan, has errors.
    PlanInvalid {
        /// Name of the sub-plan; "" for the plan itself.
        plan_name: Arc<str>,
        /// What is wrong, by place.
        issues: Vec<Issue>,
    },
    /// The plan uses functions that the runner does not have.
    FunctionMissing(Vec<Arc<str>>),
    /// What the run starts with is not acceptable: its data, aggregate, headers or labels.
    InputInvalid(String),
    /// Sub-plans nest deeper than the contract allows.
    TooDeep,
    /// The engine refused what the runner asked for, or nothing can happen any more although the job has not ended.
    Stuck(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlanInvalid { plan_name, issues } => {
                write!(f, "the plan {plan_name:?} has {} issues", issues.len())?;
                issues.iter().try_for_each(|issue| write!(f, "; {} {}: {}", issue.path, issue.code, issue.message))
            }
            Self::FunctionMissing(names) => write!(f, "no function serves {names:?}"),
            Self::InputInvalid(why) => write!(f, "the input is not acceptable: {why}"),
            Self::TooDeep => f.write_str("sub-plans nest too deeply"),
            Self::Stuck(why) => write!(f, "the run cannot go on: {why}"),
        }
    }
}

impl std::error::Error for RunError {}

#[cfg(feature = "expr")]
impl Default for Runner {
    fn default() -> Self {
        Self::new()
    }
}

impl Runner {
    /// A runner without functions, with esteira's own expressions.
    #[cfg(feature = "expr")]
    pub fn new() -> Self {
        let mut runner = Self::with_evaluate(esteira_expr::Evaluator::new());
        runner.check_json = Box::new(|text| esteira_expr::check_json(text).map_err(|error| error.to_string()));
        runner
    }

    /// A runner without functions, with another language of conditions and templates. JSON text is not checked.
    pub fn with_evaluate(evaluate: impl Evaluate + Send + Sync + 'static) -> Self {
        Self {
            functions: HashMap::new(),
            plans: BTreeMap::new(),
            evaluate: Box::new(evaluate),
            check_json: Box::new(|_| Ok(())),
            observer: Arc::new(()),
            pace: Pace::real(),
        }
    }

    /// Adds a function; one of the same name takes the place of the earlier one.
    pub fn function(mut self, function: impl Function) -> Self {
        self.functions.insert(function.spec().name, Arc::new(function));
        self
    }

    /// Adds functions.
    pub fn functions(mut self, functions: impl IntoIterator<Item = Arc<dyn Function>>) -> Self {
        self.functions.extend(functions.into_iter().map(|function| (function.spec().name, function)));
        self
    }

    /// Adds a plan that other plans can run as a step.
    pub fn plan(mut self, name: impl Into<Arc<str>>, plan: Plan) -> Self {
        self.plans.insert(name.into(), plan);
        self
    }

    /// Sees what functions log and save while they run.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// Does not wait: pauses before retries and `wait` steps pass at once on a clock of the runner's own, in the order in
    /// which they would end if retries had no jitter, and execution time-outs never come. For tests.
    pub fn skip_waits(mut self) -> Self {
        self.pace = Pace::skipping();
        self
    }

    /// Runs a plan to its end. May be awaited on any runtime; functions run on the one that polls it.
    pub fn run<'a>(&'a self, plan: &'a Plan, start: impl Into<Start>) -> BoxFuture<'a, Result<Trace, RunError>> {
        let start = start.into();
        Box::pin(async move {
            if let Some(why) = refusal::of_start(&self.check_json, &start) {
                return Err(RunError::InputInvalid(why));
            }
            let library = Library::compile(self, plan)?;
            Drive::new(self, library).run(start).await
        })
    }

    /// Runs a plan to its end on this thread.
    pub fn run_blocking(&self, plan: &Plan, start: impl Into<Start>) -> Result<Trace, RunError> {
        block_on(self.run(plan, start))
    }
}

#[cfg(all(test, feature = "expr"))]
mod tests;
