//! Between the words of the model and the messages of `WorkerService`.

use crate::{
    client::wire::{duration_in, duration_out, payload_in, payload_out},
    model::{
        Actor, AggregateRef, Emit, Failure, FailureKind, FunctionSpec, Headers, Invocation, JobId, OutputType, Payload,
        TaskId, Usage, Verdict,
    },
};
use esteira_contract::v1;
use std::{sync::Arc, time::Duration};

/// A lease as the worker needs it.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) token: String,
    pub(crate) ttl: Duration,
    pub(crate) execution_timeout: Option<Duration>,
    pub(crate) invocation: Invocation,
    pub(crate) input: Payload,
    /// For a report that the coordinator cannot take without it.
    pub(crate) capsule: Vec<u8>,
}

/// Reads a lease; the text says what is wrong with one that cannot be read.
pub(crate) fn lease_in(lease: v1::TaskLease) -> Result<Lease, &'static str> {
    let packet = lease.packet.unwrap_or_default();
    let invocation = Invocation {
        job: lease.job_id.parse::<JobId>().map_err(|_| "job_id")?,
        task: lease.task_id.parse::<TaskId>().map_err(|_| "task_id")?,
        step_key: lease.step_key.into(),
        function_name: lease.function_name.into(),
        attempt: u32::try_from(lease.attempt).map_err(|_| "attempt")?,
        fence: lease.fence,
        idempotency_key: lease.idempotency_key.into(),
        actor: Arc::new(actor_in(packet.actor.unwrap_or_default())),
        aggregate: packet.aggregate.map(aggregate_in),
        headers: Arc::new(packet.headers.into_iter().collect::<Headers>()),
        config_json: lease.config_json.into(),
        output_type: output_type_in(lease.output_type).ok_or("output_type")?,
        deadline: None,
        last_checkpoint: lease.checkpoint.map(payload_in),
    };
    let input = packet.data.map_or_else(Payload::none, payload_in);
    let ttl = duration_in(lease.lease_ttl).ok_or("lease_ttl")?;
    Ok(Lease {
        token: lease.lease_token,
        ttl,
        execution_timeout: duration_in(lease.execution_timeout),
        invocation,
        input,
        capsule: lease.capsule.to_vec(),
    })
}

fn actor_in(actor: v1::Actor) -> Actor {
    Actor { user_id: actor.user_id, account_id: actor.account_id, on_behalf_of: actor.on_behalf_of }
}

fn aggregate_in(aggregate: v1::AggregateRef) -> AggregateRef {
    AggregateRef { kind: aggregate.r#type.into(), id: aggregate.id.into(), version: aggregate.version }
}

pub(crate) fn aggregate_out(aggregate: &AggregateRef) -> v1::AggregateRef {
    v1::AggregateRef { r#type: aggregate.kind.to_string(), id: aggregate.id.to_string(), version: aggregate.version }
}

fn output_type_in(value: i32) -> Option<OutputType> {
    match v1::OutputType::try_from(value).ok()? {
        v1::OutputType::Unspecified => None,
        v1::OutputType::Single => Some(OutputType::Single),
        v1::OutputType::Multiple => Some(OutputType::Multiple),
        v1::OutputType::None => Some(OutputType::None),
    }
}

fn output_type_out(value: OutputType) -> v1::OutputType {
    match value {
        OutputType::Single => v1::OutputType::Single,
        OutputType::Multiple => v1::OutputType::Multiple,
        OutputType::None => v1::OutputType::None,
    }
}

pub(crate) fn function_out(spec: &FunctionSpec) -> v1::FunctionSpec {
    v1::FunctionSpec {
        name: spec.name.to_string(),
        version: spec.version.to_string(),
        output_type: output_type_out(spec.output_type).into(),
        summary: spec.summary.to_string(),
    }
}

pub(crate) fn emit_out(emit: Emit) -> v1::OutboxEmit {
    v1::OutboxEmit {
        topic: emit.topic,
        key: emit.key,
        payload: Some(payload_out(&emit.payload)),
        headers: emit.headers.into_iter().collect(),
    }
}

pub(crate) fn verdict_out(verdict: Verdict) -> v1::PolicyVerdict {
    v1::PolicyVerdict {
        policy: verdict.policy,
        version: verdict.version,
        passed: verdict.passed,
        detail: verdict.detail,
    }
}

pub(crate) fn failure_out(failure: Failure) -> v1::Failure {
    let kind = match failure.kind {
        FailureKind::Retryable => v1::FailureKind::Retryable,
        FailureKind::NonRetryable => v1::FailureKind::NonRetryable,
        FailureKind::Timeout => v1::FailureKind::Timeout,
        FailureKind::Cancelled => v1::FailureKind::Cancelled,
        FailureKind::LeaseExpired => v1::FailureKind::LeaseExpired,
        FailureKind::Protocol => v1::FailureKind::Protocol,
    };
    v1::Failure {
        kind: kind.into(),
        code: failure.code,
        message: failure.message,
        stack_trace: failure.stack_trace,
        retry_after: failure.retry_after.map(duration_out),
        details: failure.details.as_ref().map(payload_out),
        source: failure.source,
    }
}

pub(crate) fn usage_out(usage: Usage) -> v1::ResourceUsage {
    v1::ResourceUsage {
        cpu_time: Some(duration_out(usage.cpu_time)),
        wall_time: Some(duration_out(usage.wall_time)),
        peak_rss_bytes: usage.peak_rss_bytes,
        bytes_read: usage.bytes_read,
        bytes_written: usage.bytes_written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_cannot_be_read_names_the_field() {
        let good = v1::TaskLease {
            job_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into(),
            task_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbab".into(),
            attempt: 1,
            output_type: v1::OutputType::Single.into(),
            lease_ttl: Some(duration_out(Duration::from_secs(30))),
            ..Default::default()
        };
        assert!(lease_in(good.clone()).is_ok());
        let cases = [
            (v1::TaskLease { job_id: "x".into(), ..good.clone() }, "job_id"),
            (v1::TaskLease { output_type: 99, ..good.clone() }, "output_type"),
            (v1::TaskLease { lease_ttl: None, ..good }, "lease_ttl"),
        ];
        for (lease, field) in cases {
            assert_eq!(lease_in(lease).expect_err("cannot be read"), field);
        }
    }
}
