//! kill -9 of a coordinator while pages of leaves wait for their places: between two steps of the sequencer, under load.

use crate::{
    load::{self, Load},
    store::Store,
};
use esteira_e2e::{LocalWorker, Server, jobs, until, within};
use esteira_sdk::client::v1;
use serde_json::json;
use std::time::Duration;

/// How often the coordinator is killed, on SQLite and on PostgreSQL: there the log stands still until the lead of the one that was
/// killed expires.
const KILLS: [usize; 2] = [5, 2];
/// Who calls meanwhile; fewer where it takes longer, as all that they did is verified in the end.
const CLIENTS: [usize; 2] = [8, 2];
/// Pages that wait when it is killed, at least.
const WAITING_MIN: i64 = 3;
const HEALED_MAX: Duration = Duration::from_secs(60);
const TEST_MAX: Duration = Duration::from_secs(180);

/// How many pages wait, and how many leaves have their place.
async fn log_of(server: &Server) -> Option<(i64, i64)> {
    let ledger = server.client().audit().get_ledger(v1::GetLedgerRequest {}).await.ok()?;
    Some((ledger.waiting_pages, ledger.size))
}

/// INV-APPEND
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_between_the_steps_of_the_sequencer_lose_no_leaf() {
    for (store, (kills, clients)) in Store::both().iter().zip(KILLS.into_iter().zip(CLIENTS)) {
        within(TEST_MAX, "the whole test", killed(store, kills, clients)).await;
    }
}

async fn killed(store: &Store, kills: usize, clients: usize) {
    let mut server = store.serve(&[]).await;
    load::publish(&server.client()).await;
    let mark = json!({"name": "chain", "steps": [
        {"step_key": "first", "function": "load.add", "next": ["second"]}, {"step_key": "second", "function": "load.add"}]});
    // Without the step that only a reporter serves.
    jobs::publish(&server.client(), &mark).await;
    let executions = load::Executions::default();
    let workers = [0, 1].map(|_| LocalWorker::start(&server.url(), 8, load::functions(&executions)));
    let load = Load::start(&server.url(), clients);
    let (mut sizes, mut acknowledged) = (Vec::new(), 0);
    for _ in 0..kills {
        let (busy, before) = (acknowledged + 8, sizes.last().copied().unwrap_or(0));
        until(HEALED_MAX, "the coordinator works again", async || (load.acknowledged() >= busy).then_some(())).await;
        let size = until(HEALED_MAX, "pages wait while the log grows", async || {
            let (waiting, size) = log_of(&server).await?;
            (waiting >= WAITING_MIN && size > before).then_some(size)
        })
        .await;
        server.kill9().await;
        sizes.push(size);
        server.restart().await;
        acknowledged = load.acknowledged();
    }
    let started = load.finish(&server.client()).await;
    for job in &started.jobs {
        jobs::succeeded(&server.client(), &job.job_id).await;
    }
    for worker in workers {
        worker.stop().await;
    }
    // Where a lead had to expire first, there is much to make up for.
    until(HEALED_MAX, "each page has its place", async || {
        log_of(&server).await.and_then(|(waiting, _)| (waiting == 0).then_some(()))
    })
    .await;
    let cli = server.cli();
    let all = cli.json(&["verify", "all"]).await;
    assert_eq!((&all["verdict"], &all["failed"]), (&json!("VERDICT_VALID"), &json!(null)), "{all}");
    assert_eq!(all["checked"], all["tree_size"], "each leaf has its place");
    let leaves = all["checked"].as_i64().expect("a number");
    // A start, an end and at least one attempt of each.
    assert!(leaves >= 3 * started.jobs.len() as i64, "{leaves} leaves of {} jobs", started.jobs.len());
    let (waiting, _) = log_of(&server).await.expect("it serves");
    println!(
        "{kills} kills at {sizes:?} leaves; then {leaves} leaves of {} jobs, {waiting} pages wait",
        started.jobs.len()
    );
    server.stop().await;
}
