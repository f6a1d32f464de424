//! Composes functions into a plan, in code.
//!
//! ```
//! use esteira_sdk::model::{OutputType, PlanBuilder, step};
//! let plan = PlanBuilder::new()
//!     .step(step("read", "orders.read").output(OutputType::Multiple).then("check"))
//!     .step(step("check", "order.check").then_if("ship", "output.ok == true"))
//!     .step(step("ship", "order.ship").output(OutputType::None))
//!     .build();
//! assert_eq!(plan.steps.len(), 3);
//! ```
//!
//! Nothing is checked here: the engine checks a plan as a whole, when it is run or published.

use esteira_model::{Join, NextStep, OutputType, Plan, Policy, RetryPolicy, Run, Step};
use std::{sync::Arc, time::Duration};

/// Builds a [`Plan`] step by step.
#[derive(Debug, Clone)]
pub struct PlanBuilder {
    plan: Plan,
}

/// Builds one step of a plan; begun by [`step`], [`condition`], [`wait`] or [`sub_plan`].
#[derive(Debug, Clone)]
pub struct StepBuilder {
    step: Step,
}

impl Default for PlanBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PlanBuilder {
    /// A plan without steps.
    pub fn new() -> Self {
        Self {
            plan: Plan { aggregate_type: "".into(), policies: Vec::new(), start_steps: Vec::new(), steps: Vec::new() },
        }
    }

    /// The kind of aggregate that the plan moves.
    pub fn aggregate_type(mut self, kind: impl Into<Arc<str>>) -> Self {
        self.plan.aggregate_type = kind.into();
        self
    }

    /// The steps that a job begins with; without them all that no other step leads to.
    pub fn start_steps(mut self, step_keys: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.plan.start_steps = step_keys.into_iter().map(Into::into).collect();
        self
    }

    /// A rule that fails the step when it does not hold: a CEL expression over `value`.
    pub fn policy(
        self,
        name: impl Into<Arc<str>>,
        version: impl Into<Arc<str>>,
        condition: impl Into<Arc<str>>,
    ) -> Self {
        self.named_rule(name.into(), version.into(), condition.into(), true)
    }

    /// A rule whose verdict is only recorded.
    pub fn observing_policy(
        self,
        name: impl Into<Arc<str>>,
        version: impl Into<Arc<str>>,
        condition: impl Into<Arc<str>>,
    ) -> Self {
        self.named_rule(name.into(), version.into(), condition.into(), false)
    }

    fn named_rule(mut self, name: Arc<str>, version: Arc<str>, condition: Arc<str>, enforce: bool) -> Self {
        self.plan.policies.push(Policy { name, version, condition, enforce });
        self
    }

    /// Adds a step.
    pub fn step(mut self, step: StepBuilder) -> Self {
        self.plan.steps.push(step.step);
        self
    }

    /// The plan as described.
    pub fn build(self) -> Plan {
        self.plan
    }
}

/// A step that runs a function; it produces one payload unless [`StepBuilder::output`] says otherwise.
pub fn step(key: impl Into<Arc<str>>, function_name: impl Into<Arc<str>>) -> StepBuilder {
    StepBuilder::new(key.into(), Run::Function(function_name.into()), OutputType::Single)
}

/// A step that only decides where its input goes on, by its edges' conditions.
pub fn condition(key: impl Into<Arc<str>>) -> StepBuilder {
    StepBuilder::new(key.into(), Run::Condition, OutputType::Single)
}

/// A step that passes its input on after a pause.
pub fn wait(key: impl Into<Arc<str>>, pause: Duration) -> StepBuilder {
    let config = format!(r#"{{"duration":"{}ms"}}"#, pause.as_millis());
    StepBuilder::new(key.into(), Run::Wait(pause), OutputType::Single).config(config)
}

/// A step that runs another plan, by name, in its default version.
pub fn sub_plan(key: impl Into<Arc<str>>, plan_name: impl Into<Arc<str>>) -> StepBuilder {
    let run = Run::SubPlan { plan: plan_name.into(), version: 0, resolved: None };
    StepBuilder::new(key.into(), run, OutputType::Single)
}

impl StepBuilder {
    fn new(step_key: Arc<str>, run: Run, output_type: OutputType) -> Self {
        let empty: Arc<str> = "".into();
        Self {
            step: Step {
                step_key,
                run,
                config_json: empty.clone(),
                input_template_json: empty.clone(),
                output_type,
                next: Vec::new(),
                exclusive_next: false,
                join: Join::Each,
                depends_on: Vec::new(),
                retry: RetryPolicy::default(),
                queue: empty.clone(),
                execution_timeout: None,
                lease_ttl: None,
                max_in_flight: 0,
                exclusive_aggregate: false,
                on_failure_step: empty.clone(),
                function_version: empty,
                input_policies: Vec::new(),
                output_policies: Vec::new(),
            },
        }
    }

    /// What the step produces.
    pub fn output(mut self, output_type: OutputType) -> Self {
        self.step.output_type = output_type;
        self
    }

    /// JSON given to the function as its configuration.
    pub fn config(mut self, json: impl Into<Arc<str>>) -> Self {
        self.step.config_json = json.into();
        self
    }

    /// Typed JSON template that builds the input.
    pub fn input(mut self, template_json: impl Into<Arc<str>>) -> Self {
        self.step.input_template_json = template_json.into();
        self
    }

    /// Each output goes to this step.
    pub fn then(self, step_key: impl Into<Arc<str>>) -> Self {
        self.then_if(step_key, "")
    }

    /// Each output for which the CEL expression holds goes to this step.
    pub fn then_if(mut self, step_key: impl Into<Arc<str>>, condition: impl Into<Arc<str>>) -> Self {
        self.step.next.push(NextStep { step_key: step_key.into(), condition: condition.into() });
        self
    }

    /// Takes the first edge that holds instead of all that hold.
    pub fn first_match(mut self) -> Self {
        self.step.exclusive_next = true;
        self
    }

    /// Runs once, on the array of all that arrived, when everything that leads here has come to rest.
    pub fn join_all(mut self) -> Self {
        self.step.join = Join::All;
        self
    }

    /// Runs once, when these steps have ended, on the array of their outputs; the alternative to edges.
    pub fn depends_on(mut self, step_keys: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.step.depends_on = step_keys.into_iter().map(Into::into).collect();
        self.join_all()
    }

    /// When and how often a failed attempt is tried again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.step.retry = retry;
        self
    }

    /// Attempts in all, the first included.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.step.retry.max_attempts = attempts;
        self
    }

    /// Longest run of one attempt.
    pub fn execution_timeout(mut self, timeout: Duration) -> Self {
        self.step.execution_timeout = Some(timeout);
        self
    }

    /// The step that receives a failure instead of the job failing.
    pub fn on_failure(mut self, step_key: impl Into<Arc<str>>) -> Self {
        self.step.on_failure_step = step_key.into();
        self
    }

    /// At most one task at a time for each aggregate.
    pub fn exclusive_aggregate(mut self) -> Self {
        self.step.exclusive_aggregate = true;
        self
    }

    /// A policy on the input, by name.
    pub fn input_policy(mut self, name: impl Into<Arc<str>>) -> Self {
        self.step.input_policies.push(name.into());
        self
    }

    /// A policy on each output, by name.
    pub fn output_policy(mut self, name: impl Into<Arc<str>>) -> Self {
        self.step.output_policies.push(name.into());
        self
    }

    /// Changes anything else about the step.
    pub fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(&mut self.step);
        self
    }
}
