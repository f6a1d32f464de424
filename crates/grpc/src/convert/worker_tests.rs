use super::*;
use crate::{principal::Allowed, reason};
use esteira_coordinator::Principal;
use esteira_model::{AccountId, DataClass};

fn caller() -> Caller {
    Caller::unrestricted(Principal {
        account: AccountId::new("a"),
        user_id: "u".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    })
}

fn good() -> v1::WorkerInfo {
    let function = v1::FunctionSpec { name: "f".into(), version: "1".into(), ..Default::default() };
    v1::WorkerInfo { worker_id: "w".into(), functions: vec![function], ..Default::default() }
}

fn check(change: impl FnOnce(&mut v1::WorkerInfo), field: &str) {
    let mut worker = good();
    change(&mut worker);
    let refusal = info(worker, &caller(), At::Top("worker")).expect_err(field);
    assert_eq!((refusal.reason, refusal.field.as_str()), (reason::FIELD_INVALID, field));
}

#[test]
fn what_a_worker_says_of_itself() {
    assert!(info(good(), &caller(), At::Top("worker")).is_ok());
    check(|w| w.worker_id.clear(), "worker.worker_id");
    check(|w| w.display_name = "a\nb".into(), "worker.display_name");
    check(|w| w.build_id = "b".repeat(129), "worker.build_id");
    check(|w| w.sdk = "s".repeat(65), "worker.sdk");
    check(|w| w.host = "h\0".into(), "worker.host");
    check(|w| w.pid = -1, "worker.pid");
    check(|w| w.max_concurrency = -1, "worker.max_concurrency");
    check(|w| drop(w.labels.insert("L".into(), String::new())), "worker.labels[\"L\"]");
    check(|w| w.functions = vec![w.functions[0].clone(); 501], "worker.functions");
    check(|w| w.functions[0].name = "F".into(), "worker.functions[0].name");
    check(|w| w.functions[0].version = "1|2".into(), "worker.functions[0].version");
    check(|w| w.functions[0].version = "1".repeat(65), "worker.functions[0].version");
    check(|w| w.functions[0].output_type = 9, "worker.functions[0].output_type");
    check(|w| w.functions[0].summary = "s".repeat(257), "worker.functions[0].summary");
}

#[test]
fn a_worker_serves_what_it_may() {
    let caller = Caller { functions: Allowed::Only(Default::default()), ..caller() };
    let refusal = info(good(), &caller, At::Top("worker")).expect_err("not allowed");
    assert_eq!((refusal.reason, refusal.field.as_str()), (reason::FUNCTION_NOT_ALLOWED, "worker.functions[0].name"));
}
