//! ListErrorReports: tasks that failed for good, with the data so far.

use super::{heads::Heads, list_task_traces::views};
use crate::{
    convert::{
        at::At,
        check, failure,
        payload::{Bodies, payload_out},
        task::{attempt_out, task_of, verdicts, why},
    },
    edge::Edge,
    filter::{self, Column, Kind},
    fit::Room,
    job::{
        list_tasks::by_step,
        view::{read_job, read_version},
    },
    page_token::List,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_model::{ArtifactId, Attempt, JobId, TaskId, TaskState};
use esteira_store::{Appended, Op, Page, Stored, TaskRecord, Term, Value};
use prost::Message;
use std::collections::HashMap;

const COLUMNS: &[Column] = &[Column { name: "step_key", kind: Kind::Text }];
/// Appended outputs of one attempt that are named.
const ITEMS_MAX: usize = 20;
/// Tasks whose bodies are in memory at once.
const PAGE_MAX: usize = 20;

pub async fn list_error_reports(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    request: v1::ListErrorReportsRequest,
) -> Answer<v1::ListErrorReportsResponse> {
    let id: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    let mut filter = filter::parse(&request.filter, COLUMNS)?;
    let list = List {
        rpc: "ListErrorReports",
        principal: &caller.principal,
        within: &request.job_id,
        filter: &request.filter,
    };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let page = Page { size: page.size.min(PAGE_MAX), ..page };
    deed.on(format!("jobs/{id}"));
    let job = read_job(edge, caller, id).await?;
    deed.of_class(job.data_class);
    let compiled = read_version(edge, caller, &job).await?;
    filter = by_step(&compiled, filter)?;
    let failed = Value::Text(TaskState::Failed.as_str().into());
    filter.0.push(Term { field: "state".into(), op: Op::Eq, value: failed });
    let reader = edge.coordinator.reader();
    let mut found = reader.list_tasks(id, &filter, &page).await?;
    let traces = views(edge, caller, id, &compiled, &found.rows).await?;
    let mut known = Known::read(edge, id, &found.rows).await?;
    let (mut reports, mut room) = (Vec::with_capacity(found.rows.len()), Room::message());
    for (record, trace) in found.rows.iter().zip(traces) {
        let report = known.report(record, trace, &mut room);
        // A page has at least one report, so that the list goes on.
        if !room.take(report.encoded_len()) && !reports.is_empty() {
            break;
        }
        reports.push(report);
    }
    if reports.len() < found.rows.len() {
        // A shorter page, with its own cursor.
        found = reader.list_tasks(id, &filter, &Page { size: reports.len(), ..page }).await?;
    }
    if !reports.is_empty() {
        edge.reveal(deed).await?;
    }
    Ok(v1::ListErrorReportsResponse { reports, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}

/// What was read of the tasks of one page, in a few sets.
struct Known {
    attempts: HashMap<TaskId, Vec<Attempt>>,
    bodies: HashMap<ArtifactId, Stored>,
    appended: HashMap<TaskId, Vec<Appended>>,
    heads: Heads,
}

impl Known {
    async fn read(edge: &Edge, job: JobId, records: &[TaskRecord]) -> Answer<Self> {
        let reader = edge.coordinator.reader();
        let tasks: Vec<TaskId> = records.iter().map(|record| task_of(record).id).collect();
        let mut attempts: HashMap<TaskId, Vec<Attempt>> = HashMap::new();
        for attempt in reader.attempts_of(job, &tasks).await? {
            attempts.entry(attempt.task).or_default().push(attempt);
        }
        let read = |record: &TaskRecord| [task_of(record).input, task_of(record).checkpoint];
        let ids: Vec<ArtifactId> = records.iter().flat_map(read).flatten().collect();
        let bodies = reader.artifacts(&ids).await?.into_iter().map(|stored| (stored.0, stored)).collect();
        let mut appended: HashMap<TaskId, Vec<Appended>> = HashMap::new();
        for one in reader.appended_of(job, &tasks, ITEMS_MAX).await? {
            appended.entry(one.task).or_default().push(one);
        }
        let items: Vec<ArtifactId> = appended.values().flatten().flat_map(|one| one.first.iter().copied()).collect();
        Ok(Self { attempts, bodies, appended, heads: Heads::read(edge, &items).await? })
    }

    fn report(&mut self, record: &TaskRecord, trace: v1::TaskTrace, room: &mut Room) -> v1::ErrorReport {
        let task = task_of(record);
        let attempts = self.attempts.remove(&task.id).unwrap_or_default();
        let function = trace.function_name.clone();
        let out = |one: &Appended| v1::AppendedOutputs {
            fence: one.fence,
            count: one.count,
            items: one.first.iter().map(|id| self.heads.out(*id)).collect(),
        };
        let appended = self.appended.get(&task.id).into_iter().flatten().map(out).collect();
        v1::ErrorReport {
            failure: why(record, &attempts).map(|why| failure::failure_out(why, &function, Bodies::Sent)),
            attempts: attempts.iter().map(|attempt| attempt_out(attempt, &function, Bodies::Omitted)).collect(),
            verdicts: verdicts(record).iter().map(failure::verdict_out).collect(),
            input: self.body(task.input, room),
            checkpoint: self.body(task.checkpoint, room),
            appended,
            task: Some(trace),
        }
    }

    /// With its body, if there is room for it.
    fn body(&self, id: Option<ArtifactId>, room: &mut Room) -> Option<v1::Payload> {
        let (_, payload, sha256) = self.bodies.get(&id?)?;
        // It is counted again with its report: half of a message is for what is not a body.
        let bodies = if room.take(payload.bytes().len()) { Bodies::Sent } else { Bodies::Omitted };
        Some(payload_out(payload, sha256, bodies))
    }
}
