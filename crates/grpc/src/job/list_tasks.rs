//! ListTasks.

use super::{
    task_view::Tasks,
    view::{read_job, read_version},
};
use crate::{
    convert::{at::At, check, payload::Bodies},
    edge::Edge,
    filter::{self, Column, Kind},
    fit::Room,
    page_token::List,
    principal::Caller,
    reveals::Reveals,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::Compiled;
use esteira_coordinator::audit::Deed;
use esteira_model::TaskState;
use esteira_store::{Filter, Page, Term, Value};
use futures::{StreamExt, stream};
use prost::Message;
use std::sync::Arc;

/// What a filter of tasks knows.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "state",
        kind: Kind::Enum { prefix: "TASK_STATE_", knows: |word| word.parse::<TaskState>().is_ok() },
    },
    Column { name: "step_key", kind: Kind::Text },
];

/// Tasks that are read at the same time.
const AT_ONCE: usize = 4;

pub async fn list_tasks(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::ListTasksRequest,
) -> Answer<v1::ListTasksResponse> {
    let id = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{id}"));
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let list =
        List { rpc: "ListTasks", principal: &caller.principal, within: &request.job_id, filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let job = read_job(edge, caller, id).await?;
    deed.of_class(job.data_class);
    let compiled = read_version(edge, caller, &job).await?;
    let filter = by_step(&compiled, filter)?;
    let reader = edge.coordinator.reader();
    let mut found = reader.list_tasks(id, &filter, &page).await?;
    let shown = Tasks { edge, caller, job: &job, compiled: &compiled, bodies: Bodies::unless(request.omit_payloads) };
    let (mut tasks, mut room) = (Vec::with_capacity(found.rows.len()), Room::message());
    let views: Vec<_> = found.rows.iter().map(|record| shown.view(record)).collect();
    let mut views = stream::iter(views).buffered(AT_ONCE);
    while let Some(task) = views.next().await {
        let task = task?;
        // A page has at least one task, so that the list goes on.
        if !room.take(task.encoded_len()) && !tasks.is_empty() {
            break;
        }
        tasks.push(task);
    }
    drop(views);
    if tasks.len() < found.rows.len() {
        // A shorter page, with its own cursor.
        found = reader.list_tasks(id, &filter, &Page { size: tasks.len(), ..page }).await?;
    }
    if tasks.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::ListTasksResponse { tasks, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}

/// The store knows steps by their index.
pub fn by_step(compiled: &Compiled, mut filter: Filter) -> Answer<Filter> {
    for term in &mut filter.0 {
        let Term { field, value: Value::Text(key), .. } = term else { continue };
        if field == "step_key" {
            let missing = || Refusal::field(At::Top("filter"), "names a step that the job's plan has not");
            let step = compiled.graph.step_index(key).ok_or_else(missing)?;
            *term = Term { field: "step".into(), op: term.op, value: Value::Int(i64::from(step)) };
        }
    }
    Ok(filter)
}
