//! A plan with all shapes, told as a whole, on both databases.

use super::{INNER, reports, tasks, trace, traces};
use crate::harness::*;
use esteira_contract::v1;
use esteira_grpc::Options;
use esteira_testkit::Postgres;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A fan-out with a policy and retries, a join, a sub-plan, a fan-out of nothing, a failure that is caught, and a step that
/// no condition leads to.
const SHAPES: &str = r#"{"name":"shapes","policies":[{"name":"positive","version":"3","condition":"value.n > 0"}],"steps":[
  {"step_key":"list","function":"kit.list","output":"multiple","next":["work"]},
  {"step_key":"work","function":"kit.work","function_version":"1.4","input_policies":["positive"],"next":["gather"],
   "retry":{"max_attempts":2,"initial_backoff":"1ms","max_backoff":"1ms"}},
  {"step_key":"gather","function":"kit.gather","join":"all","next":["child","empty","broken",
   {"step_key":"unreached","condition":"output == 'never'"}]},
  {"step_key":"child","sub_plan":{"plan":"inner"}},
  {"step_key":"empty","function":"kit.empty","output":"multiple","next":["skipped"]},
  {"step_key":"skipped","function":"kit.skipped"},
  {"step_key":"broken","function":"kit.broken","on_failure_step":"mend","retry":{"max_attempts":1}},
  {"step_key":"mend","function":"kit.mend"},
  {"step_key":"unreached","function":"kit.unreached"}]}"#;

/// Registers the worker of all tests with the version that the step asks for.
async fn register(server: &Harness) {
    let function = |name: &str, version: &str| v1::FunctionSpec {
        name: name.into(),
        version: version.into(),
        ..Default::default()
    };
    let functions = vec![function("kit.work", "1.4"), function("kit.list", "2.0")];
    let worker = v1::WorkerInfo { worker_id: "w".into(), functions, ..Default::default() };
    let request = v1::RegisterWorkerRequest { worker: Some(worker), ..Default::default() };
    server.workers().register_worker(request).await.expect("registered");
}

fn many(items: &[&str]) -> v1::Completion {
    let items = v1::Outputs { items: items.iter().map(|item| json(item)).collect() };
    v1::Completion { output: Some(v1::completion::Output::Multiple(items)), ..Default::default() }
}

fn artifact(of: Option<&v1::TracedArtifact>) -> String {
    /// Every body of the test by what it is called below.
    const BODIES: &[(&str, &str)] = &[
        ("start", r#"{"go":true}"#),
        ("item0", r#"{"n":1}"#),
        ("item1", r#"{"n":2}"#),
        ("item2", r#"{"n":-1}"#),
        ("done0", "0"),
        ("done1", "1"),
        ("done2", "2"),
        ("array", "[0,1,2]"),
        ("sum", "3"),
        ("saved", r#"{"half":1}"#),
        ("inner", "\"inner\""),
        ("mended", "\"mended\""),
    ];
    let Some(of) = of else { return "-".into() };
    assert!(!of.removed);
    let is = |body: &&(&str, &str)| Sha256::digest(body.1.as_bytes()).as_slice() == of.sha256.as_ref();
    match BODIES.iter().find(is) {
        Some((name, body)) => {
            assert_eq!(of.size_bytes, body.len() as i64);
            (*name).to_owned()
        }
        None => format!("{} bytes", if of.size_bytes > 100 { "many" } else { "few" }),
    }
}

fn sorted<'a>(counts: impl IntoIterator<Item = (&'a String, &'a i64)>) -> String {
    let mut counts: Vec<_> = counts.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
    counts.sort();
    counts.join("+")
}

/// One step on one line; times only as there or not.
fn step_line(step: &v1::StepTrace) -> String {
    let place = step.place.clone().unwrap_or_default();
    let versions = step
        .versions
        .iter()
        .map(|version| format!("{}:{}/{}", version.function_version, version.attempts, version.failed_attempts));
    let policies = step
        .policies
        .iter()
        .map(|policy| format!("{}@{} {}/{}", policy.policy, policy.version, policy.passed, policy.failed));
    let arrivals = step.arrivals.iter().map(|from| format!("{}<{}", from.count, from.from_step_key));
    let parts = [
        format!("{} {}{}", step.step_key, step.function_name, step.sub_plan_name),
        format!("> {}{}", place.next_step_keys.join(" "), if place.is_join { " join" } else { "" }),
        format!("! {}", place.on_failure_step_key),
        sorted(&step.task_counts),
        sorted(&step.wait_counts),
        format!("out {}", step.output_count),
        versions.collect::<Vec<_>>().join(" "),
        policies.collect::<Vec<_>>().join(" "),
        arrivals.collect::<Vec<_>>().join(" "),
        format!(
            "{}{}",
            if step.start_time.is_some() { "began" } else { "" },
            if step.end_time.is_some() { " ended" } else { "" }
        ),
    ];
    parts.map(|part| part.trim().to_owned()).join(" | ").trim_end().to_owned()
}

/// One task on one line.
fn task_line(task: &v1::TaskTrace) -> String {
    let code = |failure: Option<&v1::Failure>| {
        let Some(failure) = failure else { return String::new() };
        // Texts may hold data: a trace has none of them.
        assert_eq!((failure.message.as_str(), failure.stack_trace.as_str(), &failure.details), ("", "", &None));
        format!("{}:{}", failure.source, failure.code)
    };
    let attempts = task.attempts.iter().map(|attempt| {
        assert!(attempt.start_time.is_some() && attempt.end_time.is_some());
        let by = format!("{}#{}/{}", attempt.worker_id, attempt.number, attempt.function_version);
        format!("{by} {}", code(attempt.failure.as_ref())).trim().to_owned()
    });
    let verdicts = task.verdicts.iter().map(|verdict| {
        assert_eq!(verdict.detail, "");
        format!("{} {}", verdict.policy, verdict.passed)
    });
    let outputs: Vec<_> = task.outputs.iter().map(|output| artifact(Some(output))).collect();
    let began = if task.start_time.is_some() { "began" } else { "" };
    assert!(task.create_time.is_some() && task.end_time.is_some(), "{task:?}");
    let item: Vec<_> = task.item_path.iter().map(i64::to_string).collect();
    let parts = [
        format!("{} {}", task.step_key, item.join(".")),
        v1::TaskState::as_str_name(&task.state()).trim_start_matches("TASK_STATE_").to_owned(),
        task.skip_reason().as_str_name().trim_start_matches("SKIP_REASON_").replace("UNSPECIFIED", ""),
        attempts.collect::<Vec<_>>().join(", "),
        code(task.failure.as_ref()),
        verdicts.collect::<Vec<_>>().join(", "),
        format!("{} > {}", artifact(task.input.as_ref()), outputs.join(" ")),
        format!("saved {}", artifact(task.checkpoint.as_ref())).replace("saved -", ""),
        began.to_owned(),
    ];
    parts.map(|part| part.trim().to_owned()).join(" | ").trim_end().to_owned()
}

/// Runs the plan up to its join, and looks at it while it lives.
async fn until_the_join(server: &Harness) -> String {
    register(server).await;
    server.publish("inner", INNER).await;
    server.publish_document("shapes", SHAPES).await;
    let mut start = start_of("shapes", r#"{"go":true}"#);
    let packet = start.packet.as_mut().expect("a packet");
    packet.aggregate = Some(v1::AggregateRef { r#type: "order".into(), id: "7".into(), version: 1 });
    packet.actor = Some(v1::Actor { on_behalf_of: "bo".into(), ..Default::default() });
    let job_id = server.jobs().start_job(start).await.expect("started").into_inner().job.expect("a job").job_id;
    let lease = server.lease_one("kit.list").await;
    let report = completed_with(&lease, many(&[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":-1}"#]));
    assert_eq!(server.report(report).await.error_reason, "");
    let mut leases = server.lease("kit.work", 3).await;
    while leases.len() < 3 {
        leases.extend(server.lease("kit.work", 3 - leases.len() as i32).await);
    }
    let items = [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":-1}"#];
    leases.sort_by_key(|lease| {
        let data = lease.packet.as_ref().and_then(|packet| packet.data.as_ref()).expect("data");
        items.iter().position(|item| *item == text_of(data))
    });

    let live = trace(server, &job_id).await;
    assert_eq!((live.state(), live.end_time), (v1::JobState::Running, None));
    assert_eq!(step_line(&live.steps[1]), "work kit.work | > gather | ! | 3 LEASED |  | out 0 |  |  |  | began");
    let running = &tasks(server, &job_id, 50).await[1];
    assert_eq!((running.state(), running.attempts.len(), running.end_time), (v1::TaskState::Leased, 1, None));
    assert!(running.attempts[0].end_time.is_none());

    server.complete(&leases[1], "1").await;
    server.complete(&leases[2], "2").await;
    let live = trace(server, &job_id).await;
    let gather =
        "gather kit.gather | > child empty broken unreached join | ! | 1 WAITING | 1 JOIN | out 0 |  |  | 2<work |";
    assert_eq!(step_line(&live.steps[2]), gather);

    let mut report = failed(&leases[0], v1::FailureKind::Retryable, "AGAIN");
    if let Some(v1::task_report::Outcome::Failed(failing)) = &mut report.outcome {
        failing.checkpoint = Some(json(r#"{"half":1}"#));
    }
    assert_eq!(server.report(report).await.error_reason, "");
    let again = server.lease_one("kit.work").await;
    server.complete(&again, "0").await;
    job_id
}

async fn until_the_end(server: &Harness) -> String {
    let job_id = until_the_join(server).await;
    let lease = server.lease_one("kit.gather").await;
    server.complete(&lease, "3").await;
    let live = trace(server, &job_id).await;
    assert_eq!(live.children.len(), 1);
    let lease = server.lease_one("kit.empty").await;
    assert_eq!(server.report(completed_with(&lease, many(&[]))).await.error_reason, "");
    let lease = server.lease_one("kit.broken").await;
    server.report(failed(&lease, v1::FailureKind::NonRetryable, "BROKEN")).await;
    let lease = server.lease_one("kit.mend").await;
    server.complete(&lease, "\"mended\"").await;
    let lease = server.lease_one("kit.only").await;
    server.complete(&lease, "\"inner\"").await;
    assert_eq!(server.await_job(&job_id).await.state(), v1::JobState::Succeeded);
    job_id
}

const STEPS: &[&str] = &[
    "list kit.list | > work | ! | 1 SUCCEEDED |  | out 3 | 2.0:1/0 |  |  | began ended",
    "work kit.work | > gather | ! | 3 SUCCEEDED |  | out 3 | 1.4:4/1 | positive@3 2/1 |  | began ended",
    "gather kit.gather | > child empty broken unreached join | ! | 1 SUCCEEDED |  | out 1 | :1/0 |  | 3<work | began ended",
    "child inner | > | ! | 1 SUCCEEDED |  | out 1 |  |  |  | began ended",
    "empty kit.empty | > skipped | ! | 1 SUCCEEDED |  | out 0 | :1/0 |  |  | began ended",
    "skipped kit.skipped | > | ! | 1 SKIPPED |  | out 0 |  |  |  | ended",
    "broken kit.broken | > | ! mend | 1 FAILED |  | out 0 | :1/1 |  |  | began ended",
    "mend kit.mend | > | ! | 1 SUCCEEDED |  | out 1 | :1/0 |  |  | began ended",
    "unreached kit.unreached | > | ! |  |  | out 0 |  |  |  |",
];

const TASKS: &[&str] = &[
    "broken | FAILED |  | w#1/ kit.broken:BROKEN | kit.broken:BROKEN |  | sum > |  | began",
    "child | SUCCEEDED |  |  |  |  | sum > inner |  | began",
    "empty | SUCCEEDED |  | w#1/ |  |  | sum > |  | began",
    "gather | SUCCEEDED |  | w#1/ |  |  | array > sum |  | began",
    "list | SUCCEEDED |  | w#1/2.0 |  |  | start > item0 item1 item2 |  | began",
    "mend | SUCCEEDED |  | w#1/ |  |  | many bytes > mended |  | began",
    "skipped | SKIPPED | NO_ITEMS |  |  |  | - > |  |",
    "work 0 | SUCCEEDED |  | w#1/1.4 kit.work:AGAIN, w#2/1.4 |  | positive true | item0 > done0 | saved saved | began",
    "work 1 | SUCCEEDED |  | w#1/1.4 |  | positive true | item1 > done1 |  | began",
    "work 2 | SUCCEEDED |  | w#1/1.4 |  | positive false | item2 > done2 |  | began",
];

async fn check_all_shapes(server: Harness) {
    let job_id = until_the_end(&server).await;
    let found = trace(&server, &job_id).await;
    assert_eq!((found.plan_name.as_str(), found.plan_version, found.project.as_str()), ("shapes", 1, "default"));
    assert_eq!(found.plan_sha256.as_ref(), Sha256::digest(SHAPES.as_bytes()).as_slice());
    let operator = found.operator.clone().expect("an operator");
    let who = (operator.user_id.as_str(), operator.account_id.as_str(), operator.on_behalf_of.as_str());
    assert_eq!((who, found.data_class()), (("ana", "default", "bo"), v1::DataClass::Devtest));
    let lineage = found.lineage.clone().expect("a lineage");
    assert_eq!((lineage.kind(), lineage.root_job_id.as_str()), (v1::lineage::Kind::Direct, job_id.as_str()));
    assert_eq!((found.state(), found.failure.clone(), found.result_count), (v1::JobState::Succeeded, None, 2));
    assert_eq!(found.aggregate.as_ref().map(|order| order.id.as_str()), Some("7"));
    assert_eq!(artifact(found.input.as_ref()), "start");
    assert!(found.create_time.is_some() && found.start_time.is_some() && found.end_time.is_some());
    assert_eq!(sorted(&found.task_counts), "1 FAILED+1 SKIPPED+8 SUCCEEDED");
    assert_eq!(found.steps.iter().map(step_line).collect::<Vec<_>>(), STEPS);
    let workers: Vec<_> = found.workers.iter().map(|w| (w.worker_id.as_str(), w.attempts, w.failed_attempts)).collect();
    assert_eq!((workers, found.worker_count), (vec![("w", 9, 2)], 1));

    let traced = tasks(&server, &job_id, 3).await;
    let mut lines: Vec<_> = traced.iter().map(task_line).collect();
    lines.sort();
    assert_eq!(lines, TASKS);
    let of_step = |key: &str| traced.iter().find(|task| task.step_key == key).expect("a task");
    let (child, broken) = (of_step("child"), of_step("broken"));
    assert_eq!(of_step("mend").parent_task_id, broken.task_id);

    // Both ways of the lineage: from the parent to the child, and back.
    let [born] = found.children.as_slice() else { panic!("{:?}", found.children) };
    assert_eq!((&born.job_id, &born.parent_task_id), (&child.child_job_id, &child.task_id));
    assert_eq!((born.plan_name.as_str(), born.plan_version, born.state()), ("inner", 1, v1::JobState::Succeeded));
    assert_eq!(found.child_count, 1);
    let inner = trace(&server, &born.job_id).await;
    let lineage = inner.lineage.clone().expect("a lineage");
    assert_eq!(
        (lineage.kind(), lineage.root_job_id, lineage.parent_job_id),
        (v1::lineage::Kind::SubPlan, job_id.clone(), job_id.clone())
    );
    assert_eq!(lineage.parent_task_id, child.task_id);
    assert_eq!(artifact(inner.input.as_ref()), "sum");

    check_uses(&server, &job_id, &born.job_id).await;
    check_report(&server, &job_id, &broken.task_id).await;
    server.stop().await;
}

/// Who used these bytes: role, job and step of each.
async fn uses(server: &Harness, bytes: &str) -> Vec<(v1::ArtifactRole, String, String)> {
    let sha256 = Sha256::digest(bytes.as_bytes()).to_vec().into();
    let request = v1::TraceArtifactRequest { sha256, ..Default::default() };
    let answer = traces(server).trace_artifact(request).await.expect("traced").into_inner();
    assert!(!answer.is_cut && answer.indexed_leaves <= answer.log_leaves);
    let mut uses = Vec::new();
    for one in &answer.artifacts {
        assert_eq!(one.use_count, one.uses.len() as i64);
        uses.extend(one.uses.iter().map(|one| (one.role(), one.job_id.clone(), one.step_key.clone())));
    }
    uses.sort();
    uses
}

/// From bytes to all who used them, down into the sub-plan and up from it.
async fn check_uses(server: &Harness, job_id: &str, inner_id: &str) {
    use v1::ArtifactRole::{Checkpoint, Input, JobInput, Output};
    let expected = |uses: &[(v1::ArtifactRole, &str, &str)]| {
        let mut uses: Vec<_> =
            uses.iter().map(|(role, job, step)| (*role, (*job).to_owned(), (*step).to_owned())).collect();
        uses.sort();
        uses
    };
    let of_sum = [
        (Output, job_id, "gather"),
        (Input, job_id, "child"),
        (Input, job_id, "empty"),
        (Input, job_id, "broken"),
        (JobInput, inner_id, ""),
        (Input, inner_id, "only"),
    ];
    assert_eq!(uses(server, "3").await, expected(&of_sum));
    assert_eq!(uses(server, "\"inner\"").await, expected(&[(Output, inner_id, "only"), (Output, job_id, "child")]));
    assert_eq!(uses(server, r#"{"half":1}"#).await, expected(&[(Checkpoint, job_id, "work")]));
    assert_eq!(uses(server, r#"{"go":true}"#).await, expected(&[(JobInput, job_id, ""), (Input, job_id, "list")]));
    assert_eq!(uses(server, "nobody's").await, []);
}

/// What failed, with its texts and what it had read.
async fn check_report(server: &Harness, job_id: &str, task_id: &str) {
    let found = reports(server, job_id).await;
    let [report] = found.as_slice() else { panic!("{found:?}") };
    let task = report.task.as_ref().expect("a task");
    assert_eq!((task.task_id.as_str(), artifact(task.input.as_ref())), (task_id, "sum".to_owned()));
    let failure = report.failure.as_ref().expect("a failure");
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("BROKEN", "no luck"));
    assert_eq!(report.attempts[0].failure.as_ref().map(|why| why.message.as_str()), Some("no luck"));
    assert_eq!(report.input.as_ref().map(text_of), Some("3"));
    assert_eq!((&report.checkpoint, report.appended.len()), (&None, 0));
}

#[tokio::test]
async fn all_shapes_on_sqlite() {
    check_all_shapes(Harness::start().await).await;
}

#[tokio::test]
async fn all_shapes_on_postgres() {
    let postgres = Postgres::shared();
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    check_all_shapes(Harness::on(&postgres.url(&name), Options::new(Arc::new(operator()))).await).await;
}
