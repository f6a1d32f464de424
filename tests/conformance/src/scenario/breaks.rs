//! Connections that break, in every way there is.

use crate::world::World;
use esteira_e2e::{jobs, within};
use esteira_sdk::model::Payload;
use serde_json::{Value, json};
use std::time::Duration;

/// From a silent connection to the end of what waited for it: a call's time-out, and backoff.
const RECOVERED_MAX: Duration = Duration::from_secs(60);

pub(super) async fn half_open(world: &World) {
    let worker = world.worker(2).await;
    // The checkpoint comes with the first heartbeat, after 10 s of a lease of 30 s: only then it is sure that it runs.
    let config = json!({"attempts": [[{"checkpoint": "1"}, {"sleep_ms": 12_000}, {"return": "1"}]]});
    world.publish_one("slow", "kit.script", config).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    let job = world.begin("slow", Payload::json("null")).await;
    worker.runs().await;
    worker.proxy.silence();
    assert_eq!(results(world, &job).await, [json!(1)]);
    assert_eq!(world.task(&job).await.attempts.len(), 1);
    // And it asks for more on a connection that answers, though its poll may have been parked on the silent one.
    let next = world.begin("raw", Payload::json("2")).await;
    assert_eq!(results(world, &next).await, [json!(2)]);
}

async fn results(world: &World, job: &str) -> Vec<Value> {
    let ended = within(RECOVERED_MAX, "the job ends", world.client.jobs().wait(job)).await;
    jobs::results(&ended.expect("it is awaited"))
}

pub(super) async fn resets_and_goaway(world: &World) {
    const JOBS: usize = 24;
    let worker = world.worker(4).await;
    world.publish_one("slow", "kit.script", json!({"attempts": [[{"sleep_ms": 40}, {"return_input": true}]]})).await;
    let mut begun = Vec::new();
    for number in 0..JOBS {
        begun.push(world.begin("slow", Payload::json(number.to_string())).await);
    }
    for (number, job) in begun.iter().enumerate() {
        let ended = world.succeeded(job).await;
        assert_eq!(jobs::results(&ended), [json!(number)]);
        worker.connected().await;
        match number {
            3 | 15 => worker.proxy.reset(),
            7 | 19 => worker.proxy.go_away(),
            11 => worker.proxy.delay(Duration::from_millis(50)),
            _ => {}
        }
    }
    for job in &begun {
        let task = world.task(job).await;
        assert_eq!(task.attempts.len(), 1, "{:?}", task.attempts);
    }
}
