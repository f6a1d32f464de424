//! One round of the committer: each kind of row in one operation, whatever the number of commands (INV-ONE-TX).

use crate::{
    codec::{
        Blobs, job::push_change, push_artifact, push_attempt, push_audit, push_ended, push_job, push_leased,
        push_message, push_reprocess, push_task,
    },
    connection::Connection,
    statement::{Keyed, Operation, Table, Type},
    tables,
    unit::outbox_state::KeyState,
    value::{Rows, Value},
};
use esteira_model::{Job, JobId};
use esteira_store::{Batch, Error, Hot, Kind, Result, Taken};
use std::collections::{BTreeMap, HashMap};

/// See [`esteira_store::Unit::write`]. After an error the unit is lost: a part of the round may be written.
pub(super) async fn write(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let written = write_all(connection, batch).await;
    if written.is_err() {
        connection.fail();
    }
    written
}

/// What must be true of an operation's count, and what is said when it is not.
struct Expected {
    operation: usize,
    rows: usize,
    otherwise: &'static str,
}

/// The operations of a round, in the order in which they are written.
#[derive(Default)]
struct Round {
    operations: Vec<Operation>,
    expected: Vec<Expected>,
    blobs: Blobs,
}

async fn write_all(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let round = Round::of(batch)?;
    let changed = connection.write(round.operations).await?;
    for expected in round.expected {
        if usize::try_from(changed[expected.operation]) != Ok(expected.rows) {
            return Err(Error::new(Kind::Conflict, expected.otherwise));
        }
    }
    Ok(())
}

impl Round {
    fn of(batch: &Batch) -> Result<Self> {
        let mut round = Self::default();
        round.insert(&tables::REQUEST, &batch.requests, |r, rows| {
            rows.push(&r.account).push(&r.request_id).push(r.digest).push(r.answer.as_slice()).push(r.time);
        });
        round.insert_jobs(batch)?;
        round.insert_artifacts(batch);
        for hot in [Hot::Queue, Hot::Parked, Hot::Lease] {
            round.take(hot, &batch.taken);
        }
        round.insert(&tables::QUEUE, &batch.queued, |queued, rows| {
            push_task(&queued.task, rows);
            rows.push(&queued.lane).push(queued.rank);
        });
        round.insert(&tables::PARKED, &batch.parked, |parked, rows| {
            push_task(&parked.task, rows);
            rows.push(Value::Fixed(parked.reason.as_str())).push(parked.due).push(parked.behind.as_deref());
        });
        round.insert(&tables::LEASE, &batch.leased, push_leased);
        round.insert(&tables::ATTEMPT, &batch.attempts, push_attempt);
        round.insert(&tables::ENDED_TASK, &batch.ended, push_ended);
        round.insert(&tables::CARRIED, &batch.carried, |c, rows| {
            rows.push(c.job.0).push(c.task.0).push(c.from_job.0).push(c.from_task.0);
        });
        round.insert(&tables::REPROCESS, &batch.reprocesses, push_reprocess);
        round.insert(&tables::ARRIVAL, &batch.arrivals, |a, rows| {
            rows.push(a.job.0).push(a.join_step).push(a.item_path.to_bytes());
            rows.push(a.from_step).push(a.from_task.0).push(a.artifact.0);
        });
        round.insert_messages(batch);
        round.insert(&tables::AUDIT_RECORD, &batch.audit, push_audit);
        round.insert_blobs();
        round.insert(&tables::LEDGER_PAGE, &batch.leaves, |page, rows| {
            rows.push(page.id.0).push(page.leaves.as_slice());
        });
        round.insert(&tables::LEDGER_WAITING, &batch.leaves, |page, rows| {
            rows.push(page.id.0).push(page.leaf_count);
        });
        Ok(round)
    }

    /// Rows of one table, in the order of the items; no items cost nothing.
    fn insert<T>(&mut self, table: &'static Table, items: &[T], mut push: impl FnMut(&T, &mut Rows)) {
        let mut rows = Rows::with_capacity(table.width(), items.len());
        for item in items {
            push(item, &mut rows);
        }
        self.operations.push(Operation::Insert(table, rows));
    }

    /// Changes that must all find their row.
    fn change(&mut self, keyed: &'static Keyed, keys: Rows, otherwise: &'static str) {
        self.expected.push(Expected { operation: self.operations.len(), rows: keys.len(), otherwise });
        self.operations.push(Operation::Change(keyed, keys));
    }

    fn insert_jobs(&mut self, batch: &Batch) -> Result<()> {
        let mut changes = changes(&batch.jobs_changed)?;
        let mut rows = Rows::with_capacity(tables::JOB.width(), batch.jobs_started.len());
        let mut labels = Rows::with_capacity(tables::JOB_LABEL.width(), batch.jobs_started.len());
        for job in &batch.jobs_started {
            // A job that starts and changes in one round is written once: where a round is one statement, its changes do not
            // see its inserts.
            match changes.remove(&job.id) {
                Some((base, last)) if base == job.revision => push_job(&started_as(job, last), &mut rows),
                Some((base, last)) => return Err(out_of_turn(last, base)),
                None => push_job(job, &mut rows),
            }
            for (key, value) in job.labels.iter() {
                labels.push(&job.account).push(key).push(value).push(job.id.0);
            }
        }
        self.operations.push(Operation::Insert(&tables::JOB, rows));
        self.operations.push(Operation::Insert(&tables::JOB_LABEL, labels));
        self.change_jobs(&changes);
        Ok(())
    }

    fn change_jobs(&mut self, changes: &HashMap<JobId, (i64, &Job)>) {
        // INV-LABEL: what a job was started with, its data class above all, is in no SET of this crate.
        static CHANGE: Keyed = Keyed {
            key: &[
                Type::Blob,
                Type::I64,
                Type::Text,
                Type::Text,
                Type::I64,
                Type::I64,
                Type::I64,
                Type::Text,
                Type::Text,
                Type::I64,
                Type::I64,
                Type::I64,
            ],
            sql: "UPDATE job SET state = k3, flow = k4, start_time = k5, end_time = k6, cancel_time = k7, failure = k8, note = k9, \
                  end_leaf_page = k10, end_leaf_ordinal = k11, revision = k12 \
                  FROM k WHERE job_id = k1 AND revision = k2",
        };
        let mut keys = Rows::with_capacity(CHANGE.key.len(), changes.len());
        for (base, job) in changes.values() {
            push_change(job, *base, &mut keys);
        }
        self.change(&CHANGE, keys, "a job was changed by another transaction");
    }

    fn insert_artifacts(&mut self, batch: &Batch) {
        let mut rows = Rows::with_capacity(tables::ARTIFACT.width(), batch.artifacts.len());
        for (artifact, sha256) in &batch.artifacts {
            push_artifact(artifact, *sha256, &mut rows, &mut self.blobs);
        }
        self.operations.push(Operation::Insert(&tables::ARTIFACT, rows));
    }

    /// The large bodies of artifacts and messages.
    fn insert_blobs(&mut self) {
        let mut rows = Rows::with_capacity(tables::BLOB.width(), self.blobs.len());
        for (sha256, body) in std::mem::take(&mut self.blobs) {
            rows.push(sha256).push(body);
        }
        self.operations.push(Operation::Insert(&tables::BLOB, rows));
    }

    /// Live tasks that leave this place. INV-FENCE: the row must still carry the fence of the decision.
    fn take(&mut self, hot: Hot, taken: &[Taken]) {
        const KEY: &[Type] = &[Type::Blob, Type::Blob, Type::I64];
        static QUEUE: Keyed =
            Keyed { key: KEY, sql: "DELETE FROM queue WHERE (job_id, task_id, fence) IN (SELECT k1, k2, k3 FROM k)" };
        static PARKED: Keyed =
            Keyed { key: KEY, sql: "DELETE FROM parked WHERE (job_id, task_id, fence) IN (SELECT k1, k2, k3 FROM k)" };
        static LEASE: Keyed =
            Keyed { key: KEY, sql: "DELETE FROM lease WHERE (job_id, task_id, fence) IN (SELECT k1, k2, k3 FROM k)" };
        let statement = match hot {
            Hot::Queue => &QUEUE,
            Hot::Parked => &PARKED,
            Hot::Lease => &LEASE,
        };
        let mut keys = Rows::with_capacity(3, taken.len());
        for taken in taken.iter().filter(|taken| taken.from == hot) {
            keys.push(taken.job.0).push(taken.task.0).push(taken.fence);
        }
        self.change(statement, keys, "a live task was taken by another transaction");
    }

    /// Messages, and a row for each key that had none before. The key is ready at once.
    fn insert_messages(&mut self, batch: &Batch) {
        let mut rows = Rows::with_capacity(tables::OUTBOX.width(), batch.outbox.len());
        // In the order of the keys, each with its first message: another coordinator's round may hold some of them.
        let mut first = BTreeMap::new();
        for message in &batch.outbox {
            push_message(message, &mut rows, &mut self.blobs);
            first.entry((&message.account, &message.emit.topic, &message.emit.key)).or_insert(message);
        }
        let mut keys = Rows::with_capacity(tables::OUTBOX_KEY.width(), first.len());
        for message in first.values() {
            KeyState::of_new(message).push(&mut keys);
        }
        self.operations.push(Operation::Insert(&tables::OUTBOX, rows));
        self.operations.push(Operation::Insert(&tables::OUTBOX_KEY, keys));
    }
}

/// A job that changed several times in a round is written once, from the first change's base to the last change's state.
fn changes(jobs: &[Job]) -> Result<HashMap<JobId, (i64, &Job)>> {
    let mut changes: HashMap<JobId, (i64, &Job)> = HashMap::with_capacity(jobs.len());
    for job in jobs {
        let found = changes.get(&job.id);
        let (base, last) = found.map_or((job.revision - 1, job.revision - 1), |(base, last)| (*base, last.revision));
        if job.revision != last + 1 {
            return Err(out_of_turn(job, last));
        }
        changes.insert(job.id, (base, job));
    }
    Ok(changes)
}

fn out_of_turn(job: &Job, last: i64) -> Error {
    Error::new(Kind::Conflict, format!("job {} changed from revision {last} to {}", job.id, job.revision))
}

/// INV-LABEL: what a job began with is that of its start, whatever a change says.
fn started_as(job: &Job, last: &Job) -> Job {
    Job {
        state: last.state,
        flow: last.flow.clone(),
        start_time: last.start_time,
        end_time: last.end_time,
        cancel_time: last.cancel_time,
        failure: last.failure.clone(),
        note: last.note.clone(),
        end_leaf_at: last.end_leaf_at,
        revision: last.revision,
        ..job.clone()
    }
}
