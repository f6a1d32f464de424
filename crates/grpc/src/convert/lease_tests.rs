use super::*;
use crate::{principal::Allowed, reason};
use esteira_coordinator::{Principal, token::TaskToken};
use esteira_model::{
    AccountId, Actor, AggregateRef, DataClass, JobId, OutputType, Payload, PlanVersionId, TaskId, Uuid,
};
use std::{sync::Arc, time::Duration};

fn caller() -> Caller {
    Caller::unrestricted(Principal {
        account: AccountId::new("a"),
        user_id: "u".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    })
}

fn good() -> v1::LeaseTasksRequest {
    v1::LeaseTasksRequest { worker_id: "w".into(), function_names: vec!["f".into()], ..Default::default() }
}

fn check(change: impl FnOnce(&mut v1::LeaseTasksRequest), field: &str) {
    let mut request = good();
    change(&mut request);
    let refusal = ask(request, &caller(), At::Root).expect_err(field);
    assert_eq!((refusal.reason, refusal.field.as_str()), (reason::FIELD_INVALID, field));
}

#[test]
fn polls() {
    let asked = ask(good(), &caller(), At::Root).expect("good");
    assert_eq!((asked.max_leases, asked.wait, asked.ttl), (1, limits::WAIT_DEFAULT, None));
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    check(|r| r.worker_id.clear(), "worker_id");
    check(|r| r.worker_id = "a b".into(), "worker_id");
    check(|r| r.request_id = "ü".into(), "request_id");
    check(|r| r.function_names.clear(), "function_names");
    check(|r| r.function_names = vec!["f".into(); 501], "function_names");
    check(|r| r.function_names.push("F".into()), "function_names[1]");
    check(|r| r.queues = vec!["q|".into()], "queues[0]");
    check(|r| r.max_leases = 101, "max_leases");
    check(|r| r.max_leases = -1, "max_leases");
    check(|r| r.wait = seconds(31), "wait");
    check(|r| r.wait = seconds(-1), "wait");
    check(|r| r.lease_ttl = seconds(0), "lease_ttl");
    check(|r| r.lease_ttl = seconds(901), "lease_ttl");
}

#[test]
fn a_caller_runs_what_it_may() {
    let caller = Caller { functions: Allowed::Only(["g".to_owned()].into()), ..caller() };
    let refusal = ask(good(), &caller, At::Top("lease")).expect_err("not allowed");
    assert_eq!((refusal.reason, refusal.field.as_str()), (reason::FUNCTION_NOT_ALLOWED, "lease.function_names[0]"));
}

#[test]
fn a_grant_carries_all_that_a_function_needs() {
    let lease = TaskToken { job: JobId(Uuid::from_bytes([1; 16])), task: TaskId(Uuid::from_bytes([2; 16])), fence: 3 };
    let grant = Grant {
        token: "t".into(),
        lease,
        plan_version: PlanVersionId(Uuid::from_bytes([3; 16])),
        data_class: DataClass::Production,
        step_key: "s".into(),
        function: "f".into(),
        attempt: 2,
        actor: Arc::new(Actor { user_id: "u".into(), ..Actor::default() }),
        headers: Arc::new([("h".to_owned(), "v".to_owned())].into()),
        aggregate: Some(AggregateRef { kind: "order".into(), id: "42".into(), version: 7 }),
        input: Payload::json("{\"n\":9007199254740993}"),
        config_json: "{ \"a\":1 }".into(),
        output_type: OutputType::Multiple,
        checkpoint: Some(Payload::binary(vec![0])),
        ttl: Duration::from_secs(30),
        execution_timeout: None,
    };
    let wire = grant_out(grant);
    assert_eq!((wire.fence, wire.attempt, wire.config_json.as_str()), (3, 2, "{ \"a\":1 }"));
    assert_eq!((wire.idempotency_key.as_str(), wire.output_type()), (wire.task_id.as_str(), v1::OutputType::Multiple));
    let packet = wire.packet.expect("a packet");
    let data = packet.data.expect("data");
    assert_eq!(data.body, Some(v1::payload::Body::Json("{\"n\":9007199254740993}".into())));
    assert_eq!(data.sha256.len(), 32);
    assert_eq!(packet.aggregate.map(|aggregate| aggregate.version), Some(7));
}
