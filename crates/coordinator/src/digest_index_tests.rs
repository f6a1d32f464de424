//! The index follows the log to its end, and all of it once more in another epoch.

use super::*;
use crate::{Settings, SystemClock};
use esteira_ledger::{
    Hash, Hashes,
    kinds::{AttemptEnded, JobEnded, JobStarted, Operator},
};
use esteira_model::{
    AccountId, Actor, Artifact, DataClass, EndedTask, Flow, ItemPath, Job, JobState, Lineage, LineageKind, Payload,
    PlanVersionId, Task, TaskState, Time, Uuid,
};
use esteira_store::{Batch, LedgerPage, Unit};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const JOB: JobId = JobId(Uuid::from_bytes([7; 16]));

fn job() -> Job {
    Job {
        id: JOB,
        account: AccountId::new("default"),
        plan_version: PlanVersionId(Uuid::default()),
        data_class: DataClass::Devtest,
        actor: Arc::new(Actor::default()),
        headers: Arc::default(),
        labels: Arc::default(),
        aggregate: None,
        input: ArtifactId(1),
        priority: 0,
        lineage: Lineage { kind: LineageKind::Direct, root: JOB, parent: None, depth: 0, source: None },
        create_time: Time(1),
        start_after: None,
        deadline: None,
        provenance: Default::default(),
        state: JobState::Succeeded,
        flow: Flow::default(),
        start_time: Some(Time(1)),
        end_time: Some(Time(2)),
        cancel_time: None,
        failure: None,
        note: String::new(),
        end_leaf_at: None,
        revision: 1,
    }
}

/// A task with an attempt or without, that read `input` and made `output`.
fn ended(number: u8, attempts: u32, input: i64, output: i64) -> EndedTask {
    let task = Task {
        id: TaskId(Uuid::from_bytes([number; 16])),
        job: JOB,
        step: 0,
        item_path: ItemPath::default(),
        parent: None,
        input: Some(ArtifactId(input)),
        aggregate: None,
        attempts,
        failures: 0,
        expiries: 0,
        fence: 1,
        checkpoint: None,
        create_time: Time(1),
        start_time: None,
    };
    let outputs = vec![ArtifactId(output)];
    EndedTask {
        task,
        state: TaskState::Succeeded,
        end_time: Time(2),
        outputs,
        leaf: true,
        verdicts: Vec::new(),
        failure: None,
    }
}

fn artifact(id: i64) -> (Artifact, [u8; 32]) {
    let payload = Payload::json(id.to_string());
    let digest = Sha256::digest(payload.bytes()).into();
    (Artifact { id: ArtifactId(id), job: JOB, data_class: DataClass::Devtest, payload }, digest)
}

fn started() -> Leaf<'static> {
    let (plan_digest, none) = (Hash([0; 32]), || Hashes::of(&[]));
    Leaf::from(JobStarted {
        account: "default",
        plan_version: PlanVersionId(Uuid::default()),
        plan_digest,
        job: JOB,
        lineage: LineageKind::Direct,
        request_digest: None,
        inputs: none(),
        create_time: Time(1),
        operator: Operator { user: "", account: "", on_behalf_of: "" },
        data_class: DataClass::Devtest,
        parents: none(),
    })
}

fn attempted(task: u8) -> Leaf<'static> {
    let none = || Hashes::of(&[]);
    Leaf::from(AttemptEnded {
        account: "default",
        plan_digest: Hash([0; 32]),
        job: JOB,
        step: "a",
        item_path: ItemPath::default(),
        task: TaskId(Uuid::from_bytes([task; 16])),
        attempt: 1,
        fence: 1,
        function: "f",
        function_version: "",
        inputs: none(),
        outputs: none(),
        policies: Vec::new(),
        start_time: Time(1),
        end_time: Time(2),
        worker_start_time: None,
        worker_end_time: None,
        worker: "w",
        operator: "",
        data_class: DataClass::Devtest,
        failure: None,
        texts: None,
        parents: none(),
    })
}

fn over() -> Leaf<'static> {
    let none = || Hashes::of(&[]);
    Leaf::from(JobEnded {
        account: "default",
        plan_digest: Hash([0; 32]),
        job: JOB,
        state: JobState::Succeeded,
        failure: None,
        texts: None,
        results: none(),
        start_time: None,
        end_time: Time(2),
        operator: "",
        data_class: DataClass::Devtest,
        parents: none(),
    })
}

fn page(id: i64, leaves: &[Leaf<'_>]) -> LedgerPage {
    let mut page = LedgerPage::new(PageId(id));
    for leaf in leaves {
        page.push(|out| leaf.encode_into(out)).expect("a leaf");
    }
    page
}

async fn write(unit: &mut dyn Unit) -> Result<()> {
    let artifacts = (1..=6).map(artifact).collect();
    let ended = vec![ended(1, 1, 1, 2), ended(2, 1, 3, 4), ended(3, 0, 5, 5)];
    unit.write(&Batch { jobs_started: vec![job()], artifacts, ended, ..Batch::default() }).await?;
    // Ids do not rise with the log: pages of two coordinators.
    let pages = [page(9, &[started(), attempted(1)]), page(3, &[attempted(2)]), page(5, &[over()])];
    Ok(unit.append_leaves(&pages).await?)
}

/// How many of all artifacts the index has not.
async fn missing(coordinator: &Coordinator) -> usize {
    let all: Vec<_> = (1..=6).map(ArtifactId).collect();
    let counted = coordinator.transact(move |unit| Box::pin(async move { Ok(unit.index_digests(&all).await?) })).await;
    counted.expect("counted")
}

#[tokio::test]
async fn the_index_follows_the_log_to_its_end() {
    let store = esteira_store_sql::open("sqlite::memory:", esteira_store_sql::Options::default()).await.expect("opens");
    let (coordinator, _running) =
        Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), Settings::default())
            .await
            .expect("starts");
    let reader = coordinator.shared.reader.clone();
    coordinator.transact(|unit| Box::pin(write(unit))).await.expect("written");
    coordinator.place_waiting(None).await.expect("placed");
    while step(&coordinator).await.expect("a step") {}
    let head = reader.ledger_head().await.expect("a head");
    let cursor = reader.digest_cursor().await.expect("a cursor");
    assert_eq!((head.size, cursor), (4, DigestCursor { epoch: head.epoch, index: 4 }));
    // The sixth belongs to no task; all others are there, that of a task that nobody tried too.
    assert_eq!(missing(&coordinator).await, 1);
    assert!(!step(&coordinator).await.expect("a step"), "nothing is left to do");

    let other = DigestCursor { epoch: head.epoch + 1, ..cursor };
    coordinator
        .transact(move |unit| Box::pin(async move { Ok(unit.put_digest_cursor(&other).await?) }))
        .await
        .expect("put");
    while step(&coordinator).await.expect("a step") {}
    assert_eq!(reader.digest_cursor().await.expect("a cursor"), cursor);
}
