//! The relay: one job through a worker of each language, and nothing of its document changes.

use crate::{
    proxy::Disguise,
    run::apart,
    scenario::chain,
    sdk::Sdk,
    variant::Variant,
    worker::{SOON, Worker},
    world::{Cell, Database, World},
};
use esteira_e2e::jobs;
use esteira_sdk::{
    client::v1::{self, payload::Body},
    model::Payload,
};
use esteira_vectors::{
    case::TraceCase,
    distributed,
    run::{texts::is_same_value, trace},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// What is carried: an aggregate whose count no double can hold, in a writing of its own.
const DOCUMENT: &str =
    r#"{ "id":"c", "version":7, "count":9007199254740993, "note":"ma\u00e7\u00e3 😀", "rate":1.50 }"#;
/// The steps; the first language has the last one too.
const STEPS: usize = 5;

/// Runs it: undisturbed, and with each worker killed while it holds the document. What to say of it, or why it failed.
pub fn run(sdks: &[Sdk], database: Database) -> Result<String, String> {
    let sdks: Vec<Arc<Sdk>> = sdks.iter().cloned().map(Arc::new).collect();
    let languages: Vec<String> = route(&sdks).iter().map(|sdk| sdk.name.clone()).collect();
    let failure = match embedded(&sdks) {
        Ok(expected) => apart(move || async move { relay(&sdks, database, expected).await }),
        Err(why) => Some(why),
    };
    let text = format!(
        "{} carried a document of an aggregate through five steps, undecoded and decoded: the SHA-256 at the end was that of the \
         beginning, and the decoded values were equal. Then each worker was killed with `kill -9` while it held the document: \
         only the attempts of that step changed, and each attempt, the lost one too, is in a log that verifies.\n",
        languages.join(" → ")
    );
    failure.map_or(Ok(text), Err)
}

/// Whose worker has which step.
fn route(sdks: &[Arc<Sdk>]) -> Vec<Arc<Sdk>> {
    sdks.iter().cycle().take(STEPS).cloned().collect()
}

async fn relay(sdks: &[Arc<Sdk>], database: Database, expected: TraceCase) {
    let cell = Cell { sdk: Arc::clone(&sdks[0]), variant: Variant::Plain, database, disguise: None };
    let world = World::start(cell).await;
    let mut workers = Vec::new();
    for sdk in sdks {
        workers.push(start(&world, sdk, "first").await);
    }
    publish(&world, "raw", &steps(sdks, |_| ("kit.raw", json!(null)))).await;
    publish(&world, "echo", &steps(sdks, |_| ("kit.echo", json!(null)))).await;
    let first = world.run("raw", Payload::json(DOCUMENT)).await;
    assert_eq!(digest(&text(&first)), digest(DOCUMENT), "the digest of the end is not that of the beginning");
    let seen = ended(&world, &first).await;
    let decoded = world.run("echo", Payload::json(DOCUMENT)).await;
    assert!(is_same_value(DOCUMENT, &text(&decoded)), "{}", text(&decoded));
    let found = distributed::run_all(&world.client, &[expected], SOON).await;
    assert!(found.wrong.is_empty() && found.tasks == STEPS, "the embedded trace is another: {:?}", found.wrong);

    for (place, sdk) in sdks.iter().enumerate() {
        let held = format!("held-{}", sdk.name);
        let wait = json!({"attempts": [[{"sleep_ms": 60_000}], [{"return_input": true}]]});
        let function =
            |step: usize| if step == place { ("kit.script", wait.clone()) } else { ("kit.raw", json!(null)) };
        publish(&world, &held, &steps(sdks, function)).await;
        let job = world.begin(&held, Payload::json(DOCUMENT)).await;
        holds(&world, &job, place).await;
        workers[place].process.kill9().await;
        workers[place] = start(&world, sdk, "second").await;
        let job = world.succeeded(&job).await;
        let tasks = ended(&world, &job).await;
        for (step, (task, before)) in tasks.iter().zip(&seen).enumerate() {
            let attempts = if step == place { 2 } else { 1 };
            assert_eq!((task.0.as_str(), &task.2, task.1), (before.0.as_str(), &before.2, attempts), "{}", sdk.name);
        }
        assert_eq!(digest(&text(&job)), digest(DOCUMENT));
        assert_eq!(chain::verified(&world.client, &job.job_id).await, 6, "the lost attempt is in the log, too");
    }
    drop(workers);
    world.end().await;
}

async fn start(world: &World, sdk: &Arc<Sdk>, which: &str) -> Worker {
    let disguise = Some(Disguise::Queue(sdk.name.clone()));
    world.worker_of(sdk, &format!("{}-{which}", sdk.name), 1, disguise).await
}

/// Five steps in a row, each in the queue of its language.
fn steps(sdks: &[Arc<Sdk>], function: impl Fn(usize) -> (&'static str, Value)) -> Value {
    let step = |(number, sdk): (usize, &Arc<Sdk>)| {
        let (name, config) = function(number);
        let mut step = json!({"step_key": format!("s{number}"), "function": name, "config": config, "queue": sdk.name,
                              "lease_ttl": "2s"});
        if number + 1 < STEPS {
            step["next"] = json!([format!("s{}", number + 1)]);
        }
        step
    };
    route(sdks).iter().enumerate().map(step).collect()
}

async fn publish(world: &World, name: &str, steps: &Value) {
    jobs::publish(&world.client, &json!({"name": name, "steps": steps})).await;
}

/// Waits until the task of this step is leased.
async fn holds(world: &World, job: &str, step: usize) {
    esteira_e2e::until(SOON, "the document arrives", async || {
        let tasks = jobs::tasks(&world.client, job).await;
        let task = tasks.into_iter().find(|task| task.step_key == format!("s{step}"))?;
        (task.state() == v1::TaskState::Leased).then_some(())
    })
    .await;
}

/// Step, attempts and digest of the output, in the order of the steps.
async fn ended(world: &World, job: &v1::Job) -> Vec<(String, usize, String)> {
    let mut tasks = jobs::tasks(&world.client, &job.job_id).await;
    tasks.sort_by(|a, b| a.step_key.cmp(&b.step_key));
    let of = |task: v1::Task| (task.step_key, task.attempts.len(), digest(&body(&task.outputs[0])));
    tasks.into_iter().map(of).collect()
}

/// The plan, and its trace from the embedded runner.
fn embedded(sdks: &[Arc<Sdk>]) -> Result<TraceCase, String> {
    let document = json!({"name": "same", "steps": steps(sdks, |_| ("kit.raw", json!(null)))});
    let case = json!({"name": "relay", "plan": document.to_string(), "start": {"input": {"json": DOCUMENT}}});
    let case: TraceCase = serde_json::from_value(case).map_err(|error| error.to_string())?;
    Ok(TraceCase { expected: Some(trace::run(&case)?), ..case })
}

fn text(job: &v1::Job) -> String {
    body(&job.results[0])
}

fn body(payload: &v1::Payload) -> String {
    match &payload.body {
        Some(Body::Json(text)) => text.clone(),
        other => panic!("no JSON: {other:?}"),
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
