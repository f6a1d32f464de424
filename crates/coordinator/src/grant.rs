//! A grant: everything that a worker needs to run one task (no second call, no plan to fetch).

use esteira_model::{Actor, AggregateRef, DataClass, Headers, OutputType, Payload, PlanVersionId, Run};
use esteira_store::Leased;
use std::{sync::Arc, time::Duration};

use crate::{
    catalog::Compiled,
    token::{TaskToken, Tokens},
};

/// A lease as its worker gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The right to run it.
    pub token: String,
    /// What the token says.
    pub lease: TaskToken,
    /// The plan version.
    pub plan_version: PlanVersionId,
    /// The step.
    pub step_key: Arc<str>,
    /// The function to run.
    pub function: Arc<str>,
    /// Counts from 1.
    pub attempt: u32,
    /// On whose behalf.
    pub actor: Arc<Actor>,
    /// The job's purge label.
    pub data_class: DataClass,
    /// The job's headers.
    pub headers: Arc<Headers>,
    /// The aggregate to move.
    pub aggregate: Option<AggregateRef>,
    /// The data.
    pub input: Payload,
    /// The step's config, verbatim.
    pub config_json: Arc<str>,
    /// What the function must produce.
    pub output_type: OutputType,
    /// What an attempt before saved.
    pub checkpoint: Option<Payload>,
    /// The lease's length between two heartbeats.
    pub ttl: Duration,
    /// Longest run.
    pub execution_timeout: Option<Duration>,
}

/// Builds the grant of a lease.
pub(crate) fn build(
    tokens: &Tokens,
    compiled: &Compiled,
    job: &esteira_model::Job,
    leased: &Leased,
    input: Payload,
    checkpoint: Option<Payload>,
) -> Grant {
    let node = compiled.graph.node(leased.task.step);
    let function = match &node.step.run {
        Run::Function(name) => name.clone(),
        _ => "".into(),
    };
    let lease = TaskToken { job: job.id, task: leased.task.id, fence: leased.task.fence };
    Grant {
        token: tokens.task(&lease),
        lease,
        plan_version: job.plan_version,
        step_key: node.step.step_key.clone(),
        function,
        attempt: leased.task.attempts,
        actor: job.actor.clone(),
        data_class: job.data_class,
        headers: job.headers.clone(),
        aggregate: leased.task.aggregate.clone(),
        input,
        config_json: node.step.config_json.clone(),
        output_type: node.step.output_type,
        checkpoint,
        ttl: leased.ttl,
        execution_timeout: node.step.execution_timeout,
    }
}

/// A grant of which only the lease matters.
#[cfg(test)]
pub(crate) fn of_lease(lease: TaskToken) -> Grant {
    Grant {
        token: String::new(),
        lease,
        plan_version: PlanVersionId(lease.job.0),
        step_key: "".into(),
        function: "".into(),
        attempt: 1,
        actor: Arc::default(),
        data_class: DataClass::Devtest,
        headers: Arc::default(),
        aggregate: None,
        input: Payload::none(),
        config_json: "".into(),
        output_type: OutputType::Single,
        checkpoint: None,
        ttl: Duration::ZERO,
        execution_timeout: None,
    }
}
