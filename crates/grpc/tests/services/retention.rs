//! Projects, and how long their jobs are kept.

use crate::harness::*;
use esteira_contract::v1::{self, DataClass, set_retention_request::Rule};
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"}]"#;

fn set(project: &str, class: DataClass, rule: Option<Rule>) -> v1::SetRetentionRequest {
    v1::SetRetentionRequest { project: project.into(), data_class: class as i32, rule }
}

fn days(days: i64) -> Option<Rule> {
    Some(Rule::Keep(prost_types::Duration { seconds: days * 86_400, nanos: 0 }))
}

/// A plan in a project.
async fn create(server: &Harness, name: &str, project: &str) -> Result<v1::Plan, tonic::Status> {
    let plan = v1::Plan { name: name.into(), project: project.into(), ..Default::default() };
    let request = v1::CreatePlanRequest { request_id: String::new(), plan: Some(plan) };
    server.plans().create_plan(request).await.map(|answer| answer.into_inner().plan.expect("a plan"))
}

#[tokio::test]
async fn a_plan_stays_in_its_project_and_its_jobs_show_it() {
    let server = Harness::start().await;
    assert_eq!(create(&server, "orders", "sales").await.expect("created").project, "sales");
    assert_eq!(create(&server, "mails", "").await.expect("created").project, "default");
    for bad in ["Sales", "a.b", "1a", "-", "a b"] {
        check_refused(create(&server, "x", bad).await, Code::InvalidArgument, "FIELD_INVALID", "plan.project");
    }
    let publish = async |name: &str, project: &str| {
        let request = v1::PublishPlanVersionRequest {
            plan: Some(v1::publish_plan_version_request::Plan::PlanName(name.into())),
            definition_json: format!("{{\"name\":\"{name}\",\"steps\":{ONE}}}"),
            project: project.into(),
            ..Default::default()
        };
        server.plans().publish_plan_version(request).await
    };
    publish("orders", "").await.expect("any project");
    publish("orders", "sales").await.expect("its project");
    check_refused(publish("orders", "other").await, Code::InvalidArgument, "FIELD_INVALID", "project");
    check_refused(publish("orders", "No").await, Code::InvalidArgument, "FIELD_INVALID", "project");
    publish("bills", "finance").await.expect("a new plan");

    let listed = async |filter: &str| {
        let request = v1::ListPlansRequest { filter: filter.into(), ..Default::default() };
        let plans = server.plans().list_plans(request).await.expect("listed").into_inner().plans;
        plans.into_iter().map(|plan| plan.name).collect::<Vec<_>>()
    };
    assert_eq!(listed("project = \"sales\"").await, ["orders"]);
    assert_eq!(listed("project = \"finance\"").await, ["bills"]);

    // The jobs of sub-plans are of the root's project.
    let steps = r#"[{"step_key":"a","sub_plan":{"plan":"orders"}}]"#;
    server.publish("outer", steps).await;
    let started = server.jobs().start_job(start_of("outer", "1")).await.expect("started").into_inner();
    let outer = started.job.expect("a job");
    assert_eq!(outer.project, "default");
    let inner = server.lease_one("kit.a").await;
    let get = v1::GetJobRequest { job_id: inner.job_id.clone(), omit_payloads: true };
    let inner = server.jobs().get_job(get).await.expect("read").into_inner().job.expect("a job");
    assert_eq!((inner.plan_name.as_str(), inner.project.as_str()), ("orders", "default"));
    let started = server.jobs().start_job(start_of("orders", "1")).await.expect("started").into_inner();
    assert_eq!(started.job.expect("a job").project, "sales");
    server.stop().await;
}

#[tokio::test]
async fn policies_are_set_listed_in_pages_and_applied() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let send = async |request| {
        server.admin().set_retention(request).await.map(|answer| answer.into_inner().policy.expect("a policy"))
    };
    for (request, field) in [
        (set("Sales", DataClass::Qa, days(1)), "project"),
        (set("", DataClass::Qa, days(1)), "project"),
        (set("sales", DataClass::Unspecified, days(1)), "data_class"),
        (v1::SetRetentionRequest { data_class: 99, ..set("sales", DataClass::Qa, days(1)) }, "data_class"),
        (set("sales", DataClass::Qa, None), "keep"),
        (set("sales", DataClass::Qa, days(-1)), "keep"),
        (set("sales", DataClass::Qa, days(36_601)), "keep"),
        (set("sales", DataClass::Qa, Some(Rule::KeepForever(false))), "keep_forever"),
        (set("sales", DataClass::Qa, Some(Rule::UseDefault(false))), "use_default"),
    ] {
        check_refused(send(request).await, Code::InvalidArgument, "FIELD_INVALID", field);
    }
    let policy = send(set("sales", DataClass::Production, days(90))).await.expect("set");
    assert_eq!((policy.keep.map(|keep| keep.seconds), policy.is_default), (Some(90 * 86_400), false));
    let policy = send(set("sales", DataClass::Qa, Some(Rule::KeepForever(true)))).await.expect("set");
    assert_eq!((policy.keep, policy.is_default), (None, false));

    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListRetentionRequest { page_size: 4, page_token };
        let answer = server.admin().list_retention(request).await.expect("listed").into_inner();
        found.extend(answer.policies.iter().map(|policy| {
            (policy.project.clone(), policy.data_class(), policy.keep.as_ref().map(|keep| keep.seconds / 86_400))
        }));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let row = |project: &str, class, days| (project.to_owned(), class, days);
    assert_eq!(
        found,
        [
            row("default", DataClass::Devtest, Some(30)),
            row("default", DataClass::Production, None),
            row("default", DataClass::Qa, Some(30)),
            row("sales", DataClass::Devtest, Some(30)),
            row("sales", DataClass::Production, Some(90)),
            row("sales", DataClass::Qa, None),
        ]
    );

    let job = server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, "2").await;
    server.await_job(&job).await;
    let apply = async |dry_run| {
        let request = v1::ApplyRetentionRequest { dry_run, page_token: String::new() };
        server.admin().apply_retention(request).await.expect("applied").into_inner()
    };
    assert_eq!(apply(false).await, v1::ApplyRetentionResponse::default());
    send(set("default", DataClass::Devtest, days(0))).await.expect("set");
    let would = apply(true).await;
    assert_eq!((would.jobs, would.tasks, would.artifacts, would.bytes), (1, 1, 2, 2));
    assert_eq!(apply(false).await, would);
    let get = v1::GetJobRequest { job_id: job, omit_payloads: true };
    check_refused(server.jobs().get_job(get).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let bad = v1::ApplyRetentionRequest { dry_run: true, page_token: "x".into() };
    check_refused(server.admin().apply_retention(bad).await, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    server.stop().await;
}
