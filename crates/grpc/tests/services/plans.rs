//! Plans and versions.

use crate::harness::*;
use esteira_contract::v1::{self, PlanVersionState, get_plan_version_request::Key};
use prost::Message;
use tonic::Code;

fn publish(name: &str, definition_json: &str) -> v1::PublishPlanVersionRequest {
    v1::PublishPlanVersionRequest {
        plan: Some(v1::publish_plan_version_request::Plan::PlanName(name.into())),
        definition_json: definition_json.into(),
        ..Default::default()
    }
}

fn one(name: &str) -> String {
    format!("{{ \"name\":\"{name}\", \"steps\":[{{\"step_key\":\"a\",\"function\":\"kit.a\"}}] }}")
}

#[tokio::test]
async fn create_update_and_list() {
    let server = Harness::start().await;
    let plan = v1::Plan {
        name: "orders".into(),
        display_name: "Orders".into(),
        aggregate_type: "order".into(),
        ..Default::default()
    };
    let create = v1::CreatePlanRequest { request_id: "r".into(), plan: Some(plan.clone()) };
    let created = server.plans().create_plan(create.clone()).await.expect("created").into_inner().plan.expect("a plan");
    let again = server.plans().create_plan(create).await.expect("again").into_inner().plan.expect("a plan");
    assert_eq!(created, again);
    let taken = v1::CreatePlanRequest { request_id: String::new(), plan: Some(plan.clone()) };
    check_refused(server.plans().create_plan(taken).await, Code::AlreadyExists, "NAME_TAKEN", "plan.name");
    let with_id = v1::Plan { plan_id: created.plan_id.clone(), ..plan };
    let with_id = v1::CreatePlanRequest { request_id: String::new(), plan: Some(with_id) };
    check_refused(server.plans().create_plan(with_id).await, Code::InvalidArgument, "FIELD_INVALID", "plan.plan_id");

    let update = |paths: &[&str], change: fn(&mut v1::Plan)| {
        let mut plan = created.clone();
        change(&mut plan);
        let update_mask = Some(prost_types::FieldMask { paths: paths.iter().map(|path| path.to_string()).collect() });
        v1::UpdatePlanRequest { request_id: String::new(), plan: Some(plan), update_mask }
    };
    let send = async |request| {
        server.plans().update_plan(request).await.map(|answer| answer.into_inner().plan.expect("a plan"))
    };
    check_refused(
        send(update(&["aggregate_type"], |_| {})).await,
        Code::InvalidArgument,
        "FIELD_INVALID",
        "update_mask.paths[0]",
    );
    check_refused(send(update(&[], |_| {})).await, Code::InvalidArgument, "FIELD_INVALID", "update_mask");
    check_refused(
        send(update(&["display_name"], |plan| plan.etag.clear())).await,
        Code::InvalidArgument,
        "FIELD_INVALID",
        "plan.etag",
    );
    check_refused(
        send(update(&["default_version"], |plan| plan.default_version = 7)).await,
        Code::NotFound,
        "PLAN_VERSION_NOT_FOUND",
        "plan.default_version",
    );
    let updated =
        send(update(&["display_name"], |plan| plan.display_name = "All orders".into())).await.expect("updated");
    assert_eq!(updated.display_name, "All orders");
    assert_ne!(updated.etag, created.etag);
    check_refused(send(update(&["display_name"], |_| {})).await, Code::Aborted, "ETAG_MISMATCH", "plan.etag");

    server.publish("mails", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let list = |filter: &str| v1::ListPlansRequest { filter: filter.into(), ..Default::default() };
    let names = async |filter: &str| {
        let plans = server.plans().list_plans(list(filter)).await.expect("listed").into_inner().plans;
        plans.into_iter().map(|plan| plan.name).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["mails", "orders"]);
    assert_eq!(names("aggregate_type = \"order\"").await, ["orders"]);
    server.stop().await;
}

#[tokio::test]
async fn publish_read_and_retire() {
    let server = Harness::start().await;
    let request = v1::PublishPlanVersionRequest {
        request_id: "r-1".into(),
        expected_latest_version: Some(0),
        ..publish("p", &one("p"))
    };
    let send = async |request| {
        server.plans().publish_plan_version(request).await.map(|answer| answer.into_inner().version.expect("a version"))
    };
    let first = send(request.clone()).await.expect("published");
    assert_eq!(send(request.clone()).await.expect("again").plan_version_id, first.plan_version_id);
    let reused = v1::PublishPlanVersionRequest { make_default: true, ..request };
    check_refused(send(reused).await, Code::FailedPrecondition, "REQUEST_ID_REUSED", "request_id");
    let late = v1::PublishPlanVersionRequest { expected_latest_version: Some(0), ..publish("p", &one("p")) };
    check_refused(send(late).await, Code::Aborted, "VERSION_CONFLICT", "expected_latest_version");
    check_refused(send(publish("q", &one("p"))).await, Code::InvalidArgument, "FIELD_INVALID", "plan_name");
    let second = send(publish("p", &one("p"))).await.expect("published");
    assert_eq!((second.version, second.definition_json.as_str()), (2, ""));

    let get = async |key| {
        server
            .plans()
            .get_plan_version(v1::GetPlanVersionRequest { key: Some(key) })
            .await
            .map(|answer| answer.into_inner().version.expect("a version"))
    };
    let by_number = |version| {
        Key::PlanAndVersion(v1::PlanVersionRef {
            plan: Some(v1::plan_version_ref::Plan::PlanName("p".into())),
            version,
        })
    };
    let read = get(by_number(0)).await.expect("the default");
    assert_eq!((read.version, read.definition_json), (1, one("p")));
    check_refused(get(by_number(9)).await, Code::NotFound, "PLAN_VERSION_NOT_FOUND", "");
    let unknown = Key::PlanVersionId("01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into());
    check_refused(get(unknown).await, Code::NotFound, "PLAN_VERSION_NOT_FOUND", "");

    let retire = v1::RetirePlanVersionRequest {
        plan_version_id: first.plan_version_id.clone(),
        reason: "old".into(),
        ..Default::default()
    };
    let retired = server
        .plans()
        .retire_plan_version(retire.clone())
        .await
        .expect("retired")
        .into_inner()
        .version
        .expect("a version");
    let again =
        server.plans().retire_plan_version(retire).await.expect("again").into_inner().version.expect("a version");
    assert_eq!((retired.state(), retired.retire_time), (PlanVersionState::Retired, again.retire_time));
    check_refused(server.jobs().start_job(start_of("p", "1")).await, Code::FailedPrecondition, "VERSION_RETIRED", "");
    let named = v1::StartJobRequest { version: 2, ..start_of("p", "1") };
    server.jobs().start_job(named).await.expect("another version");
    check_refused(server.jobs().start_job(start_of("none", "1")).await, Code::NotFound, "PLAN_NOT_FOUND", "");

    let list = v1::ListPlanVersionsRequest {
        plan: Some(v1::list_plan_versions_request::Plan::PlanName("p".into())),
        filter: "version >= 1".into(),
        page_size: 1,
        ..Default::default()
    };
    let page = server.plans().list_plan_versions(list.clone()).await.expect("listed").into_inner();
    let rest = v1::ListPlanVersionsRequest { page_token: page.next_page_token, ..list };
    let rest = server.plans().list_plan_versions(rest).await.expect("listed").into_inner();
    let numbers: Vec<i32> = page.versions.iter().chain(&rest.versions).map(|version| version.version).collect();
    assert_eq!((numbers, rest.next_page_token.as_str()), (vec![2, 1], ""));
    server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_plan_is_told_issue_by_issue() {
    let server = Harness::start().await;
    let bad = r#"{"name":"p","steps":[{"step_key":"a","function":"kit.a","next":["zz"]}]}"#;
    let status = server.plans().publish_plan_version(publish("p", bad)).await.expect_err("refused");
    let details = tonic_types::pb::Status::decode(status.details()).expect("details").details;
    let issues: Vec<v1::PlanIssue> = details
        .iter()
        .filter(|any| any.type_url == "type.googleapis.com/esteira.v1.PlanIssue")
        .map(|any| v1::PlanIssue::decode(any.value.as_slice()).expect("an issue"))
        .collect();
    assert!(!issues.is_empty() && issues[0].path.starts_with("/steps/0/next"), "{issues:?}");
    assert_eq!(refusal(Err::<(), _>(status)).1, "PLAN_INVALID");
    let validate = async |text: &str| {
        let request = v1::ValidatePlanRequest { definition_json: text.into() };
        server.plans().validate_plan(request).await.map(tonic::Response::into_inner)
    };
    let validated = validate(bad).await.expect("a successful call");
    assert_eq!((validated.valid, validated.issues), (false, issues));
    assert!(validate(&one("p")).await.expect("valid").valid);
    assert!(!validate("{").await.expect("a finding too").valid);
    check_refused(validate("").await, Code::InvalidArgument, "FIELD_INVALID", "definition_json");
    server.stop().await;
}
