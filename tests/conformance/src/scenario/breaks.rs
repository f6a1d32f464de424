//! Connections that break, in every way there is.

use crate::world::World;
use esteira_e2e::{jobs, within};
use esteira_sdk::model::Payload;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// From a silent connection to the end of what waited for it: a call's time-out, and backoff.
const RECOVERED_MAX: Duration = Duration::from_secs(60);

pub(super) async fn half_open(world: &World) {
    let worker = world.worker(2).await;
    world.publish_one("slow", "kit.script", json!({"attempts": [[{"sleep_ms": 700}, {"return": "1"}]]})).await;
    let job = world.begin("slow", Payload::json("null")).await;
    world.leased(&job).await;
    let silent = Instant::now();
    worker.proxy.silence();
    let ended =
        within(RECOVERED_MAX, "the result arrives", world.client.jobs().wait(&job)).await.expect("it is awaited");
    assert_eq!(jobs::results(&ended), [json!(1)]);
    assert_eq!(world.task(&job).await.attempts.len(), 1);
    // And it asks for more, on a connection that answers.
    worker.calls_again("LeaseTasks", silent).await;
    world.run("slow", Payload::json("null")).await;
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
