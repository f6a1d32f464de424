//! Plans: what an author writes, after it was parsed and before it is compiled into the engine's graph.

use crate::{closed_enum::closed_enum, id::PlanVersionId};
use std::{sync::Arc, time::Duration};

/// The project of plans for which nobody named another.
pub const PROJECT_DEFAULT: &str = "default";

closed_enum! {
    /// What a step produces.
    OutputType {
        /// One payload.
        Single = "single",
        /// Any number of payloads: one task an item in the next steps.
        Multiple = "multiple",
        /// Nothing: the next step receives this step's input.
        None = "none",
    }
}

closed_enum! {
    /// How a step treats what arrives.
    Join {
        /// One task for each arrival.
        Each = "each",
        /// One task a job, when all that leads here has come to rest; its input is the array of what arrived.
        All = "all",
    }
}

/// What a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// A function that a worker serves.
    Function(Arc<str>),
    /// Engine-native: passes its input on; its `next` conditions do the work.
    Condition,
    /// Engine-native: passes its input on after this long.
    Wait(Duration),
    /// A child job of another plan; the version is resolved and frozen at publish.
    SubPlan {
        /// Plan name as written by the author.
        plan: Arc<str>,
        /// Version as written; 0 = the default version at publish.
        version: i32,
        /// Filled at publish.
        resolved: Option<PlanVersionId>,
    },
}

/// An edge to a following step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Key of the following step.
    pub step_key: Arc<str>,
    /// CEL expression that must hold; empty = always.
    pub condition: Arc<str>,
}

/// When and how often a failed attempt is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// Pause before the second attempt.
    pub initial_backoff: Duration,
    /// Longest pause.
    pub max_backoff: Duration,
    /// Each pause is the one before times this.
    pub multiplier: f64,
    /// Share of the pause that is random, 0 to 1.
    pub jitter: f64,
    /// Codes that are never retried.
    pub non_retryable_codes: Vec<String>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: crate::limits::ATTEMPTS_DEFAULT,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
            multiplier: 2.0,
            jitter: 0.2,
            non_retryable_codes: Vec::new(),
        }
    }
}

/// A named rule over a step's input or output; its verdict is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Unique in the plan.
    pub name: Arc<str>,
    /// Author's version text, recorded with each verdict.
    pub version: Arc<str>,
    /// CEL expression over `value`; the policy passes when it is true.
    pub condition: Arc<str>,
    /// Whether a verdict of false fails the task, or is only recorded.
    pub enforce: bool,
}

/// One place in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `[a-z][a-z0-9_]{0,62}`, unique in the plan.
    pub step_key: Arc<str>,
    /// What it runs.
    pub run: Run,
    /// JSON given to the function, verbatim; "" = none.
    pub config_json: Arc<str>,
    /// Typed JSON template that builds the input; "" = what arrived.
    pub input_template_json: Arc<str>,
    /// What it produces.
    pub output_type: OutputType,
    /// Edges to the following steps.
    pub next: Vec<NextStep>,
    /// Take the first edge that holds instead of all that hold.
    pub exclusive_next: bool,
    /// How arrivals are treated.
    pub join: Join,
    /// Steps that must have ended before this one; the alternative to `next`.
    pub depends_on: Vec<Arc<str>>,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Queue to wait in; "" = the function's name.
    pub queue: Arc<str>,
    /// Longest run of one attempt.
    pub execution_timeout: Option<Duration>,
    /// Lease that workers of this step get.
    pub lease_ttl: Option<Duration>,
    /// Tasks of this step leased at once, over all jobs of the plan; 0 = no limit.
    pub max_in_flight: u32,
    /// At most one live task for each aggregate, first come first served.
    pub exclusive_aggregate: bool,
    /// Step that receives the failure instead of the job failing; "" = none.
    pub on_failure_step: Arc<str>,
    /// Version of the function that must serve it; "" = any.
    pub function_version: Arc<str>,
    /// Policies on the input.
    pub input_policies: Vec<Arc<str>>,
    /// Policies on each output.
    pub output_policies: Vec<Arc<str>>,
}

/// A plan definition: a named composition of steps with one goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Kind of aggregate that the plan moves; "" = none.
    pub aggregate_type: Arc<str>,
    /// Named rules that the steps refer to.
    pub policies: Vec<Policy>,
    /// Steps that a job begins with; empty = all that no other step leads to.
    pub start_steps: Vec<Arc<str>>,
    /// The steps, in the author's order.
    pub steps: Vec<Step>,
}
