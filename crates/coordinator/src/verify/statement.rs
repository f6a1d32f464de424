//! The trace of a job for somebody else: a statement of in-toto about its data, in an envelope that the log's keys sign.
//!
//! It names data by digest and never carries it, nor texts that may hold some. The hash of the job's last leaf stands in it, from
//! which everything else that the log has of the job follows.

use crate::{
    catalog::Compiled,
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    log::proofs,
};
use esteira_ledger::{Hash, Statement, Subject, leaf_hash};
use esteira_model::{AccountId, ArtifactId, Attempt, Job, JobId, LeafAt, Run, Task, TaskId};
use esteira_store::{ArtifactHead, Filter, Page, Reader, TallyLimits, TaskRecord};
use hashbrown::HashMap;
use serde_json::{Value, json};

/// Bytes of tasks and subjects in one statement: as base64, and with what is around them, they fit one message.
const TASKS_BYTES_MAX: usize = 2_500_000;
/// Tasks that are read at once.
const PAGE: usize = 500;
/// Outputs of one task that are named at most.
const OUTPUTS_MAX: usize = 1_000;

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The envelope: JSON.
    pub envelope_json: String,
    /// Tasks that the job has.
    pub tasks: u64,
    /// How many of them the statement had no room for. It says so itself.
    pub omitted: u64,
}

/// What is said so far.
#[derive(Default)]
struct Said {
    subjects: Vec<Subject>,
    tasks: Vec<Value>,
    bytes: usize,
}

impl Said {
    /// A body's digest, and the body as a subject; none for one that is gone or never was.
    fn name(&mut self, name: &str, head: Option<&ArtifactHead>) -> Value {
        let Some(head) = head.filter(|head| head.has_body && !head.removed) else { return Value::Null };
        let digest = Hash(head.sha256);
        self.subjects.push(Subject::new(name, &digest));
        self.bytes += name.len() + 128;
        digest.to_string().into()
    }
}

impl Coordinator {
    /// The signed statement on a job of this account.
    ///
    /// # Errors
    /// [`Reason::JobNotFound`]; [`Reason::LogRefused`] where nothing is signed; the field `job_id` when none of its data is left.
    pub async fn export_statement(&self, account: &AccountId, id: JobId) -> Result<Exported> {
        const NO_KEY: &str = "nothing is signed here: this coordinator was given no key of the log";
        let signing = self.shared.log.signing.clone().ok_or_else(|| Error::new(Reason::LogRefused, NO_KEY))?;
        let reader = &*self.shared.reader;
        let not_found =
            || Error { field: "job_id".into(), ..Error::new(Reason::JobNotFound, format!("there is no job {id}")) };
        let against = self.stand().await?;
        let job = reader.job(account, id).await?.ok_or_else(not_found)?;
        let compiled = self.shared.catalog.version(reader, account, job.plan_version).await?;
        let tally = reader.job_tally(id, TallyLimits { workers: 0, children: 0 }).await?;
        let count = tally.steps.iter().flat_map(|step| &step.states).map(|(_, count)| count.unsigned_abs()).sum();
        let mut said = Said::default();
        let heads = reader.artifact_heads(&[job.input]).await?;
        let input = said.name("input", heads.first());
        add_tasks(reader, id, &compiled, &mut said).await?;
        if said.subjects.is_empty() {
            return Err(Error::field("job_id", "none of its data is left for a statement to be about"));
        }
        let omitted = u64::saturating_sub(count, said.tasks.len() as u64);
        let predicate = json!({
            "job": of_job(&job, &compiled),
            "input": input,
            "tasks": said.tasks,
            "task_count": count,
            "tasks_omitted": omitted,
            "log": {
                "origin": signing.origin_in(against.stored.as_ref().map_or(0, |stored| stored.epoch)),
                "checkpoint": against.stored.map(|stored| stored.note),
                "start_leaf": leaf(reader, job.provenance.start_leaf_at).await?,
                "end_leaf": leaf(reader, job.end_leaf_at).await?,
            },
        });
        let envelope_json = signing.seal(&Statement::of_job(said.subjects, predicate), self.shared.clock.now())?;
        Ok(Exported { envelope_json, tasks: count, omitted })
    }
}

/// Adds tasks, the oldest first, until there is no more room.
async fn add_tasks(reader: &dyn Reader, job: JobId, compiled: &Compiled, said: &mut Said) -> Result<()> {
    let mut page = Page { size: PAGE, after: None };
    loop {
        let found = reader.list_tasks(job, &Filter::default(), &page).await?;
        let ids: Vec<TaskId> = found.rows.iter().map(|record| task_of(record).id).collect();
        let mut attempts: HashMap<TaskId, Vec<Attempt>> = HashMap::new();
        for attempt in reader.attempts_of(job, &ids).await? {
            attempts.entry(attempt.task).or_default().push(attempt);
        }
        let wanted: Vec<ArtifactId> =
            found.rows.iter().flat_map(|record| task_of(record).input.into_iter().chain(outputs_of(record))).collect();
        let heads: HashMap<ArtifactId, ArtifactHead> =
            reader.artifact_heads(&wanted).await?.into_iter().map(|head| (head.id, head)).collect();
        for record in &found.rows {
            if said.bytes > TASKS_BYTES_MAX {
                return Ok(());
            }
            let task = task_of(record);
            let tried = attempts.remove(&task.id).unwrap_or_default();
            let shown = of_task(record, compiled, &tried, &heads, said);
            said.bytes += shown.to_string().len();
            said.tasks.push(shown);
        }
        let Some(next) = found.next else { return Ok(()) };
        page.after = Some(next);
    }
}

fn task_of(record: &TaskRecord) -> &Task {
    match record {
        TaskRecord::Live(live) => &live.task,
        TaskRecord::Ended(ended) => &ended.task,
    }
}

fn outputs_of(record: &TaskRecord) -> Vec<ArtifactId> {
    match record {
        TaskRecord::Live(_) => Vec::new(),
        TaskRecord::Ended(ended) => ended.outputs.iter().copied().take(OUTPUTS_MAX).collect(),
    }
}

fn of_job(job: &Job, compiled: &Compiled) -> Value {
    json!({
        "job": job.id.to_string(),
        "account": job.account.as_str(),
        "plan": {
            "name": compiled.record.plan_name,
            "version": compiled.record.version,
            "sha256": Hash(compiled.record.definition_sha256).to_string(),
        },
        "operator": job.actor.user_id,
        "on_behalf_of": job.actor.on_behalf_of,
        "data_class": job.data_class.as_str(),
        "lineage": job.lineage.kind.as_str(),
        "root_job": job.lineage.root.to_string(),
        "parent_job": job.lineage.parent.map(|(parent, _)| parent.to_string()),
        "source_job": job.lineage.source.map(|source| source.to_string()),
        "state": job.state.as_str(),
        "failure": job.failure.as_ref().map(|failure| failure.code.as_str()),
        "create_time_micros": job.create_time.0,
        "start_time_micros": job.start_time.map(|time| time.0),
        "end_time_micros": job.end_time.map(|time| time.0),
    })
}

fn of_task(
    record: &TaskRecord,
    compiled: &Compiled,
    attempts: &[Attempt],
    heads: &HashMap<ArtifactId, ArtifactHead>,
    said: &mut Said,
) -> Value {
    let task = task_of(record);
    let step = &compiled.graph.node(task.step).step;
    let input = task.input.and_then(|input| heads.get(&input)).filter(|head| head.has_body && !head.removed);
    let outputs: Vec<Value> = outputs_of(record)
        .iter()
        .enumerate()
        .map(|(index, output)| said.name(&format!("tasks/{}/outputs/{index}", task.id), heads.get(output)))
        .collect();
    let (state, end_time, output_count) = match record {
        TaskRecord::Live(_) => ("LIVE", None, 0),
        TaskRecord::Ended(ended) => (ended.state.as_str(), Some(ended.end_time.0), ended.outputs.len()),
    };
    json!({
        "task": task.id.to_string(),
        "step": &*step.step_key,
        "item_path": task.item_path.to_string(),
        "function": match &step.run {
            Run::Function(name) => &**name,
            _ => "",
        },
        "state": state,
        "input": input.map(|head| Hash(head.sha256).to_string()),
        "outputs": outputs,
        "output_count": output_count,
        "attempts": attempts.iter().map(of_attempt).collect::<Vec<_>>(),
        "end_time_micros": end_time,
    })
}

fn of_attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "fence": attempt.fence,
        "worker": attempt.worker_id,
        "function_version": attempt.function_version,
        "failure": attempt.failure.as_ref().map(|failure| failure.code.as_str()),
        "start_time_micros": attempt.start_time.0,
        "end_time_micros": attempt.end_time.0,
    })
}

/// Index and hash of a leaf; nothing when there is none.
async fn leaf(reader: &dyn Reader, at: Option<LeafAt>) -> Result<Value> {
    let Some(at) = at else { return Ok(Value::Null) };
    let pages = reader.ledger_pages(&[at.page]).await?;
    let Some(leaf) = pages.iter().flat_map(|page| page.iter()).nth(at.ordinal as usize) else {
        return Ok(Value::Null);
    };
    let index = proofs::index_of(reader, at.page, at.ordinal).await?;
    Ok(json!({ "index": index, "hash": leaf_hash(leaf).to_string() }))
}
