//! Plans in a few words: `plan([step("a").to("b"), step("b")])`.

use esteira_model::{Join, NextStep, OutputType, Plan, PlanVersionId, Policy, RetryPolicy, Run, Step, Uuid};
use std::time::Duration;

/// A step while it is written.
#[derive(Clone)]
pub struct S(pub Step);

/// The id of the n-th plan of a world.
pub fn version(n: u8) -> PlanVersionId {
    PlanVersionId(Uuid::from_bytes([n; 16]))
}

/// A step with one function of the same name, one attempt and no edges.
pub fn step(key: &str) -> S {
    S(Step {
        step_key: key.into(),
        run: Run::Function(key.into()),
        config_json: "".into(),
        input_template_json: "".into(),
        output_type: OutputType::Single,
        next: Vec::new(),
        exclusive_next: false,
        join: Join::Each,
        depends_on: Vec::new(),
        retry: RetryPolicy { max_attempts: 1, ..RetryPolicy::default() },
        queue: "".into(),
        execution_timeout: None,
        lease_ttl: None,
        max_in_flight: 0,
        exclusive_aggregate: false,
        on_failure_step: "".into(),
        function_version: "".into(),
        input_policies: Vec::new(),
        output_policies: Vec::new(),
    })
}

/// A plan of these steps; it starts where nothing leads to.
pub fn plan(steps: impl IntoIterator<Item = S>) -> Plan {
    let steps = steps.into_iter().map(|step| step.0).collect();
    Plan { aggregate_type: "order".into(), policies: Vec::new(), start_steps: Vec::new(), steps }
}

/// A policy: enforced, or only recorded.
pub fn policy(name: &str, condition: &str, enforce: bool) -> Policy {
    Policy { name: name.into(), version: "1".into(), condition: condition.into(), enforce }
}

#[allow(clippy::wrong_self_convention, reason = "`to` is where the step leads, as in a plan")]
impl S {
    fn with(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(&mut self.0);
        self
    }
    /// What no worker runs is not tried again either.
    fn runs(self, run: Run) -> Self {
        self.with(|s| (s.run, s.retry) = (run, RetryPolicy::default()))
    }
    pub fn to(self, key: &str) -> Self {
        self.to_if(key, "")
    }
    pub fn to_if(self, key: &str, condition: &str) -> Self {
        self.with(|s| s.next.push(NextStep { step_key: key.into(), condition: condition.into() }))
    }
    /// The first edge that holds, instead of all that hold.
    pub fn first_match(self) -> Self {
        self.with(|s| s.exclusive_next = true)
    }
    pub fn output(self, output: OutputType) -> Self {
        self.with(|s| s.output_type = output)
    }
    pub fn multiple(self) -> Self {
        self.output(OutputType::Multiple)
    }
    pub fn none(self) -> Self {
        self.output(OutputType::None)
    }
    pub fn join(self) -> Self {
        self.with(|s| s.join = Join::All)
    }
    /// `depends_on` these.
    pub fn after(self, keys: &[&str]) -> Self {
        self.join().with(|s| s.depends_on = keys.iter().map(|key| (*key).into()).collect())
    }
    pub fn condition(self) -> Self {
        self.runs(Run::Condition)
    }
    pub fn wait(self, seconds: u64) -> Self {
        self.runs(Run::Wait(Duration::from_secs(seconds)))
    }
    /// Runs the n-th plan of the world.
    pub fn sub_plan(self, n: u8) -> Self {
        self.runs(Run::SubPlan { plan: "child".into(), version: 1, resolved: Some(version(n)) })
    }
    pub fn on_failure(self, key: &str) -> Self {
        self.with(|s| s.on_failure_step = key.into())
    }
    /// So many attempts, 10 s apart, without jitter.
    pub fn attempts(self, max: u32) -> Self {
        self.retry(|r| *r = RetryPolicy { max_attempts: max, multiplier: 1.0, jitter: 0.0, ..Self::pause(10, 10) })
    }
    fn pause(initial: u64, max: u64) -> RetryPolicy {
        let (initial_backoff, max_backoff) = (Duration::from_secs(initial), Duration::from_secs(max));
        RetryPolicy { initial_backoff, max_backoff, ..RetryPolicy::default() }
    }
    pub fn retry(self, change: impl FnOnce(&mut RetryPolicy)) -> Self {
        self.with(|s| change(&mut s.retry))
    }
    pub fn template(self, source: &str) -> Self {
        self.with(|s| s.input_template_json = source.into())
    }
    pub fn config(self, json: &str) -> Self {
        self.with(|s| s.config_json = json.into())
    }
    pub fn judge_input(self, name: &str) -> Self {
        self.with(|s| s.input_policies.push(name.into()))
    }
    pub fn judge_output(self, name: &str) -> Self {
        self.with(|s| s.output_policies.push(name.into()))
    }
}
