//! `serve --data-audit`: what was changed is found without anybody asking.

use crate::store::{Store, worked};
use esteira_e2e::{Server, until};
use esteira_testkit::Postgres;
use std::time::Duration;

const FOUND_MAX: Duration = Duration::from_secs(30);

fn passes(server: &Server) -> usize {
    server.log().matches("the data audit has passed").count()
}

async fn restarted(server: &mut Server) {
    server.terminate();
    assert!(server.ended().await.success(), "{}", server.log());
    server.restart().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_is_found_and_told_of() {
    let store = Store::postgres();
    let mut server = store.serve(&["--data-audit", "1m"]).await;
    let job = worked(&server).await;
    // Each start begins with a pass.
    let before = passes(&server);
    restarted(&mut server).await;
    until(FOUND_MAX, "a pass over an honest store", async || (passes(&server) > before).then_some(())).await;
    assert!(!server.log().contains("ERROR"), "no false alarm: {}", server.log());
    let flip = "UPDATE artifact SET body = set_byte(body, 2, get_byte(body, 2) # 1) WHERE artifact_id = (SELECT min(artifact_id) FROM artifact)";
    Postgres::shared().run(store.name.as_deref().expect("PostgreSQL"), flip);
    restarted(&mut server).await;
    let line = until(FOUND_MAX, "the flaw", async || {
        server.log().lines().find(|line| line.contains("the data audit found a flaw")).map(str::to_owned)
    })
    .await;
    for told in ["ERROR", "MISMATCH_CONTENT", "content", &job] {
        assert!(line.contains(told), "{told} is not in: {line}");
    }
    // It is recorded too: who verified, and what came out.
    let cli = server.cli();
    cli.run(&["verify", "all"]).await.exits(1).prints("MISMATCH_CONTENT: content");
    server.terminate();
    assert!(server.ended().await.success());
}
