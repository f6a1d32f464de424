//! Bytes: kept exactly as received, and outputs that come in chunks.

use crate::fixture::{Store, kind};
use esteira_model::{ArtifactId, Payload};
use esteira_store::{Batch, Kind};

conformance! {
    artifacts: bytes_come_back_unchanged, unknown_artifacts_are_left_out, large_bytes_are_kept_once,
        an_artifact_is_written_once;
    append_outputs: a_chunk_counts_once, chunks_belong_to_their_fence;
    appended_outputs: items_come_in_item_order;
}

/// Bodies of every form, around the size where an adapter may keep them elsewhere.
fn bodies() -> Vec<Payload> {
    let sized = |bytes: usize| vec![b'x'; bytes];
    vec![
        Payload::none(),
        Payload::json(""),
        Payload::json("null"),
        Payload::json(" {\"a\" : 1e2, \"b\":\"\\u0000\"}\n"),
        Payload::json("\"a raw \0 byte\""),
        Payload::binary([]),
        Payload::binary([0u8]),
        Payload::binary([0, 159, 146, 150, 0, 255]),
        Payload::binary(sized(64 << 10)),
        Payload::binary(sized((64 << 10) + 1)),
        Payload::json(String::from_utf8(sized(1 << 20)).expect("ASCII")),
        Payload { content_type: "text/csv; charset=x".into(), schema: "order/v1".into(), ..Payload::binary([1]) },
        Payload { content_type: "".into(), schema: "s".into(), ..Payload::none() },
    ]
}

/// INV-VALIDATE: bytes are kept as received; no data is not the same as data of no bytes.
async fn bytes_come_back_unchanged(store: &mut Store) {
    let rows: Vec<_> = bodies().into_iter().map(|payload| store.artifact(payload)).collect();
    store.write(Batch { artifacts: rows.clone(), ..Batch::default() }).await;
    let ids: Vec<_> = rows.iter().map(|(artifact, _)| artifact.id).collect();
    let mut found = store.unit().await.artifacts(&ids).await.expect("reads");
    found.sort_by_key(|(id, _)| *id);
    assert_eq!(found.len(), rows.len());
    for ((id, payload), (artifact, _)) in found.iter().zip(&rows) {
        assert_eq!((*id, payload), (artifact.id, &artifact.payload));
    }
    let mut found = store.reader.artifacts(&ids).await.expect("reads");
    found.sort_by_key(|(id, ..)| *id);
    for ((id, payload, sha256), (artifact, digest)) in found.iter().zip(&rows) {
        assert_eq!((*id, payload, sha256), (artifact.id, &artifact.payload, digest));
    }
}

async fn unknown_artifacts_are_left_out(store: &mut Store) {
    let row = store.artifact(Payload::json("1"));
    store.write(Batch { artifacts: vec![row.clone()], ..Batch::default() }).await;
    let id = row.0.id;
    let ids = [id, ArtifactId(id.0 + 1), ArtifactId(-1), id];
    assert_eq!(store.unit().await.artifacts(&ids).await.expect("reads"), [(id, row.0.payload)]);
    assert!(store.reader.artifacts(&[]).await.expect("reads").is_empty());
}

/// The same large body twice in a round, again in the next one, and as a message: each row reads it.
async fn large_bytes_are_kept_once(store: &mut Store) {
    let large = Payload::binary(vec![7u8; 300 << 10]);
    let rows: Vec<_> = (0..3).map(|_| store.artifact(large.clone())).collect();
    store.write(Batch { artifacts: rows[..2].to_vec(), ..Batch::default() }).await;
    let mut message = store.message("t", "k", 1);
    message.emit.payload = large.clone();
    store.write(Batch { artifacts: rows[2..].to_vec(), outbox: vec![message], ..Batch::default() }).await;
    let ids: Vec<_> = rows.iter().map(|(artifact, _)| artifact.id).collect();
    let found = store.unit().await.artifacts(&ids).await.expect("reads");
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(_, payload)| *payload == large));
}

async fn an_artifact_is_written_once(store: &mut Store) {
    let row = store.artifact(Payload::json("1"));
    store.write(Batch { artifacts: vec![row.clone()], ..Batch::default() }).await;
    assert_eq!(kind(store.try_write(Batch { artifacts: vec![row], ..Batch::default() }).await), Kind::Duplicate);
}

fn ids(range: std::ops::Range<i64>) -> Vec<ArtifactId> {
    range.map(ArtifactId).collect()
}

/// INV-REPLAY: a chunk that is sent again is there already, and stays as it was.
async fn a_chunk_counts_once(store: &mut Store) {
    let task = store.any_task();
    let key = (task.job, task.id, 5);
    let mut unit = store.unit().await;
    assert!(unit.append_outputs(key, 0, 0, &ids(0..3)).await.expect("appends"));
    assert!(!unit.append_outputs(key, 0, 0, &ids(0..3)).await.expect("appends"), "in the same unit");
    unit.commit().await.expect("commits");
    let mut unit = store.unit().await;
    assert!(!unit.append_outputs(key, 0, 0, &ids(7..9)).await.expect("appends"), "in a later one");
    assert!(unit.append_outputs(key, 1, 3, &[]).await.expect("appends"), "an empty chunk is a chunk");
    assert_eq!(unit.appended_outputs(key).await.expect("reads"), (2, ids(0..3)));
}

/// INV-FENCE: an attempt that lost its lease left chunks that the next one does not see.
async fn chunks_belong_to_their_fence(store: &mut Store) {
    let task = store.any_task();
    let mut unit = store.unit().await;
    for fence in [5, 6] {
        assert!(unit.append_outputs((task.job, task.id, fence), 0, 0, &ids(fence..fence + 1)).await.expect("appends"));
    }
    for fence in [5, 6] {
        let found = unit.appended_outputs((task.job, task.id, fence)).await.expect("reads");
        assert_eq!(found, (1, ids(fence..fence + 1)));
    }
    assert_eq!(unit.appended_outputs((task.job, task.id, 7)).await.expect("reads"), (0, Vec::new()));
}

async fn items_come_in_item_order(store: &mut Store) {
    let task = store.any_task();
    let key = (task.job, task.id, 5);
    let mut unit = store.unit().await;
    // Chunks may arrive in any order, and are large.
    for chunk in [2u32, 0, 1, 10] {
        let first = i64::from(chunk) * 1000;
        assert!(unit.append_outputs(key, chunk, chunk * 1000, &ids(first..first + 1000)).await.expect("appends"));
    }
    let (chunks, items) = unit.appended_outputs(key).await.expect("reads");
    assert_eq!(chunks, 4);
    assert_eq!(items, [ids(0..3000), ids(10_000..11_000)].concat());
}
