//! Leaves: recorded with what they are about, and found again; and what is looked up to record more.

use crate::fixture::{Store, acme, attempt, ended, kind};
use esteira_model::{
    Arrival, ArtifactId, ItemPath, JobId, LeafAt, PageId, Payload, Provenance, Seed, TaskId, TaskState, Uuid,
};
use esteira_store::{Batch, BodyDigest, Kind, LedgerPage, NewestAttempt};

conformance! {
    append_leaves: leaves_wait_for_their_place, a_page_is_written_once, leaves_of_an_undone_unit_are_undone;
    ledger_pages: pages_come_back_unchanged;
    waiting_pages: the_lowest_pages_come_first;
    newest_attempts: the_newest_attempt_of_each_task, rows_of_an_older_version_have_no_leaf;
    digests: bodies_are_known_by_their_digest;
    branch_ends: branches_end_by_item_path_then_step;
    attempts_of_job: attempts_of_a_job_come_in_pages;
    arrivals_of_job: arrivals_of_a_job_come_by_join;
}

/// A page with these leaves.
pub fn ledger_page(id: i64, leaves: &[&[u8]]) -> LedgerPage {
    let mut page = LedgerPage::new(PageId(id));
    for leaf in leaves {
        page.push(|out| {
            out.extend(*leaf);
            Ok::<(), ()>(())
        })
        .expect("pushed");
    }
    page
}

fn at(page: i64, ordinal: u32) -> Option<LeafAt> {
    Some(LeafAt { page: PageId(page), ordinal })
}

/// INV-ONE-TX: by a round, and by a transaction that writes none.
async fn leaves_wait_for_their_place(store: &mut Store) {
    let pages = [ledger_page(7, &[b"a", b"bc"]), ledger_page(1 << 60, &[b"d"])];
    let reader = store.reader.clone();
    let mut unit = store.unit().await;
    unit.append_leaves(&pages[..1]).await.expect("appended");
    unit.append_leaves(&[]).await.expect("nothing to append");
    assert_eq!(unit.ledger_pages(&[PageId(7)]).await.expect("reads"), pages[..1], "in the same unit");
    assert!(reader.waiting_pages(None, 9).await.expect("reads").is_empty(), "before the commit");
    unit.commit().await.expect("commits");
    store.write(Batch { leaves: pages[1..].to_vec(), ..Batch::default() }).await;
    let expected = [(PageId(7), 2), (PageId(1 << 60), 1)];
    assert_eq!(store.reader.waiting_pages(None, 9).await.expect("reads"), expected);
}

/// INV-APPEND: what is recorded is never written over.
async fn a_page_is_written_once(store: &mut Store) {
    let page = ledger_page(7, &[b"a"]);
    store.write(Batch { leaves: vec![page.clone()], ..Batch::default() }).await;
    let another = Batch { leaves: vec![ledger_page(7, &[b"b"])], ..Batch::default() };
    assert_eq!(kind(store.try_write(another).await), Kind::Duplicate);
    assert_eq!(store.reader.ledger_pages(&[page.id]).await.expect("reads"), [page]);
}

/// INV-ONE-TX: no leaf without its facts.
async fn leaves_of_an_undone_unit_are_undone(store: &mut Store) {
    let mut unit = store.unit().await;
    unit.append_leaves(&[ledger_page(7, &[b"a"])]).await.expect("appended");
    drop(unit);
    assert!(store.reader.waiting_pages(None, 9).await.expect("reads").is_empty());
    assert!(store.unit().await.ledger_pages(&[PageId(7)]).await.expect("reads").is_empty());
}

async fn pages_come_back_unchanged(store: &mut Store) {
    let large = vec![7u8; 64 << 10];
    let pages = [ledger_page(3, &[b"", &[0, 255], &large]), ledger_page(5, &[b"x"])];
    store.write(Batch { leaves: pages.to_vec(), ..Batch::default() }).await;
    let ids = [PageId(5), PageId(3), PageId(4), PageId(5)];
    for mut found in [
        store.reader.ledger_pages(&ids).await.expect("reads"),
        store.unit().await.ledger_pages(&ids).await.expect("reads"),
    ] {
        found.sort_by_key(|page| page.id);
        assert_eq!(found, pages);
    }
    assert!(store.reader.ledger_pages(&[]).await.expect("reads").is_empty());
}

async fn the_lowest_pages_come_first(store: &mut Store) {
    let pages = [9, 2, 4].map(|id| ledger_page(id, &[b"a"])).to_vec();
    store.write(Batch { leaves: pages, ..Batch::default() }).await;
    assert_eq!(store.reader.waiting_pages(None, 2).await.expect("reads"), [(PageId(2), 1), (PageId(4), 1)]);
    assert!(store.reader.waiting_pages(None, 0).await.expect("reads").is_empty());
    let behind = store.reader.waiting_pages(Some(PageId(2)), 2).await.expect("reads");
    assert_eq!(behind, [(PageId(4), 1), (PageId(9), 1)]);
    assert!(store.reader.waiting_pages(Some(PageId(9)), 2).await.expect("reads").is_empty());
}

async fn the_newest_attempt_of_each_task(store: &mut Store) {
    let (a, b, c) = (store.any_task(), store.any_task(), store.any_task());
    let mut rows = vec![attempt(&a, 2, 12), attempt(&a, 11, 13), attempt(&a, 1, 10), attempt(&b, 1, 10)];
    rows[0].leaf_at = at(5, 9);
    rows[1].leaf_at = at(5, 10);
    store.write(Batch { attempts: rows.clone(), ..Batch::default() }).await;
    let ids = [(a.job, a.id), (b.job, b.id), (c.job, c.id), (a.job, b.id), (a.job, a.id)];
    let mut found = store.unit().await.newest_attempts(&ids).await.expect("reads");
    found.sort_by_key(|newest| newest.task);
    let expected = [
        NewestAttempt { job: a.job, task: a.id, number: 11, leaf_at: at(5, 10) },
        NewestAttempt { job: b.job, task: b.id, number: 1, leaf_at: None },
    ];
    assert_eq!(found, expected);
}

/// What was written before there were leaves says so, and jobs keep what they are given.
async fn rows_of_an_older_version_have_no_leaf(store: &mut Store) {
    let (mut old, mut new) = (store.job(), store.job());
    let task = store.task(old.id);
    new.provenance = Provenance { seed: Some(Seed([3; 32])), request_digest: Some([4; 32]), start_leaf_at: at(1, 0) };
    store
        .write(Batch {
            jobs_started: vec![old.clone(), new.clone()],
            attempts: vec![attempt(&task, 1, 10)],
            ..Batch::default()
        })
        .await;
    assert_eq!(store.reader.attempts(old.id, task.id).await.expect("reads")[0].leaf_at, None);
    assert_eq!(store.reader.job(&acme(), old.id).await.expect("reads").as_ref(), Some(&old));
    assert_eq!(store.reader.job(&acme(), new.id).await.expect("reads").as_ref(), Some(&new));
    // A change writes where the end is recorded, and nothing of the start.
    for job in [&mut old, &mut new] {
        job.revision += 1;
        job.end_leaf_at = at(2, 1023);
    }
    let mut changed = [old.clone(), new.clone()].to_vec();
    changed[1].provenance = Provenance::default();
    store.write(Batch { jobs_changed: changed, ..Batch::default() }).await;
    let mut found = store.reader.jobs(&[new.id, old.id, JobId(Uuid::default()), old.id]).await.expect("reads");
    found.sort_by_key(|job| job.id);
    assert_eq!(found, [old, new]);
}

async fn bodies_are_known_by_their_digest(store: &mut Store) {
    let rows =
        [Payload::none(), Payload::json("1"), Payload::binary(vec![7; 300 << 10])].map(|body| store.artifact(body));
    store.write(Batch { artifacts: rows.to_vec(), ..Batch::default() }).await;
    let ids: Vec<ArtifactId> = rows.iter().map(|(artifact, _)| artifact.id).chain([ArtifactId(-1)]).collect();
    let expected: Vec<_> = rows.iter().map(|(artifact, sha256)| (artifact.id, BodyDigest::Sha256(*sha256))).collect();
    for mut found in
        [store.reader.digests(&ids).await.expect("reads"), store.unit().await.digests(&ids).await.expect("reads")]
    {
        found.sort_by_key(|(id, _)| *id);
        assert_eq!(found, expected);
    }
}

async fn branches_end_by_item_path_then_step(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let mut row = |step: u16, path: &[u32], state: TaskState, leaf: bool| {
        let mut row = ended(&store.task(job), state, &[1, 2], leaf);
        row.task.step = step;
        row.task.item_path = ItemPath(path.to_vec());
        row
    };
    let rows = vec![
        row(2, &[10], TaskState::Succeeded, true),
        row(0, &[], TaskState::Succeeded, false),
        row(2, &[2], TaskState::Skipped, false),
        row(1, &[2], TaskState::Failed, false),
        row(1, &[], TaskState::Cancelled, false),
        row(1, &[1], TaskState::Succeeded, false),
    ];
    store.write(Batch { ended: rows.clone(), ..Batch::default() }).await;
    let expected = [4, 3, 2, 0].map(|i: usize| rows[i].clone());
    assert_eq!(store.unit().await.branch_ends(job).await.expect("reads"), expected);
}

async fn attempts_of_a_job_come_in_pages(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let (a, b, other) = (store.task(job), store.task(job), store.any_task());
    let rows = [attempt(&a, 1, 1), attempt(&a, 2, 2), attempt(&b, 1, 1), attempt(&other, 1, 1)];
    store.write(Batch { attempts: rows.iter().rev().cloned().collect(), ..Batch::default() }).await;
    let mut found = Vec::new();
    loop {
        let after = found.last().map(|row: &esteira_model::Attempt| (row.task, row.number));
        let mut page = store.reader.attempts_of_job(job, after, 2).await.expect("reads");
        if page.is_empty() {
            break;
        }
        found.append(&mut page);
    }
    assert_eq!(found, rows[..3]);
}

async fn arrivals_of_a_job_come_by_join(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let mut row = |job: JobId, join_step: u16, path: &[u32], from_step: u16| Arrival {
        job,
        join_step,
        item_path: ItemPath(path.to_vec()),
        from_step,
        from_task: TaskId(store.ids.uuid()),
        artifact: ArtifactId(1),
    };
    let mut rows = vec![row(job, 3, &[1], 0), row(job, 3, &[0], 1), row(job, 3, &[0], 0), row(job, 2, &[7], 0)];
    let other = row(JobId(Uuid::default()), 2, &[], 0);
    store.write(Batch { arrivals: [rows.clone(), vec![other]].concat(), ..Batch::default() }).await;
    rows.sort_by_key(|arrival| (arrival.join_step, arrival.item_path.clone(), arrival.from_step));
    assert_eq!(store.reader.arrivals_of_job(job).await.expect("reads"), rows);
}
